"""The cluster's Kubernetes API behind the verbs that a run needs (``interface.KubernetesApi``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from rke_py.catalog.removed import Removed
from rke_py.cluster.model import Cluster
from rke_py.cluster.upgrade_model import DrainInput
from rke_py.kube import (
    account,
    cluster_copy,
    drain,
    ingress_webhook,
    lease,
    leftovers,
    node_pods,
    nodes,
    pods,
    rewriting,
    rotation,
    since,
)
from rke_py.kube.apply import applyset
from rke_py.kube.apply.apply import apply
from rke_py.kube.apply.compare import compare
from rke_py.kube.apply.working import wait
from rke_py.kube.client import Api
from rke_py.kube.host_nodes import HostNodes
from rke_py.kube.interface import HeldLease, Holder, Lease
from rke_py.kube.objects import Objects
from rke_py.kube.removed import removed_uses
from rke_py.plan.node_object import WantedNode
from rke_py.plan.observed import MadeSince, ObservedNode, ObservedObject, ObservedPod, ObservedUse, PodImage
from rke_py.plan.steps import Workload


class Kubernetes:
    """Everything that a run asks of the API server; each verb is a module of its own.

    Args:
        api: The server.
        cluster: Whose hosts' nodes are asked for; everybody here calls them as their hosts.
    """

    def __init__(self, api: Api, cluster: Cluster) -> None:
        self._api = api
        self._nodes = HostNodes(api, cluster)
        self._objects = Objects(api)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def ready(self) -> bool:
        """Tell whether an API server answers its readiness check."""
        return self._api.ready()

    def server_time(self) -> datetime:
        """Return the API server's clock."""
        return self._api.server_time()

    def removed_uses(self, wanted: tuple[int, int], rows: Sequence[Removed]) -> tuple[ObservedUse, ...]:
        """Return the uses of APIs that a minor release does not serve; ``rows`` are those that objects may be of."""
        return removed_uses(self._api, self._objects, wanted, rows)

    def nodes(self) -> Mapping[str, ObservedNode]:
        """Return every Node object by the name of its host."""
        return self._nodes.every()

    def system_pods(self) -> tuple[ObservedPod, ...]:
        """Return the pods of the system."""
        found, hosts = pods.system_pods(self._api), self._nodes.hosts()
        return tuple(replace(pod, node=hosts.get(pod.node, pod.node)) for pod in found)

    def unready_pods(self) -> Mapping[str, str]:
        """Return the pods that are not Ready, and have not ended: ``namespace/name``, and their node."""
        found, hosts = node_pods.unready_pods(self._api), self._nodes.hosts()
        return {pod: hosts.get(node, node) for pod, node in found.items()}

    def images_of(self, node: str) -> tuple[PodImage, ...]:
        """Return the images of a node's pods that have not ended, each once."""
        return node_pods.images_of(self._api, self._nodes.name(node))

    def hold_pods_back(self, node: str, timeout: float) -> None:
        """Let nobody be led to a node's pods any more, whose kubelet has stopped; wait until Services have heard."""
        node_pods.hold_pods_back(self._api, self._nodes.name(node), timeout)

    def wait_pods_back(
        self,
        node: str,
        without: Collection[str],
        timeout: float,
        in_docker: Callable[[], Collection[str]] | None = None,
    ) -> None:
        """Wait until the pods of a node that changed its runtime are Ready; see ``node_pods.wait_pods_back``."""
        node_pods.wait_pods_back(self._api, self._nodes.name(node), without, timeout, in_docker)

    def account(self) -> Mapping[str, object]:
        """Return what a stranger who is to help wants to see, as JSON-ready data by name; without values of users."""
        return account.account(self._api)

    def set_node(self, name: str, want: WantedNode) -> None:
        """Give the node what it has to carry and take away what earlier runs gave it and is not wanted any more."""
        nodes.set_node(self._api, self._nodes.name(name), want)

    def wait_registered(self, name: str, timeout: float) -> None:
        """Wait until the node registered."""
        nodes.wait_registered(self._api, self._called(name), timeout)

    def wait_ready(self, name: str, version: str, after: datetime | None, timeout: float) -> None:
        """Wait until the node is Ready, reports that kubelet version, and renewed its lease after that moment."""
        nodes.wait_ready(self._api, self._called(name), version, after, timeout)

    def made_since(self, moment: datetime) -> MadeSince:
        """Return what was made since a moment of its clock."""
        return since.made_since(self._api, moment)

    def cordon(self, name: str) -> None:
        """Keep new pods away from the node, and note that it was we who did."""
        drain.cordon(self._api, self._nodes.name(name))

    def delete_node(self, name: str) -> None:
        """Delete the Node object; nothing happens when there is none."""
        nodes.delete_node(self._api, self._nodes.name(name))
        self._nodes.forget(name)

    def drain(self, name: str, options: DrainInput, *, spare: bool = False) -> None:
        """Cordon the node and evict its pods within their disruption budgets, waiting until they are gone.

        Pods that would lose what the options do not allow to lose stay with ``spare``; otherwise none is evicted.
        """
        node = self._nodes.name(name)
        drain.cordon(self._api, node)
        drain.drain(self._api, node, options, spare=spare)

    def uncordon(self, name: str) -> None:
        """Let pods onto the node again, if it was we who kept them away."""
        drain.uncordon(self._api, self._nodes.name(name))

    def compare(self, addon: str, objects: Sequence[Mapping[str, object]]) -> tuple[ObservedObject, ...]:
        """Compare an add-on's objects with the live ones, without changing anything; includes those to prune."""
        return compare(self._objects, addon, objects)

    def addons(self) -> tuple[str, ...]:
        """Return the names of the add-ons that were applied."""
        return applyset.addons(self._api)

    def ingress_webhook_ca(self) -> str | None:
        """Return the CA of the certificate that ingress-nginx's webhook has in the cluster, None without one."""
        return ingress_webhook.webhook_ca(self._api)

    def left_by_rke(self, wanted: Sequence[Mapping[str, object]]) -> tuple[ObservedObject, ...]:
        """Return what RKE left in the cluster: its jobs, its nodes' rights, what was applied and is not wanted."""
        return leftovers.left_by_rke(self._objects, wanted)

    def left_of_jobs(
        self, names: Sequence[str], wanted: Sequence[Mapping[str, object]], certain: Collection[str]
    ) -> tuple[ObservedObject, ...]:
        """Return what some of RKE's jobs left: what they applied and is not wanted, the jobs, their ConfigMaps."""
        return leftovers.left_of_jobs(self._objects, names, wanted, certain)

    def finished_jobs_of_rke(self) -> tuple[ObservedObject, ...]:
        """Return RKE's jobs that have done their work."""
        return leftovers.finished_jobs(self._objects)

    def forget(self, found: Sequence[ObservedObject]) -> None:
        """Delete these objects; nothing happens with one that is gone."""
        leftovers.forget(self._objects, found)

    def apply(self, addon: str, objects: Sequence[Mapping[str, object]]) -> None:
        """Apply an add-on's objects, prune those that left; without objects remove the add-on."""
        apply(self._objects, addon, objects)

    def wait(self, addon: str, objects: Sequence[Mapping[str, object]], timeout: float) -> None:
        """Wait until the objects' own conditions say that they work."""
        wait(self._objects, addon, objects, timeout)

    def read_copy(self) -> bytes | None:
        """Return the copy of the state that is kept in the cluster."""
        return cluster_copy.read_copy(self._api)

    def exposed_copy(self) -> bytes | None:
        """Return the copy that an old RKE kept where whoever may read ConfigMaps reads it."""
        return cluster_copy.exposed_copy(self._api)

    def write_copy(self, content: bytes) -> None:
        """Keep a copy of the state in the cluster, and none where RKE exposed it; nothing is written twice."""
        cluster_copy.write_copy(self._api, content)

    def client_cas(self) -> Mapping[str, str]:
        """Return the CA certificates by which API servers of extensions believe clients, by the flag they are of."""
        return rotation.client_cas(self._api)

    def set_client_cas(self, bundles: Mapping[str, str]) -> None:
        """Have API servers of extensions believe clients of these CAs alone, by flag."""
        rotation.set_client_cas(self._api, bundles)

    def await_root_ca(self, ca: str, timeout: float) -> None:
        """Wait until the pods of every namespace are given these CA certificates."""
        rotation.await_root_ca(self._api, ca, timeout)

    def workloads_before(self, moment: datetime) -> tuple[Workload, ...]:
        """Return whose pods, with a service account's credentials, were made before a moment of its clock."""
        return rotation.workloads_before(self._api, moment)

    def restart_workload(self, workload: Workload, mark: str, timeout: float) -> None:
        """Have a workload's pods made anew and wait until they work; once for each mark."""
        rotation.restart(self._api, workload, mark, timeout)

    def renew_tokens(self, key_id: str) -> tuple[str, ...]:
        """Have token Secrets filled anew whose token another key signed; return which."""
        return rotation.renew_tokens(self._api, key_id)

    def token_keys(self) -> Mapping[str, str]:
        """Return which key signed the token of each token Secret; empty where it has none, or does not say."""
        return rotation.token_keys(self._api)

    def rewrite(self, resource: str) -> int:
        """Have every object of a resource (``secrets``, ``deployments.apps``) written as it is; return how many."""
        return rewriting.rewrite(self._api, resource)

    def acquire(self, holder: Holder) -> Lease:
        """Take the run lease; raises StateError that shows the holder when somebody else has it."""
        return lease.acquire(self._api, holder)

    def lease(self) -> HeldLease | None:
        """Return who holds the run lease, None when nobody does."""
        return lease.look(self._api)

    def free_lease(self) -> None:
        """Take the run lease from whoever holds it."""
        lease.take_away(self._api)

    def _called(self, host: str) -> Callable[[], str]:
        """Return what tells how a host's node is called, as soon as it registers."""
        return partial(self._nodes.awaited, host)

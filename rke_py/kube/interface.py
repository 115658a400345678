"""The small protocols between what a step needs and the cluster's own APIs.

``access.py`` implements them over real hosts, ``tests/sim`` over a simulated cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from typing_extensions import override

from rke_py.catalog.removed import Removed
from rke_py.cluster.upgrade_model import DrainInput
from rke_py.kube.etcd.interface import EtcdApi
from rke_py.kube.model import CheckResult
from rke_py.plan.containers import Check
from rke_py.plan.node_object import WantedNode
from rke_py.plan.observed import MadeSince, ObservedNode, ObservedObject, ObservedPod, ObservedUse, PodImage
from rke_py.plan.observed_etcd import ExternalMember, ObservedEtcd
from rke_py.plan.steps import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who runs rke-py: shown to the second operator."""

    user: str
    machine: str
    process: int
    since: datetime

    @override
    def __str__(self) -> str:
        return f"{self.user}@{self.machine} (process {self.process}, since {self.since:%Y-%m-%d %H:%M:%S} UTC)"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLease:
    """The run lease as somebody holds it.

    Attributes:
        holder: Who.
        renewed: When it was last renewed, by the holder's clock.
        duration: Seconds after which it is free when nobody renews it.
    """

    holder: str
    renewed: datetime | None
    duration: int


class KubernetesApi(Protocol):
    """The cluster's API server, through whichever control-plane node answers; every call raises ApiError.

    Nodes go by the names of their hosts, here and in what is returned, whatever a cloud called them.
    """

    def ready(self) -> bool:
        """Tell whether an API server answers its readiness check."""

    def server_time(self) -> datetime:
        """Return the API server's clock."""

    def removed_uses(self, wanted: tuple[int, int], rows: Sequence[Removed]) -> tuple[ObservedUse, ...]:
        """Return the uses of APIs that a minor release does not serve; ``rows`` are those that objects may be of."""

    def nodes(self) -> Mapping[str, ObservedNode]:
        """Return every Node object by the name of its host."""

    def system_pods(self) -> tuple[ObservedPod, ...]:
        """Return the pods of the system."""

    def unready_pods(self) -> Mapping[str, str]:
        """Return the pods that are not Ready, and have not ended: ``namespace/name``, and their node."""

    def images_of(self, node: str) -> tuple[PodImage, ...]:
        """Return the images of a node's pods that have not ended, each once."""

    def hold_pods_back(self, node: str, timeout: float) -> None:
        """Let nobody be led to a node's pods any more, whose kubelet has stopped; wait until Services have heard."""

    def wait_pods_back(
        self,
        node: str,
        without: Collection[str],
        timeout: float,
        in_docker: Callable[[], Collection[str]] | None = None,
    ) -> None:
        """Wait until the pods of a node that changed its runtime are Ready.

        Args:
            node: The node.
            without: Pods that need not be, as ``namespace/name``.
            timeout: Seconds.
            in_docker: Returns the ids of the containers that the node's Docker has; None where pods run in containerd.
        """

    def made_since(self, moment: datetime) -> MadeSince:
        """Return what was made since a moment of its clock."""

    def account(self) -> Mapping[str, object]:
        """Return what a stranger who is to help wants to see, as JSON-ready data by name; without values of users."""

    def set_node(self, name: str, want: WantedNode) -> None:
        """Give the node what it has to carry and take away what earlier runs gave it and is not wanted any more."""

    def wait_registered(self, name: str, timeout: float) -> None:
        """Wait until the node registered."""

    def wait_ready(self, name: str, version: str, after: datetime | None, timeout: float) -> None:
        """Wait until the node is Ready, reports that kubelet version, and renewed its lease after that moment."""

    def cordon(self, name: str) -> None:
        """Keep new pods away from the node, and note that it was we who did."""

    def delete_node(self, name: str) -> None:
        """Delete the Node object; nothing happens when there is none."""

    def drain(self, name: str, options: DrainInput, *, spare: bool = False) -> None:
        """Cordon the node and evict its pods within their disruption budgets, waiting until they are gone.

        Pods that would lose what the options do not allow to lose stay with ``spare``; otherwise none is evicted.
        """

    def uncordon(self, name: str) -> None:
        """Let pods onto the node again, if it was we who kept them away."""

    def compare(self, addon: str, objects: Sequence[Mapping[str, object]]) -> tuple[ObservedObject, ...]:
        """Compare an add-on's objects with the live ones, without changing anything; includes those to prune."""

    def addons(self) -> tuple[str, ...]:
        """Return the names of the add-ons that were applied."""

    def ingress_webhook_ca(self) -> str | None:
        """Return the CA of the certificate that ingress-nginx's webhook has in the cluster, in PEM.

        Empty where its Secret does not tell; None where there is none.
        """

    def left_by_rke(self, wanted: Sequence[Mapping[str, object]]) -> tuple[ObservedObject, ...]:
        """Return what RKE left in the cluster: its jobs, its nodes' rights, what was applied and is not wanted."""

    def left_of_jobs(
        self, names: Sequence[str], wanted: Sequence[Mapping[str, object]], certain: Collection[str]
    ) -> tuple[ObservedObject, ...]:
        """Return what some of RKE's jobs left: what they applied and is not wanted, the jobs, their ConfigMaps.

        Args:
            names: The jobs, as their ConfigMaps are called.
            wanted: The objects that stay.
            certain: Those of the jobs that were surely the last to apply something of that kind.
        """

    def finished_jobs_of_rke(self) -> tuple[ObservedObject, ...]:
        """Return RKE's jobs that have done their work."""

    def forget(self, found: Sequence[ObservedObject]) -> None:
        """Delete these objects; nothing happens with one that is gone."""

    def apply(self, addon: str, objects: Sequence[Mapping[str, object]]) -> None:
        """Apply an add-on's objects, prune those that left; without objects remove the add-on."""

    def wait(self, addon: str, objects: Sequence[Mapping[str, object]], timeout: float) -> None:
        """Wait until the objects' own conditions say that they work."""

    def read_copy(self) -> bytes | None:
        """Return the copy of the state that is kept in the cluster."""

    def exposed_copy(self) -> bytes | None:
        """Return the copy that an old RKE kept where whoever may read ConfigMaps reads it."""

    def write_copy(self, content: bytes) -> None:
        """Keep a copy of the state in the cluster, and none where RKE exposed it; nothing is written twice."""

    def client_cas(self) -> Mapping[str, str]:
        """Return the CA certificates by which API servers of extensions believe clients, by the flag they are of."""

    def set_client_cas(self, bundles: Mapping[str, str]) -> None:
        """Have API servers of extensions believe clients of these CAs alone, by flag."""

    def await_root_ca(self, ca: str, timeout: float) -> None:
        """Wait until the pods of every namespace are given these CA certificates."""

    def workloads_before(self, moment: datetime) -> tuple[Workload, ...]:
        """Return whose pods, with a service account's credentials, were made before a moment of its clock."""

    def restart_workload(self, workload: Workload, mark: str, timeout: float) -> None:
        """Have a workload's pods made anew and wait until they work; once for each mark."""

    def renew_tokens(self, key_id: str) -> tuple[str, ...]:
        """Have token Secrets filled anew whose token another key signed; return which."""

    def token_keys(self) -> Mapping[str, str]:
        """Return which key signed the token of each token Secret; empty where it has none, or does not say."""

    def rewrite(self, resource: str) -> int:
        """Have every object of a resource (``secrets``, ``deployments.apps``) written as it is; return how many."""

    def acquire(self, holder: Holder) -> Lease:
        """Take the run lease; raises StateError that shows the holder when somebody else has it."""

    def lease(self) -> HeldLease | None:
        """Return who holds the run lease, None when nobody does."""

    def free_lease(self) -> None:
        """Take the run lease from whoever holds it."""


class Lease(Protocol):
    """The run lease, renewed in the background while held."""

    @property
    def lost(self) -> str:
        """Who has it instead, once it could not be renewed for longer than it lasts; empty while it is ours."""

    def release(self) -> None:
        """Give it back."""


class ClusterAccess(Protocol):
    """The ways into the cluster's own APIs, over the hosts' connections."""

    def __enter__(self) -> Self:
        """Return itself; connections are made when they are first needed."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what was opened."""

    @property
    def api(self) -> KubernetesApi:
        """The Kubernetes API."""

    def etcd(self, host: str) -> EtcdApi:
        """The etcd member of a host."""

    def encrypted(self, resource: str) -> Mapping[str, int]:
        """Count a resource's values in etcd by what they begin with; empty for not encrypted; raises EtcdError."""

    def look_at_etcd(self) -> ObservedEtcd:
        """Ask every etcd host that answers, all at once."""

    def look_at_external_etcd(self) -> tuple[ExternalMember, ...]:
        """Ask the members of an etcd of the owner's own from every control-plane host; nothing without one."""

    def shown(self, host: str, port: int, certificate: str) -> CheckResult:
        """Tell whether a server on a host shows the certificate of that name in the inventory, as it is wanted."""

    def check(self, host: str, wanted: Check) -> CheckResult:
        """Ask a component on a host for its health."""

    def resolve(self, host: str, server: str, name: str) -> str:
        """Ask a DNS server for a name, from a host; return why there was no answer, nothing when there was one."""

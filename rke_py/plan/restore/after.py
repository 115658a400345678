"""The plan for what follows once an API server answers from restored data: kubelets, nodes of the past, leftovers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from rke_py.catalog.order import version_in_tag
from rke_py.catalog.rke import RELEASE_MARK
from rke_py.cluster.model import Cluster, Host
from rke_py.plan.components.apiserver import NAME as API_SERVER
from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.components.etcd import serving_peers
from rke_py.plan.components.haproxy import NAME as API_PROXY
from rke_py.plan.model import OnFailure, Plan, Stage, Turn
from rke_py.plan.node_object import EXTERNAL_IP, INTERNAL_IP
from rke_py.plan.nodes_of_hosts import named_by_cloud
from rke_py.plan.observed import ObservedNode
from rke_py.plan.reconcile import old_name
from rke_py.plan.restore.containers import leftovers, starts
from rke_py.plan.restore.forward import CONTROLLERS, Restoring, in_order, renewed, stage_of
from rke_py.plan.rke.components.nginx_proxy import NAME as API_PROXY_OF_RKE
from rke_py.plan.steps import DeleteNode, ProveNode, PruneReplaced, RestartContainer, Step

PAST_NODES, NODES, PRUNE, LEFT = "nodes of the past", "restart kubelets", "prune old data", "clean up"
START = "start what is stopped"
KEPT_DATA = 2
"""Of so many restores the data that they replaced stay on each member."""

_RESTARTED = ("kubelet", "kube-proxy")
_PROXIES = frozenset({API_PROXY, API_PROXY_OF_RKE})


def after_plan(restoring: Restoring, nodes: Mapping[str, ObservedNode]) -> Plan:
    """Return what follows.

    Every kubelet starts anew: one whose Node object is not in the snapshot makes it only then, and what it holds of
    pods and Secrets is of another time. Its pods are not touched by that.

    Args:
        restoring: The restore, with the hosts as they were observed.
        nodes: The restored Node objects.
    """
    past = tuple(
        Turn(
            stage=PAST_NODES,
            host=name,
            steps=(DeleteNode(host=name, why=("cluster.yml has no such host any more",)),),
            disrupts=False,
        )
        for name in sorted(nodes)
        if not _may_be_of_a_host(restoring.cluster, name, nodes[name])
    )
    hosts = tuple(host for host in restoring.cluster.hosts if restoring.host(host).reachable)
    kubelets = stage_of(NODES, hosts, lambda host: _restarted(restoring, host))
    tools = restoring.cluster.images.tools
    members = tuple(host for host in restoring.members if restoring.host(host).reachable)
    prune = stage_of(PRUNE, members, lambda host: (PruneReplaced(host=host.name, tools=tools, keep=KEPT_DATA),))

    def left(host: Host) -> tuple[Step, ...]:
        return leftovers(restoring.host(host))

    stages = in_order((Stage(name=PAST_NODES, turns=past, limit=0), kubelets, prune, stage_of(LEFT, hosts, left)))
    workers = {host.name for host in hosts if host.only_worker}
    return Plan(stages=tuple(_counted(stage, workers) for stage in stages))


def _may_be_of_a_host(cluster: Cluster, name: str, node: ObservedNode) -> bool:
    """Tell whether a node is a host's; of those that a cloud named it is told by the addresses that we wrote on them.

    A node of the past that stays does no harm, and the cloud's controller deletes it. One that lives would lose its
    pods.
    """
    if any(host.name == name for host in cluster.every):
        return True
    told = {node.annotations.get(EXTERNAL_IP), node.annotations.get(INTERNAL_IP)} - {None, ""}
    ours = {address for host in cluster.every for address in (host.address, host.internal_address)}
    return named_by_cloud(cluster) and not (told and told.isdisjoint(ours))


def starting_plan(restoring: Restoring) -> Plan:
    """Return what starts containers that a run left stopped after the data were in use, and touches no data.

    A member is started only on the restored data, and no container is made or replaced, nor is one that an ``up`` left
    half replaced, or takes away with its role: all else is for ``up``.
    """
    hosts = tuple(host for host in restoring.cluster.hosts if restoring.host(host).reachable)
    return Plan(stages=in_order((_counted(stage_of(START, hosts, lambda host: _started(restoring, host)), ()),)))


def _started(restoring: Restoring, host: Host) -> tuple[Step, ...]:
    there, data = restoring.host(host), restoring.found.get(host.name)
    names = [name for name in (ETCD, API_SERVER, *CONTROLLERS) if name in _kept(restoring, host)]
    whole = [name for name in names if old_name(name) not in there.containers]
    specs = [restoring.container(host, name) for name in whole if name != ETCD]
    if data is not None and data.in_place and ETCD in whole:
        specs.insert(0, serving_peers(restoring.container(host, ETCD)))
    return (*renewed(restoring, host), *(step for spec in specs for step in starts(there, spec, stopped=False)))


def _restarted(restoring: Restoring, host: Host) -> tuple[Step, ...]:
    why = ("what it knows is of another time",)
    specs = [restoring.container(host, name) for name in _RESTARTED if name in restoring.host(host).containers]
    restarts: tuple[Step, ...] = (
        *renewed(restoring, host),
        *(RestartContainer(host=host.name, spec=spec, why=why) for spec in specs),
    )
    if "kubelet" not in restoring.host(host).containers or not _reaches_api_server(restoring, host):
        return restarts
    return (*restarts, ProveNode(host=host.name, version=_version(restoring, host), why=why))


def _reaches_api_server(restoring: Restoring, host: Host) -> bool:
    """Tell whether a host's kubelet can: one whose API server goes with its role gets a proxy with the next ``up``."""
    return API_SERVER in _kept(restoring, host) or not _PROXIES.isdisjoint(restoring.host(host).containers)


def _kept(restoring: Restoring, host: Host) -> frozenset[str]:
    """Return what a host carries and is to go on carrying."""
    wanted = (spec.name for spec in restoring.nodes[host.name].containers)
    return frozenset(wanted) & restoring.host(host).containers.keys()


def _version(restoring: Restoring, host: Host) -> str:
    """Return what the kubelet reports that runs: its image's tag tells, else the version that is wanted."""
    image = restoring.host(host).containers["kubelet"].spec.image
    return (version_in_tag(image) or restoring.cluster.version).partition(RELEASE_MARK)[0]


def _counted(stage: Stage, workers: Collection[str]) -> Stage:
    """A node that does not come back keeps nobody else from coming back."""
    turns = tuple(replace(turn, worker=turn.host in workers) for turn in stage.turns)
    return replace(stage, turns=turns, on_failure=OnFailure.COUNT)

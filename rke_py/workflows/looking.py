"""The look at hosts, at the cluster's own APIs, and inside machines that are new to us or not well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from rke_py.cluster.model import Cluster, Role
from rke_py.errors import ApiUnavailable, HostError
from rke_py.kube.interface import ClusterAccess, KubernetesApi
from rke_py.observe.cluster import (
    look_at_api_servers,
    look_at_etcd,
    look_at_external_etcd,
    look_at_nodes,
)
from rke_py.observe.hosts import look_at_every_host
from rke_py.plan.checks import PortPath, required_ports
from rke_py.plan.components.etcd import peer_url
from rke_py.plan.components.kubelet import calls_providers, provider_folder
from rke_py.plan.conventions import NAME_LABEL
from rke_py.plan.migration import node_of_rke
from rke_py.plan.observed import DeepFacts, Observed, ObservedHost, ObservedNode
from rke_py.plan.observed_etcd import ObservedEtcd
from rke_py.rollout.images import Images
from rke_py.state.model import State
from rke_py.transport.interface import Fleet, PortState
from rke_py.transport.parallel import both
from rke_py.workflows.context import Context
from rke_py.workflows.insides import look_inside


def look(cluster: Cluster, state: State, fleet: Fleet, access: ClusterAccess, skip: frozenset[str]) -> Observed:
    """Look at hosts, and at the cluster's own APIs when there ought to be some.

    Raises:
        ApiError: An API server was ready, and then could not tell the nodes.
    """
    return _look(cluster, state, fleet, access, skip, look_at_nodes)


def look_to_tell(cluster: Cluster, state: State, fleet: Fleet, access: ClusterAccess, skip: frozenset[str]) -> Observed:
    """Look in the same way for who only tells what there is: an API that goes meanwhile is one that does not answer."""
    return _look(cluster, state, fleet, access, skip, _nodes_if_told)


def _nodes_if_told(api: KubernetesApi) -> Mapping[str, ObservedNode] | None:
    try:
        return look_at_nodes(api)
    except ApiUnavailable:
        return None


def _look(
    cluster: Cluster,
    state: State,
    fleet: Fleet,
    access: ClusterAccess,
    skip: frozenset[str],
    nodes_of: Callable[[KubernetesApi], Mapping[str, ObservedNode] | None],
) -> Observed:
    seen, external = both(lambda: look_at_every_host(cluster, fleet, skip), lambda: look_at_external_etcd(access))
    seen = replace(seen, external_etcd=external)
    if not state.etcd.bootstrapped:
        return seen
    hosts = {**seen.hosts, **seen.leaving}
    (etcd, servers), nodes = both(
        lambda: both(lambda: look_at_etcd(access), lambda: look_at_api_servers(access, hosts)),
        lambda: nodes_of(access.api) if access.api.ready() else None,
    )
    return replace(seen, etcd=etcd, ready_servers=servers, api=nodes is not None, nodes=nodes or {})


def look_deeper(
    cluster: Cluster, state: State, fleet: Fleet, images: Images, observed: Observed, context: Context
) -> tuple[Observed, Mapping[PortPath, PortState]]:
    """Ask the tools container about machines that are new to us, lack a container, or whose etcd member is not well.

    Returns:
        What was seen with what is inside them, and how each port that new machines need answered.
    """
    unknown = tuple(host for host in _machines_of(observed) if _unknown(cluster, state, host, observed.etcd))
    if not unknown:
        return observed, {}

    def paths(ready: Collection[str]) -> Iterable[PortPath]:
        return _paths(cluster, ready, observed) if context.port_checks else ()

    depths, ports = look_inside(
        cluster, fleet, images, {host.name: host.facts for host in unknown}, paths, context.look_id()
    )
    hosts = {name: _with_depth(host, depths.get(name)) for name, host in observed.hosts.items()}
    return replace(observed, hosts=hosts), ports


def _machines_of(observed: Observed) -> Iterable[ObservedHost]:
    """Return the hosts that answered, and one of those entries that lead to the same machine.

    A check names them all; until then two containers of one name would get in each other's way there.
    """
    machines: dict[object, ObservedHost] = {}
    for host in observed.hosts.values():
        if host.reachable and host.facts is not None:
            machines.setdefault(host.facts.identity or host.name, host)
    return machines.values()


def _paths(cluster: Cluster, fresh: Iterable[str], observed: Observed) -> tuple[PortPath, ...]:
    """Return the paths that begin or end at a machine that is new to us."""
    new = set(fresh)
    there = {name for name, host in observed.hosts.items() if host.reachable}
    return tuple(
        path
        for path in required_ports(cluster)
        if {path.source, path.target} <= there and {path.source, path.target} & new
    )


def _unknown(cluster: Cluster, state: State, found: ObservedHost, etcd: ObservedEtcd) -> bool:
    """Tell whether a machine has to be looked at.

    A member that is not well may have lost its data; a kubelet that is to call a program may not find it. RKE's hosts
    have no tools image of ours, and need none for anything else.
    """
    host = cluster.host(found.name)
    member = host.has(Role.ETCD)
    sick = member and not any(known.healthy and peer_url(host) in known.peer_urls for known in etcd.members)
    if cluster.rke is not None:
        return sick or not any(NAME_LABEL in there.spec.labels for there in found.containers.values())
    if node_of_rke(found):
        return True
    expected = {"kubelet", "etcd"} if member else {"kubelet"}
    kubelet = found.containers.get("kubelet")
    calls = bool(provider_folder(cluster)) and kubelet is not None and not calls_providers(kubelet.spec)
    return host.name not in state.machines or sick or calls or not expected <= found.containers.keys()


def _with_depth(host: ObservedHost, depth: DeepFacts | HostError | None) -> ObservedHost:
    if isinstance(depth, HostError):
        return replace(host, fault=depth)
    return replace(host, deep=depth)

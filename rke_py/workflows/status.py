"""``rke-py status``: what runs, and how well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rke_py.cluster.model import Cluster, Host
from rke_py.errors import UsageError
from rke_py.kube.interface import ClusterAccess
from rke_py.kube.model import CheckResult
from rke_py.observe.cluster import look_at_etcd, look_at_external_etcd, look_at_nodes
from rke_py.observe.hosts import look_at_hosts
from rke_py.plan.containers import RunningCheck
from rke_py.plan.node import node_plan
from rke_py.plan.observed import EtcdMember, ExternalMember, ObservedHost, ObservedNode
from rke_py.state.model import State
from rke_py.stores.statefile import StateStore
from rke_py.transport.parallel import both, for_each
from rke_py.workflows.context import Context
from rke_py.workflows.loading import load_cluster, refuse_rke_family
from rke_py.workflows.planning import running_version


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentStatus:
    """A component on a host: Docker's word for it, and what its health check says."""

    name: str
    container: str
    healthy: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStatus:
    """A host and the node on it.

    Attributes:
        fault: Why it could not be looked at; empty when it could.
        ready: Whether its Node is Ready; None when there is none or the API does not answer.
    """

    name: str
    address: str
    roles: tuple[str, ...]
    fault: str = ""
    ready: bool | None = None
    version: str = ""
    schedulable: bool = True
    components: tuple[ComponentStatus, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterStatus:
    """The cluster as it is now."""

    name: str
    version: str
    api: bool
    hosts: tuple[HostStatus, ...] = ()
    etcd: tuple[EtcdMember, ...] = field(default=())
    external_etcd: tuple[ExternalMember, ...] = field(default=())

    @property
    def healthy(self) -> bool:
        """True when every host answers, every node is Ready and every component and member is healthy."""
        hosts = all(not host.fault and host.ready and all(c.healthy for c in host.components) for host in self.hosts)
        members = all(member.healthy for member in self.etcd) and not any(member.fault for member in self.external_etcd)
        return self.api and hosts and members


def status(context: Context) -> ClusterStatus:
    """Look at the cluster without changing anything.

    Raises:
        UsageError: There is no state file, so nothing was made yet; or RKE made the cluster.
    """
    state = StateStore(context.state_path).read()
    if state is None:
        raise UsageError(
            f"there is no {context.state_path.name} beside {context.config}", hint="Make the cluster with: rke-py up"
        )
    cluster = load_cluster(context.config, text=context.text, running_version=running_version(state)).cluster
    refuse_rke_family(cluster, "the status of a cluster")
    with (
        context.edges.fleet(cluster, context) as fleet,
        context.edges.access(cluster, fleet, lambda: state.bundle) as access,
    ):
        (hosts, etcd), nodes = both(
            lambda: both(lambda: look_at_hosts(cluster.hosts, fleet), lambda: look_at_etcd(access)),
            lambda: look_at_nodes(access.api) if access.api.ready() else None,
        )
        external = look_at_external_etcd(access)
        by_name = {host.name: host for host in cluster.hosts}
        seen = for_each(by_name, lambda name: _host(cluster, by_name[name], hosts[name], nodes, state, access))
    statuses = tuple(answer for answer in seen.values() if isinstance(answer, HostStatus))
    return ClusterStatus(
        name=cluster.name,
        version=cluster.version,
        api=nodes is not None,
        hosts=statuses,
        etcd=etcd.members,
        external_etcd=external,
    )


def _host(
    cluster: Cluster,
    host: Host,
    observed: ObservedHost,
    nodes: Mapping[str, ObservedNode] | None,
    state: State,
    access: ClusterAccess,
) -> HostStatus:
    node = (nodes or {}).get(host.name)
    return HostStatus(
        name=host.name,
        address=host.address,
        roles=tuple(sorted(host.roles)),
        fault=str(observed.fault.what) if observed.fault else "",
        ready=node.ready if node else None,
        version=node.kubelet_version if node else "",
        schedulable=not node.unschedulable if node else True,
        components=() if observed.fault else _components(cluster, host, observed, state, access),
    )


def _components(
    cluster: Cluster, host: Host, observed: ObservedHost, state: State, access: ClusterAccess
) -> tuple[ComponentStatus, ...]:
    wanted = node_plan(cluster, host, state, observed.facts, state.machines.get(host.name)).containers
    found = []
    for spec in wanted:
        container = observed.containers.get(spec.name)
        if container is None:
            found.append(ComponentStatus(name=spec.name, container="absent", healthy=False))
            continue
        health = CheckResult(ok=container.running, detail=str(container.status))
        if container.running and not isinstance(spec.check, RunningCheck):
            health = access.check(host.name, spec.check)
        found.append(
            ComponentStatus(name=spec.name, container=container.status, healthy=health.ok, detail=health.detail)
        )
    return tuple(found)

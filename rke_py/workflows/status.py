"""``rke-py status``: what runs, and how well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from rke_py.cluster.model import Cluster, Host
from rke_py.errors import Problem, RkeError
from rke_py.kube.interface import ClusterAccess
from rke_py.kube.model import CheckResult
from rke_py.observe.backups import look_at_backups
from rke_py.pki.expiry import Expiry, ending, expiries
from rke_py.plan.containers import ContainerSpec, RunningCheck
from rke_py.plan.migration import as_it_runs
from rke_py.plan.node import NodePlan
from rke_py.plan.observed import Observed, ObservedHost, ObservedNode
from rke_py.plan.observed_backups import ObservedBackup, backup_problems
from rke_py.plan.observed_etcd import EtcdMember, ExternalMember
from rke_py.rollout.history import Ending, LastRun, last_run
from rke_py.state.under_way import under_way
from rke_py.stores.disk import LocalDisk
from rke_py.stores.lock import lock_holder
from rke_py.stores.statefile import StateStore
from rke_py.transport.parallel import apart, for_each
from rke_py.workflows.context import Context
from rke_py.workflows.drift import Drift, drift_of
from rke_py.workflows.looking import look_to_tell
from rke_py.workflows.remembered import asked_of, existing
from rke_py.workflows.secrecy import secrets_of
from rke_py.workflows.taken_over import refuse_unlike


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
    """The cluster as it is now.

    Attributes:
        version: The Kubernetes version that cluster.yml asks for.
        ending: Certificates of the state that end within 60 days, CAs within a year, and the next one to end in any
            case; soonest first.
        under_way: Rotations that are to be finished, and changes of how Secrets are encrypted.
        drift: What ``up`` would do.
        backups: How recurring snapshots of etcd go, on each member's host.
        last_run: The last run that changed something; None when the journal is gone.
        warnings: What needs attention soon.
    """

    name: str
    version: str
    api: bool
    hosts: tuple[HostStatus, ...] = ()
    etcd: tuple[EtcdMember, ...] = ()
    external_etcd: tuple[ExternalMember, ...] = ()
    at: datetime
    ending: tuple[Expiry, ...] = ()
    under_way: tuple[str, ...] = ()
    drift: Drift = Drift()  # noqa: RUF009 - frozen
    backups: tuple[ObservedBackup, ...] = ()
    last_run: LastRun | None = None
    warnings: tuple[Problem, ...] = ()

    @property
    def healthy(self) -> bool:
        """True when every host answers, every node is Ready and every component and member is healthy."""
        hosts = all(not host.fault and host.ready and all(c.healthy for c in host.components) for host in self.hosts)
        members = all(member.healthy and not member.alarms for member in self.etcd)
        return self.api and hosts and members and not any(member.fault for member in self.external_etcd)


def status(context: Context) -> ClusterStatus:
    """Look at the cluster without changing anything.

    Raises:
        UsageError: There is no state file, so nothing was made yet; or cluster.yml asks a cluster of ours to be RKE's.
    """
    state = existing(StateStore(context.state_path).read(), context)
    asked = asked_of(context, state)
    cluster = asked.cluster
    refuse_unlike(cluster, state, "the status of a cluster")
    context.protect(secrets_of(state, asked.loaded.config))
    with (
        context.edges.fleet(cluster, context) as fleet,
        context.edges.access(cluster, fleet, lambda: state.bundle) as access,
    ):
        observed = look_to_tell(cluster, state, fleet, access, context.skip)
        drift, wanted, warnings = drift_of(asked, state, observed, access, context)
        by_name = {host.name: host for host in cluster.hosts}
        seen = for_each(by_name, lambda name: _host(cluster, by_name[name], observed, wanted[name], access))
        there = {name for name, host in observed.hosts.items() if host.reachable}
        told, _ = apart(look_at_backups(cluster, access, there))
        backups = tuple(told.values())
    now = context.clock.now()
    return ClusterStatus(
        name=cluster.name,
        version=cluster.version,
        api=observed.api,
        at=now,
        hosts=tuple(answer for answer in seen.values() if isinstance(answer, HostStatus)),
        etcd=observed.etcd.members,
        external_etcd=observed.external_etcd,
        ending=ending(state.bundle, now) or expiries(state.bundle, now)[:1],
        under_way=under_way(state),
        drift=drift,
        backups=backups,
        last_run=_last_run(context),
        warnings=(*warnings, *backup_problems(backups)),
    )


def watched(context: Context, wait: Callable[[], object]) -> Iterator[ClusterStatus | RkeError]:
    """Yield how the cluster is, again and again until the operator asks to stop.

    A later look that fails is yielded as its error: a watch outlives an API server that goes, and a file half saved.

    Args:
        context: Tells whether to stop.
        wait: Lets the time between two looks pass.

    Raises:
        RkeError: The first look failed.
    """
    yield status(context)
    wait()
    while not context.stop():
        try:
            found: ClusterStatus | RkeError = status(context)
        except RkeError as error:
            found = error
        yield found
        wait()


def _last_run(context: Context) -> LastRun | None:
    """Return the last run, and who is still at it; the lock is only asked where its journal has no end."""
    last = last_run(context.journal_path)
    if last is None or last.ending is not Ending.CUT_SHORT:
        return last
    holder = lock_holder(context.state_path.resolve(), LocalDisk())
    return replace(last, ending=Ending.UNDER_WAY, by=holder) if holder else last


def _host(cluster: Cluster, host: Host, observed: Observed, wanted: NodePlan, access: ClusterAccess) -> HostStatus:
    there: ObservedHost = observed.hosts[host.name]
    node: ObservedNode | None = observed.nodes.get(host.name)
    return HostStatus(
        name=host.name,
        address=host.address,
        roles=tuple(sorted(host.roles)),
        fault=str(there.fault.what) if there.fault else "",
        ready=node.ready if node else None,
        version=node.kubelet_version if node else "",
        schedulable=not node.unschedulable if node else True,
        components=() if there.fault else _components(cluster, host, there, wanted.containers, access),
    )


def _components(
    cluster: Cluster, host: Host, there: ObservedHost, wanted: tuple[ContainerSpec, ...], access: ClusterAccess
) -> tuple[ComponentStatus, ...]:
    found = []
    for spec in (as_it_runs(cluster, host, there, spec) for spec in wanted):
        container = there.containers.get(spec.name)
        if container is None:
            found.append(ComponentStatus(name=spec.name, container="absent", healthy=False))
            continue
        health = CheckResult(ok=container.running or not spec.starts, detail=str(container.status))
        if container.running and not isinstance(spec.check, RunningCheck):
            health = access.check(host.name, spec.check)
        found.append(
            ComponentStatus(name=spec.name, container=container.status, healthy=health.ok, detail=health.detail)
        )
    return tuple(found)

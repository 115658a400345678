"""``rke-py etcd members | health``: what every member tells of itself; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rke_py.cluster.model import Cluster, Role
from rke_py.errors import EtcdError, HostError, UsageError
from rke_py.kube.interface import ClusterAccess
from rke_py.observe.cluster import look_at_etcd
from rke_py.plan.components.etcd import member_name, peer_url
from rke_py.plan.observed_etcd import EtcdDisk, EtcdMember
from rke_py.state.model import State
from rke_py.stores.statefile import StateStore
from rke_py.transport.interface import Fleet
from rke_py.workflows.context import Context
from rke_py.workflows.remembered import asked_of, existing
from rke_py.workflows.secrecy import secrets_of


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberHealth:
    """One member, or a host that should have one.

    Attributes:
        host: Its host; empty for one that no host of cluster.yml has.
        member: As etcd tells it; None where the host has none.
        fault: Why it is not healthy; empty when it is.
        seconds: How long a read through the quorum took, asked on its own host; None when it was not answered.
        disk: What it counted of its writes, and of its way to the others.
    """

    host: str
    member: EtcdMember | None
    fault: str = ""
    seconds: float | None = None
    disk: EtcdDisk = field(default_factory=EtcdDisk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A cluster that is only looked at."""

    cluster: Cluster
    state: State
    fleet: Fleet
    access: ClusterAccess


@contextmanager
def reached(context: Context) -> Iterator[Reached]:
    """Connect to the hosts of a cluster that was made.

    Raises:
        UsageError: There is none, or its etcd is the owner's own.
    """
    state = existing(StateStore(context.state_path).read(), context)
    asked = asked_of(context, state)
    cluster = asked.cluster
    context.protect(secrets_of(state, asked.loaded.config))
    if cluster.external_etcd is not None:
        hint = "rke-py status shows its members."
        raise UsageError("this cluster's etcd is your own (services.etcd.external_urls)", hint=hint)
    with (
        context.edges.fleet(cluster, context) as fleet,
        context.edges.access(cluster, fleet, lambda: state.bundle) as access,
    ):
        yield Reached(cluster=cluster, state=state, fleet=fleet, access=access)


def member_health(context: Context) -> tuple[MemberHealth, ...]:
    """Ask every member for its health, and how long that and its writes take.

    Raises:
        UsageError: No cluster was made yet, or its etcd is the owner's own.
    """
    with reached(context) as here:
        found = look_at_etcd(here.access).members
        hosts = {peer_url(host): host.name for host in here.cluster.with_role(Role.ETCD)}
        named = {member_name(host): host.name for host in here.cluster.with_role(Role.ETCD)}
        members = {_host_of(member, hosts, named) or member.id: member for member in found}
        own = tuple(_health(here, host, members.get(host), context) for host in hosts.values())
        others = tuple(
            MemberHealth(host="", member=member, fault=member.fault or "no host of cluster.yml has it")
            for host, member in members.items()
            if host not in hosts.values()
        )
    return (*own, *others)


def _host_of(member: EtcdMember, hosts: dict[str, str], named: dict[str, str]) -> str:
    return next((hosts[url] for url in member.peer_urls if url in hosts), named.get(member.name, ""))


def _health(here: Reached, host: str, member: EtcdMember | None, context: Context) -> MemberHealth:
    try:
        api = here.access.etcd(host) if host in here.fleet.reachable else None
    except HostError:
        api = None
    if api is None:
        silent = here.fleet.faults.get(host)
        fault = silent.what if isinstance(silent, HostError) else str(silent or "it does not answer")
        return MemberHealth(host=host, member=member, fault=fault)
    began = context.clock.now()
    health = api.health()
    seconds = (context.clock.now() - began).total_seconds() if health.ok else None
    try:
        disk = api.disk()
    except EtcdError:
        disk = EtcdDisk()
    fault = "" if health.ok else health.detail
    return MemberHealth(host=host, member=member, fault=fault, seconds=seconds, disk=disk)

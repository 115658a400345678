"""The etcd members, one at a time, the leader last."""

from __future__ import annotations

from rke_py.cluster.model import Host, Role
from rke_py.plan.components.etcd import NAME, Form, form, peer_url
from rke_py.plan.model import Stage, Turn
from rke_py.plan.observed import EtcdMember
from rke_py.plan.steps import BootstrapEtcd, JoinEtcd, ReplaceContainer, Step
from rke_py.plan.wanted import ETCD, SETTLE, Wanted


def etcd_stage(wanted: Wanted) -> Stage:
    """Plan the etcd members.

    Not in parallel, in a new cluster neither: etcd accepts a membership change only while a majority of the members it
    already knows is healthy, and refuses the next one until all have been connected for five seconds.
    """
    hosts = wanted.reachable(Role.ETCD)
    first = wanted.first_member
    turns = tuple(
        Turn(
            stage=ETCD,
            host=host.name,
            steps=steps,
            after=_after(wanted, host, first),
            disrupts=not wanted.fresh(host),
        )
        for host in sorted(hosts, key=lambda host: (host.name != first, _leads(wanted, host)))
        if (steps := _member_steps(wanted, host, first))
    )
    return Stage(name=ETCD, turns=turns, limit=1, at_once=1)


def _after(wanted: Wanted, host: Host, first: str) -> frozenset[str]:
    joins = wanted.new and host.name != first
    return wanted.prepared(host) | ({f"{ETCD}/{first}"} if joins else frozenset())


def _member_steps(wanted: Wanted, host: Host, first: str) -> tuple[Step, ...]:
    spec = wanted.container(host, NAME)
    if wanted.new and host.name == first:
        return (BootstrapEtcd(host=host.name, spec=spec, why=("there is no etcd cluster yet",)),)
    if wanted.new:
        return (JoinEtcd(host=host.name, spec=spec, why=("not a member yet",)),)
    member, found = _member(wanted, host), wanted.found(host)
    if wanted.observed.etcd.exists and member is None:
        return (JoinEtcd(host=host.name, spec=spec, why=("not a member yet",)),)
    if member is not None and member.learner:
        return (JoinEtcd(host=host.name, spec=spec, why=("its member is still a learner",)),)
    if found.deep is not None and not found.deep.etcd_data:
        stale = (member.id,) if member else ()
        why = ("its member is known but its data directory is empty",)
        return (JoinEtcd(host=host.name, spec=spec, stale=stale, why=why),)
    return _settled(wanted, host) or wanted.converge(host, (NAME,))


def _settled(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the step that gives a member its standing form when it still has the one it was born with."""
    container = wanted.found(host).containers.get(NAME)
    if container is None or form(container.spec) is Form.STANDING:
        return ()
    return (_settle(wanted, host),)


def _settle(wanted: Wanted, host: Host) -> ReplaceContainer:
    why = ("with the arguments it joined with it could join once more if its disk were emptied",)
    return ReplaceContainer(host=host.name, spec=wanted.container(host, NAME), changed=("membership",), why=why)


def settle_stage(wanted: Wanted) -> Stage:
    """Plan the standing form of the members that join in this run, once all of them have joined."""
    joining = tuple(turn.host for turn in etcd_stage(wanted).turns if isinstance(turn.steps[-1], JoinEtcd))
    turns = tuple(
        Turn(
            stage=SETTLE,
            host=host.name,
            steps=(_settle(wanted, host),),
            after=frozenset(f"{ETCD}/{other}" for other in joining),
        )
        for host in wanted.reachable(Role.ETCD)
        if host.name in joining
    )
    return Stage(name=SETTLE, turns=turns, limit=1, at_once=1)


def _member(wanted: Wanted, host: Host) -> EtcdMember | None:
    peer = peer_url(host)
    return next((member for member in wanted.observed.etcd.members if peer in member.peer_urls), None)


def _leads(wanted: Wanted, host: Host) -> bool:
    member = _member(wanted, host)
    return member is not None and member.leader

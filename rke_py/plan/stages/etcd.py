"""The etcd members, one at a time: a learner first, then those that do not run, the leader last."""

from __future__ import annotations

from dataclasses import replace

from rke_py.cluster.model import Host, Role
from rke_py.plan.components.etcd import NAME, Form, form, member_name, peer_url, serving_peers
from rke_py.plan.converge import converge, write_for
from rke_py.plan.migration import of_rke
from rke_py.plan.model import Stage, Turn
from rke_py.plan.observed_etcd import EtcdMember
from rke_py.plan.stage_names import CONTROL_PLANE, ETCD, LOST_MEMBERS, SETTLE, prepared
from rke_py.plan.steps import (
    BootstrapEtcd,
    CreateContainer,
    JoinEtcd,
    ProveContainer,
    ReplaceContainer,
    RestartContainer,
    StartContainer,
    Step,
    TakesDown,
)
from rke_py.plan.wanted import Wanted

_UNSETTLED = "with the arguments it was born with it could be born once more if its disk were emptied"


def etcd_stage(wanted: Wanted) -> Stage:
    """Plan the etcd members.

    Not in parallel, in a new cluster neither: etcd accepts a membership change only while a majority of the members it
    already knows is healthy, and refuses the next one until all have been connected for five seconds.
    """
    hosts = wanted.reachable(Role.ETCD)
    steps = {host.name: _member_steps(wanted, host) for host in hosts}
    joining = frozenset(name for name, found in steps.items() if any(isinstance(step, JoinEtcd) for step in found))
    turns = tuple(
        Turn(
            stage=ETCD,
            host=host.name,
            steps=steps[host.name],
            after=prepared(host) | _before(wanted, host, joining),
            disrupts=not wanted.fresh(host),
        )
        for host in sorted(hosts, key=lambda host: _place(wanted, host, joins=host.name in joining))
        if steps[host.name]
    )
    return Stage(name=ETCD, turns=turns, limit=1, at_once=1, after=frozenset({LOST_MEMBERS}))


def _place(wanted: Wanted, host: Host, *, joins: bool) -> tuple[bool, bool, bool, bool, bool]:
    """Return what members are sorted by.

    A learner comes first, since etcd takes no second one beside it. Members that are only to be started come before
    those that join, which etcd accepts only while all it knows are connected.
    """
    stands = _runs(wanted, host) and not joins
    return not _learns(wanted, host), stands, joins, _serves(wanted, host), _leads(wanted, host)


def _before(wanted: Wanted, host: Host, joining: frozenset[str]) -> frozenset[str]:
    """Return the turns that must come first: the one that makes the cluster, or those that bring members back.

    A member that serves is taken down only while all others do. A host joins once those that only have to start did,
    and once the learner is one no more that a killed run left: it may still wait for its files.
    """
    if not wanted.state.etcd.bootstrapped:
        return frozenset({f"{ETCD}/{wanted.first_member}"} - {f"{ETCD}/{host.name}"})
    if not _serves(wanted, host):
        if host.name not in joining or _learns(wanted, host):
            return frozenset()
        first = (
            other
            for other in wanted.reachable(Role.ETCD)
            if _learns(wanted, other) or not (_runs(wanted, other) or other.name in joining)
        )
        return frozenset(f"{ETCD}/{other.name}" for other in first)
    return frozenset(f"{ETCD}/{other.name}" for other in wanted.reachable(Role.ETCD) if not _serves(wanted, other))


def settle_stage(wanted: Wanted) -> Stage:
    """Plan the standing form of the first member, once the others have joined and can do without it.

    It gives leadership away first, which every API server notices: those that start meanwhile would wait for it, so it
    waits for them. The only member of its cluster does not: nobody stands in for it, and so nobody starts before.
    """
    if apart := _started_apart(wanted):
        return _quorum_stage(wanted, apart)
    host = next((host for host in wanted.reachable(Role.ETCD) if host.name == wanted.first_member), None)
    if wanted.state.etcd.bootstrapped or host is None:
        return Stage(name=SETTLE, turns=())
    members = {f"{ETCD}/{member.name}" for member in wanted.reachable(Role.ETCD)}
    servers = {f"{CONTROL_PLANE}/{server.name}" for server in wanted.reachable(Role.CONTROLPLANE)}
    alone = len(wanted.cluster.with_role(Role.ETCD)) == 1
    turn = Turn(
        stage=SETTLE,
        host=host.name,
        steps=(_settle(wanted, host),),
        after=frozenset(members if alone else members | servers),
    )
    return Stage(name=SETTLE, turns=(turn,), limit=1, at_once=1)


def _quorum_stage(wanted: Wanted, members: tuple[Host, ...]) -> Stage:
    """Plan the proof of members that were started apart from one another: it takes most of them to serve anybody."""
    after = frozenset(f"{ETCD}/{host.name}" for host in members)
    why = ("it needs a quorum of those that were started",)
    turns = tuple(
        Turn(
            stage=SETTLE,
            host=host.name,
            steps=(ProveContainer(host=host.name, spec=wanted.container(host, NAME), why=why),),
            after=after,
            disrupts=False,
        )
        for host in members
    )
    return Stage(name=SETTLE, turns=turns, limit=0)


def _started_apart(wanted: Wanted) -> tuple[Host, ...]:
    """Return the members that cannot serve anybody as they start, since it takes others that start after them.

    None trusts another before both have the new CA, or nobody serves and several do not run.
    """
    hosts = wanted.reachable(Role.ETCD)
    silent = tuple(host for host in hosts if not _serves(wanted, host))
    if wanted.members_untrusted:
        return silent
    stopped = tuple(host for host in silent if not _runs(wanted, host))
    return stopped if wanted.state.etcd.bootstrapped and silent == hosts and len(stopped) > 1 else ()


def _member_steps(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    spec = wanted.container(host, NAME)
    if not wanted.state.etcd.bootstrapped:
        if host.name == wanted.first_member:
            return (BootstrapEtcd(host=host.name, spec=spec, why=("there is no etcd cluster yet",)),)
        return (JoinEtcd(host=host.name, spec=spec, why=("not a member yet",)),)
    member, found = _member(wanted, host), wanted.found(host)
    if wanted.observed.etcd.exists and member is None:
        stale = tuple(other.id for other in wanted.observed.etcd.members if other.name == member_name(host))
        why = ("its member has another address",) if stale else ("not a member yet",)
        return _joining(wanted, host, why, stale)
    if _learns(wanted, host):
        return _joining(wanted, host, ("its member is still a learner",))
    serves = member is not None and member.healthy
    if found.deep is not None and not found.deep.etcd_data and not serves:
        stale = (member.id,) if member else ()
        return _joining(wanted, host, ("its member is known but its data directory is empty",), stale)
    if host in _started_apart(wanted):
        return tuple(map(_apart, converge(wanted, host, (NAME,))))
    return _settled(wanted, host) or converge(wanted, host, (NAME,))


def _apart(step: Step) -> Step:
    """Return a step on a member that waits for no other one."""
    if isinstance(step, TakesDown):
        step = replace(step, spared=False)
    if isinstance(step, CreateContainer | StartContainer | ReplaceContainer | RestartContainer):
        return replace(step, spec=serving_peers(step.spec))
    return step


def _joining(wanted: Wanted, host: Host, why: tuple[str, ...], stale: tuple[str, ...] = ()) -> tuple[Step, ...]:
    """Return the steps by which a host that may carry other components already becomes a member."""
    join = JoinEtcd(host=host.name, spec=wanted.container(host, NAME), stale=stale, why=why)
    return (*write_for(wanted, host, NAME), join)


def _settled(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the step that gives a member its standing form instead of the one it was born with.

    RKE's keep theirs, until they are replaced for another reason.
    """
    container = wanted.found(host).containers.get(NAME)
    if container is None or of_rke(container) or form(container.spec) is Form.STANDING:
        return ()
    return (_settle(wanted, host),)


def _settle(wanted: Wanted, host: Host) -> ReplaceContainer:
    return ReplaceContainer(
        host=host.name, spec=wanted.container(host, NAME), changed=("membership",), why=(_UNSETTLED,)
    )


def _member(wanted: Wanted, host: Host) -> EtcdMember | None:
    peer = peer_url(host)
    return next((member for member in wanted.observed.etcd.members if peer in member.peer_urls), None)


def _learns(wanted: Wanted, host: Host) -> bool:
    member = _member(wanted, host)
    return member is not None and member.learner


def _runs(wanted: Wanted, host: Host) -> bool:
    container = wanted.found(host).containers.get(NAME)
    return container is not None and container.running


def _serves(wanted: Wanted, host: Host) -> bool:
    member = _member(wanted, host)
    return member is not None and member.healthy and not member.learner


def _leads(wanted: Wanted, host: Host) -> bool:
    member = _member(wanted, host)
    return member is not None and member.leader

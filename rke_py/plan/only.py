"""A plan for some of the hosts only: what is left out, and whether the rest may go without it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from rke_py.errors import Problem
from rke_py.plan.model import Plan, Stage, Turn
from rke_py.plan.snapshots import SNAPSHOTS
from rke_py.plan.stage_names import (
    ACCESS,
    API_PROXIES,
    CONTROL_PLANE,
    CONTROLLERS,
    DNS_CACHE,
    ETCD,
    LEAVE_CONTROL_PLANE,
    LOST_MEMBERS,
    SETTLE,
)

_FIRST = frozenset({ETCD, SETTLE, ACCESS, CONTROL_PLANE, CONTROLLERS, DNS_CACHE})


def only_turns(stages: Iterable[Stage], only: frozenset[str]) -> Iterator[tuple[Turn, ...]]:
    """Yield the turns of each stage that belong to the named hosts; all of them when none is named."""
    for stage in stages:
        yield tuple(turn for turn in stage.turns if not only or turn.host in only)


def left_out(plan: Plan, only: frozenset[str]) -> tuple[str, ...]:
    """Return the hosts and add-ons that have something to do and are not named."""
    turns = (turn for stage in plan.stages if stage.name != SNAPSHOTS for turn in stage.turns)
    hosts = (turn.host for turn in turns if only and turn.host not in only)
    return tuple(dict.fromkeys(hosts))


def only_problems(
    plan: Plan, only: frozenset[str], hosts: Collection[str], *, finished_once: bool
) -> Iterator[Problem]:
    """Name the hosts whose turn must not come before that of a host which is left out.

    Nodes may be left out: the limits count them all the same. etcd and the control plane may not where their turn comes
    first, since what waits for them may rest on them: a kubelet must not be newer than its API server, and etcd takes
    no member while one that it knows is lost.

    Args:
        plan: The whole plan.
        only: The named hosts; none means all.
        hosts: The hosts that cluster.yml has, which are those that can be named.
        finished_once: Whether the cluster was ever up: one that is being made needs every turn.
    """
    if not only:
        return
    if not finished_once:
        hint = "Run rke-py up without --only first."
        yield Problem(where="", what="--only is for a cluster that is up; this one is still to be made", hint=hint)
        return
    stages = {stage.name: stage for stage in plan.stages}
    turns = {turn.key: turn for stage in plan.stages for turn in stage.turns}
    for turn in turns.values():
        if turn.host not in only:
            continue
        first = sorted({other.host for other in _before(turn, stages, turns) if _matters(turn, other, only)})
        if first:
            yield Problem(
                where=turn.host,
                what=f"its turn ({turn.stage}) comes after that of {', '.join(first)}, which --only leaves out",
                hint=_way_out(first, hosts),
            )


def _way_out(first: Sequence[str], hosts: Collection[str]) -> str:
    gone = [name for name in first if name not in hosts]
    if gone:
        return f"Leave --only away: cluster.yml does not have {', '.join(gone)} any more, so it cannot be named."
    return f"Name {', '.join(first)} too, or leave --only away."


def _matters(turn: Turn, other: Turn, only: frozenset[str]) -> bool:
    """Tell whether a turn that is left out has to come first.

    An API server leaves, or is taken down beside one that comes, only once every API proxy was told, and a member only
    once no API server asks it. A lost member matters to those that join in its place.
    """
    named = other.key in turn.after
    told = named and (turn.stage == LEAVE_CONTROL_PLANE or other.stage in (API_PROXIES, LEAVE_CONTROL_PLANE))
    joins = turn.stage == ETCD and other.stage == LOST_MEMBERS
    return other.host not in only and (other.stage in _FIRST or told or joins)


def _before(turn: Turn, stages: Mapping[str, Stage], turns: Mapping[str, Turn]) -> Iterator[Turn]:
    """Yield the turns that a turn waits for: those it names, and all of the stages before its own."""
    yield from (turns[key] for key in turn.after if key in turns)
    names, waiting = set[str](), set(stages[turn.stage].after)
    while waiting:
        name = waiting.pop()
        if name in stages and name not in names:
            names.add(name)
            waiting |= stages[name].after
            yield from stages[name].turns

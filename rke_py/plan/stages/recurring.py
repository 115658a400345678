"""The containers that take recurring snapshots, on the host of every etcd member, and their end."""

from __future__ import annotations

from rke_py.cluster.model import Host, Role
from rke_py.plan.components.snapshots import NAME, STATE
from rke_py.plan.converge import converge
from rke_py.plan.model import OnFailure, Stage, Turn
from rke_py.plan.reconcile import old_name
from rke_py.plan.stage_names import CONTROL_PLANE, ETCD, RECURRING, SETTLE, prepared
from rke_py.plan.steps import KeepState, RemoveContainer, Step
from rke_py.plan.wanted import Wanted


def recurring_stage(wanted: Wanted) -> Stage:
    """Plan the containers, all at once: nothing waits for them, and none of them takes anything down.

    In a cluster that is being made they start once etcd serves, and wait for nothing else.
    """
    turns = tuple(
        Turn(
            stage=RECURRING,
            host=host.name,
            steps=steps,
            after=frozenset({f"{ETCD}/{host.name}"}) | prepared(host),
            disrupts=False,
        )
        for host in wanted.reachable(Role.ETCD)
        if (steps := _steps(wanted, host))
    )
    after = frozenset[str]() if wanted.quiet else frozenset({SETTLE, CONTROL_PLANE})
    return Stage(name=RECURRING, turns=turns, limit=0, on_failure=OnFailure.COUNT, after=after)


def _steps(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    if wanted.cluster.backup.recurring:
        steps = converge(wanted, host, (NAME,))
        return (*_state_first(wanted, host), *steps) if steps else ()
    there = (name for name in (NAME, old_name(NAME)) if name in wanted.found(host).containers)
    why = ("recurring snapshots are switched off",)
    return tuple(RemoveContainer(host=host.name, name=name, why=why) for name in there)


def _state_first(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Bring the state to a host that has none yet: the first snapshot there is taken before the run is over.

    RKE's container takes the state along by itself.
    """
    if wanted.cluster.rke is not None or not wanted.sealed or STATE in (wanted.found(host).files or {}):
        return ()
    return (KeepState(host=host.name, tools=wanted.cluster.images.tools, why=(f"{STATE}: absent",)),)

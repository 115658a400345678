"""A verified snapshot on every etcd member, before a plan does what only a snapshot could undo."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.pki.inventory import KEPT
from rke_py.plan.model import Stage
from rke_py.plan.snapshots import KEPT_AUTOMATIC, SNAPSHOTS, careful, snapshot_turns
from rke_py.plan.wanted import Wanted
from rke_py.state.model import State


def snapshots_stage(wanted: Wanted, others: Iterable[Stage]) -> Stage:
    """Plan snapshots where the other stages touch etcd, the API servers' version, or keys.

    Not while a cluster is being made, which nobody relies on yet. A member that does not answer has none taken: it may
    be what the plan is there to mend.
    """
    stages = tuple(others)
    steps = any(turn.steps for stage in stages for turn in stage.turns)
    why = (*(("keys change",) if steps and _keys_change(wanted.state) else ()), *careful(stages))
    if not why or not wanted.finished_once:
        return Stage(name=SNAPSHOTS, turns=())
    turns = snapshot_turns(
        wanted.cluster,
        wanted.observed,
        wanted.state,
        name=wanted.snapshot,
        keep=KEPT_AUTOMATIC,
        why=why,
    )
    return Stage(name=SNAPSHOTS, turns=turns, limit=0)


def _keys_change(state: State) -> bool:
    """Tell whether keys are rotated, or a CA is another one than when everything was last in its place.

    Of a change of the encryption the first roll is enough: what is saved then can be read with the keys of every roll.
    """
    if state.rotation and not state.rotation.reached:
        return True
    change = state.encryption_change
    if change and not change.reached and change.phase is change.first:
        return True
    return any(state.bundle.get(name) != state.applied.get(name) for name in KEPT & state.applied.keys())

"""A plan as text for people and as data for programs; never with a secret in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rke_py.plan.model import Plan, Stage, Turn
from rke_py.plan.steps import Step

_MOST_REASONS = 6
_GAP = "  "


def describe(plan: Plan, *, diff: bool = False) -> tuple[str, ...]:
    """Return the plan as one table, a line for each step in its order, with its stage and host.

    Args:
        plan: Any plan.
        diff: Add below each step the fields, files and objects that make it necessary.
    """
    return tuple(_lines(plan, diff=diff))


def as_data(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON-ready data: ``stages[].turns[].steps[]`` with ``step``, ``host`` and ``why``."""
    return {
        "empty": plan.empty,
        "outages": list(plan.outages),
        "notes": list(plan.notes),
        "stages": [_stage_data(stage) for stage in plan.stages],
    }


def _lines(plan: Plan, *, diff: bool) -> Iterator[str]:
    steps = [(turn, step) for stage in plan.stages for turn in stage.turns for step in turn.steps]
    if steps:
        rows = [
            ("#", "stage", "host", "step"),
            *((str(number), turn.stage, turn.host, step.title) for number, (turn, step) in enumerate(steps, start=1)),
        ]
        first, stage, host = (max(len(row[column]) for row in rows) for column in range(3))
        margin = first + stage + host + 3 * len(_GAP)
        reasons = [(), *(step.why for _, step in steps)]
        for row, why in zip(rows, reasons, strict=True):
            yield _GAP.join((f"{row[0]:>{first}}", f"{row[1]:<{stage}}", f"{row[2]:<{host}}", row[3]))
            if diff:
                yield from (f"{'':<{margin}}{_GAP}{reason}" for reason in _shortened(why))
    yield from (f"{stage.name}: {pace}" for stage in plan.stages if (pace := _pace(stage)))
    yield from (f"interrupts: {outage}" for outage in plan.outages)
    yield from (f"note: {note}" for note in plan.notes)


def _shortened(reasons: tuple[str, ...]) -> Iterator[str]:
    """Yield the first reasons, and how many more there are: a new host lacks dozens of files."""
    yield from reasons[:_MOST_REASONS]
    if len(reasons) > _MOST_REASONS:
        yield f"and {len(reasons) - _MOST_REASONS} more"


def _pace(stage: Stage) -> str:
    if sum(turn.disrupts for turn in stage.turns) < 2 or not stage.limit:
        return ""
    return "one host at a time" if stage.limit == 1 else f"at most {stage.limit} hosts at a time"


def _stage_data(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "limit": stage.limit,
        "after": sorted(stage.after),
        "turns": [_turn_data(turn) for turn in stage.turns],
    }


def _turn_data(turn: Turn) -> dict[str, Any]:
    return {
        "host": turn.host,
        "after": sorted(turn.after | turn.past),
        "disrupts": turn.disrupts,
        "steps": [_step_data(step) for step in turn.steps],
    }


def _step_data(step: Step) -> dict[str, Any]:
    return {"step": step.title, "kind": type(step).__name__, "host": step.host, "why": list(step.why)}

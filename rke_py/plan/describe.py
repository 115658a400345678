"""A plan as text for people and as data for programs; never with a secret in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rke_py.plan.model import Plan, Stage, Turn
from rke_py.plan.steps import Step

_MOST_REASONS = 6


def describe(plan: Plan, *, why: bool = True) -> tuple[str, ...]:
    """Return the plan's lines: stages, then hosts, then steps with what makes them necessary."""
    return tuple(_lines(plan, why=why))


def as_data(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON-ready data: ``stages[].turns[].steps[]`` with ``step``, ``host`` and ``why``."""
    return {
        "empty": plan.empty,
        "outages": list(plan.outages),
        "notes": list(plan.notes),
        "stages": [_stage_data(stage) for stage in plan.stages],
    }


def _lines(plan: Plan, *, why: bool) -> Iterator[str]:
    for stage in plan.stages:
        yield f"{stage.name}{_pace(stage)}"
        for turn in stage.turns:
            for number, step in enumerate(turn.steps):
                yield f"  {turn.host if number == 0 else '':<20} {step.title}"
                if why:
                    yield from (f"  {'':<20}   {reason}" for reason in _shortened(step.why))
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
    return " (one at a time)" if stage.limit == 1 else f" (at most {stage.limit} at a time)"


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
        "after": sorted(turn.after),
        "disrupts": turn.disrupts,
        "steps": [_step_data(step) for step in turn.steps],
    }


def _step_data(step: Step) -> dict[str, Any]:
    return {"step": step.title, "kind": type(step).__name__, "host": step.host, "why": list(step.why)}

"""Who may go next: limits as numbers, and the scheduler as a pure state machine.

``Schedule`` is a value. ``ready`` names the turns that may start now, ``started`` and ``ended`` return the next value;
it never breaks a stage's limit, an order or a dependency, and it always comes to an end (tests/plan/test_limits.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import floor

from rke_py.plan.model import OnFailure, Plan, Stage, Turn


def limit_of(text: str, total: int) -> int:
    """Return how many of ``total`` nodes a limit allows to be down.

    Args:
        text: A count (``"2"``) or a share (``"10%"``), which is rounded down (as RKE does), never below one.
        total: How many nodes there are of that kind.
    """
    number = floor(total * int(text.removesuffix("%")) / 100) if text.endswith("%") else int(text)
    return max(1, number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How far a plan has come; every set holds turn keys."""

    plan: Plan
    running: frozenset[str] = frozenset()
    succeeded: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    stopping: bool = False
    _turns: dict[str, Turn] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        turns = {turn.key: turn for stage in self.plan.stages for turn in stage.turns}
        object.__setattr__(self, "_turns", turns)

    @property
    def ended_keys(self) -> frozenset[str]:
        """Turns that are over, one way or the other."""
        return self.succeeded | self.failed

    @property
    def over(self) -> bool:
        """True when nothing runs and nothing more may start."""
        return not self.running and not next(self.ready(), None)

    @property
    def left(self) -> tuple[Turn, ...]:
        """Turns that never started."""
        begun = self.running | self.ended_keys
        return tuple(turn for key, turn in self._turns.items() if key not in begun)

    def ready(self) -> Iterator[Turn]:
        """Yield the turns that may all start now, in the plan's order."""
        if self.stopping:
            return
        for stage in self.plan.stages:
            if self._stages_over(stage.after):
                yield from self._ready_in(stage)

    def started(self, key: str) -> Schedule:
        """Return the schedule with that turn under way."""
        return replace(self, running=self.running | {key})

    def ended(self, key: str, *, success: bool) -> Schedule:
        """Return the schedule with that turn over; a failure in a stage that must not fail stops the run."""
        after = replace(self, running=self.running - {key})
        if success:
            return replace(after, succeeded=self.succeeded | {key})
        stop = self.stopping or self._stage_of(key).on_failure is OnFailure.STOP
        return replace(after, failed=self.failed | {key}, stopping=stop)

    def stopped(self) -> Schedule:
        """Return the schedule that starts nothing more."""
        return replace(self, stopping=True)

    def _ready_in(self, stage: Stage) -> Iterator[Turn]:
        under_way = sum(self._turns[key].stage == stage.name for key in self.running)
        down = stage.down + self._disrupted(stage, self.running) + self._disrupted(stage, self.failed)
        begun = self.running | self.ended_keys
        for turn in stage.turns:
            if under_way >= stage.at_once:
                return
            if turn.key in begun or not turn.after <= self.succeeded:
                continue
            if turn.disrupts and stage.limit:
                if down >= stage.limit:
                    continue
                down += 1
            under_way += 1
            yield turn

    def _disrupted(self, stage: Stage, keys: frozenset[str]) -> int:
        return sum(self._turns[key].stage == stage.name and self._turns[key].disrupts for key in keys)

    def _stages_over(self, names: frozenset[str]) -> bool:
        stages = (stage for stage in self.plan.stages if stage.name in names)
        return all(self._stage_over(stage) for stage in stages)

    def _stage_over(self, stage: Stage) -> bool:
        """A stage is over when all its turns are, or when those left may never start because the limit is used up."""
        open_turns = [turn for turn in stage.turns if turn.key not in self.ended_keys]
        if any(turn.key in self.running for turn in open_turns):
            return False
        return all(self._never(stage, turn) for turn in open_turns)

    def _never(self, stage: Stage, turn: Turn) -> bool:
        used_up = bool(stage.limit) and self._disrupted(stage, self.failed) + stage.down >= stage.limit
        return (turn.disrupts and used_up) or bool(turn.after & self.failed)

    def _stage_of(self, key: str) -> Stage:
        return next(stage for stage in self.plan.stages if stage.name == self._turns[key].stage)

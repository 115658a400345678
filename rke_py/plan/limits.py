"""Who may go next: limits as numbers, and the scheduler as a pure state machine.

``Schedule`` is a value. ``ready`` names the turns that may start now, ``started`` and ``ended`` return the next value;
it never breaks a stage's limit, an order or a dependency, and it always comes to an end (tests/plan/test_limits.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    harmless: frozenset[str] = frozenset()
    """Those that failed before they took anything down: their hosts are up as before, and no limit counts them."""
    hopeless: frozenset[str] = frozenset()
    """Turns that can never start, as one of those that they wait for failed, or can never start either."""
    stopping: bool = False
    _turns: Mapping[str, Turn] = field(default_factory=dict, repr=False, compare=False)
    _waiting: Mapping[str, tuple[Turn, ...]] = field(default_factory=dict, repr=False, compare=False)
    """By stage, what has not begun; handed on, as a thousand hosts make too many turns to look through each time."""

    def __post_init__(self) -> None:
        if not self._turns:
            turns = {turn.key: turn for stage in self.plan.stages for turn in stage.turns}
            object.__setattr__(self, "_turns", turns)
            object.__setattr__(self, "_waiting", {stage.name: stage.turns for stage in self.plan.stages})

    @property
    def ended_keys(self) -> frozenset[str]:
        """Turns that are over, one way or the other."""
        return self.succeeded | self.failed

    @property
    def _settled(self) -> frozenset[str]:
        return self.ended_keys | self.hopeless

    @property
    def over(self) -> bool:
        """True when nothing runs and nothing more may start."""
        return not self.running and not next(self.ready(), None)

    @property
    def left(self) -> tuple[Turn, ...]:
        """Turns that never started."""
        return tuple(turn for turns in self._waiting.values() for turn in turns)

    @property
    def down(self) -> tuple[str, ...]:
        """Hosts that were down before, and that no turn has mended."""
        return tuple(sorted(host for stage in self.plan.stages for host in self._unmended(stage)))

    def ready(self) -> Iterator[Turn]:
        """Yield the turns that may all start now, in the plan's order."""
        if self.stopping:
            return
        for stage in self.plan.stages:
            if self._waiting[stage.name] and self._stages_over(stage.after):
                yield from self._ready_in(stage)

    def started(self, key: str) -> Schedule:
        """Return the schedule with that turn under way."""
        turn = self._turns[key]
        others = tuple(other for other in self._waiting[turn.stage] if other is not turn)
        return replace(self, running=self.running | {key}, _waiting={**self._waiting, turn.stage: others})

    def ended(self, key: str, *, success: bool, harmless: bool = False) -> Schedule:
        """Return the schedule with that turn over; a failure in a stage that must not fail stops the run.

        A worker's failure never does, wherever it happens: its files are brought beside the control plane's.

        Args:
            key: The turn.
            success: Whether all of it is done.
            harmless: Whether it failed before it took anything of its host down.
        """
        after = replace(self, running=self.running - {key})
        if success:
            return replace(after, succeeded=self.succeeded | {key})
        fatal = self._stage_of(key).on_failure is OnFailure.STOP and not self._turns[key].worker
        return replace(
            after,
            failed=self.failed | {key},
            harmless=self.harmless | ({key} if harmless else set()),
            hopeless=self.hopeless | self._waiting_for(key),
            stopping=self.stopping or fatal,
        )

    def stopped(self) -> Schedule:
        """Return the schedule that starts nothing more."""
        return replace(self, stopping=True)

    def _waiting_for(self, key: str) -> frozenset[str]:
        """Return the turns that wait for one, for those that do, and so on."""
        found, nearest = frozenset[str](), frozenset({key})
        while nearest:
            waiting = (turn for turns in self._waiting.values() for turn in turns if not turn.after.isdisjoint(nearest))
            nearest = frozenset(turn.key for turn in waiting) - found
            found |= nearest
        return found

    def _ready_in(self, stage: Stage) -> Iterator[Turn]:
        under_way = self._count(stage, self.running)
        down = self._down(stage) + self._disrupted(stage, self.running)
        for turn in self._waiting[stage.name]:
            if under_way >= stage.at_once:
                return
            if not (turn.after <= self.succeeded and (not turn.past or turn.past <= self._settled)):
                continue
            if turn.disrupts and stage.limit:
                if down >= stage.limit:
                    continue
                down += 1
            under_way += 1
            yield turn

    def _count(self, stage: Stage, keys: frozenset[str]) -> int:
        return sum(self._turns[key].stage == stage.name for key in keys)

    def _down(self, stage: Stage) -> int:
        """Count the hosts that are down and that nobody is at work on: those that failed, and some from before."""
        return self._disrupted(stage, self.failed - self.harmless) + len(self._unmended(stage))

    def _unmended(self, stage: Stage) -> frozenset[str]:
        done = (self._turns[key] for host in stage.down if (key := f"{stage.name}/{host}") in self.succeeded)
        return stage.down - {turn.host for turn in done if turn.mends}

    def _disrupted(self, stage: Stage, keys: frozenset[str]) -> int:
        return sum(self._turns[key].stage == stage.name and self._turns[key].disrupts for key in keys)

    def _stages_over(self, names: frozenset[str]) -> bool:
        return all(self._stage_over(stage) for stage in self.plan.stages if stage.name in names)

    def _stage_over(self, stage: Stage) -> bool:
        """A stage is over when all its turns are, or when those left may never start.

        That is so where the limit is used up, and behind what failed.
        """
        if self._count(stage, self.running):
            return False
        used_up = bool(stage.limit) and self._down(stage) >= stage.limit
        return all((turn.disrupts and used_up) or turn.key in self.hopeless for turn in self._waiting[stage.name])

    def _stage_of(self, key: str) -> Stage:
        return next(stage for stage in self.plan.stages if stage.name == self._turns[key].stage)

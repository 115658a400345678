"""Runs a plan: starts the turns that the schedule allows, several at once, until nothing more may start."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field

from rke_py.errors import (
    ApiError,
    HostError,
    ImageMissing,
    Interrupted,
    RkeError,
    RolloutFailed,
    StateError,
    WorkersFailed,
)
from rke_py.plan.limits import Schedule
from rke_py.plan.model import OnFailure, Plan, Turn
from rke_py.plan.steps import DrainNode, Step
from rke_py.progress import StageEnded, StageStarted
from rke_py.rollout.gate import Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run went: turn keys that succeeded, errors of those that failed, and what never started.

    Attributes:
        only_workers: True when nothing failed but on hosts that are only workers, and nothing was left for their sake
            that a run must not leave; add-ons may have to wait.
        interrupted: True when the operator asked to stop before everything was done.
        down: Hosts that were down before and still are; they use up the limit that keeps others from being begun.
    """

    succeeded: tuple[str, ...] = ()
    failures: dict[str, RkeError] = field(default_factory=dict)
    left: tuple[Turn, ...] = ()
    interrupted: bool = False
    only_workers: bool = False
    down: tuple[str, ...] = ()

    def raise_failure(self, silent: tuple[HostError, ...] = ()) -> None:
        """Raise what the operator has to know; nothing when all is done.

        Args:
            silent: Why hosts did not answer, to be told beside what was not begun for their sake.
        """
        if self.failures:
            kind = WorkersFailed if self.only_workers and not self.interrupted else RolloutFailed
            raise kind(self._summary(), tuple(self.failures.values()), hint="Mend the cause and run the same again.")
        if self.interrupted:
            what = f"stopped as asked; {len(self.left)} turns were not begun"
            raise Interrupted(what, hint="Run the same command again: it goes on where this run stopped.")
        if self.left:
            what = f"not begun: {self._not_begun}; as many workers as may be down are: {', '.join(self.down)}"
            hint = "Bring them back, or raise upgrade_strategy.max_unavailable_worker; then run the same again."
            kind = WorkersFailed if self.only_workers else RolloutFailed
            raise kind(what, silent, hint=hint)

    def _summary(self) -> str:
        failed = ", ".join(self.failures)
        return f"failed: {failed}" + (f"; not begun: {self._not_begun}" if self.left else "")

    @property
    def _not_begun(self) -> str:
        return ", ".join(turn.key for turn in self.left)


class _Stages:
    """Tells the reporter when the first turn of a stage begins and when its last one is over."""

    def __init__(self, plan: Plan, gate: Gate) -> None:
        self._gate = gate
        self._open = {stage.name: {turn.key for turn in stage.turns} for stage in plan.stages}
        self._hosts = {stage.name: tuple(turn.host for turn in stage.turns) for stage in plan.stages}
        self._began = {stage.name: gate.site.time.now() for stage in plan.stages}
        self._failed: dict[str, list[str]] = {stage.name: [] for stage in plan.stages}
        self._seen: set[str] = set()

    def began(self, turn: Turn) -> None:
        if turn.stage not in self._seen:
            self._seen.add(turn.stage)
            self._began[turn.stage] = self._gate.site.time.now()
            self._gate.site.reporter.report(StageStarted(stage=turn.stage, hosts=self._hosts[turn.stage]))

    def ended(self, turn: Turn, *, failed: bool) -> None:
        self._open[turn.stage].discard(turn.key)
        if failed:
            self._failed[turn.stage].append(turn.host)
        if not self._open[turn.stage]:
            seconds = (self._gate.site.time.now() - self._began[turn.stage]).total_seconds()
            event = StageEnded(stage=turn.stage, seconds=seconds, failed=tuple(self._failed[turn.stage]))
            self._gate.site.reporter.report(event)


def roll_out(
    plan: Plan,
    gate: Gate,
    stop: Callable[[], bool],
    *,
    ended: Callable[[Turn], None] = lambda _turn: None,
    at_once: int = 64,
    lacking: str = "",
) -> Outcome:
    """Perform a plan.

    Args:
        plan: What to do.
        gate: Performs each step.
        stop: Tells whether the operator asked to stop; steps under way are finished, nothing new begins.
        ended: Called with each turn that is over, between others.
        at_once: How many turns may be under way.
        lacking: Why the run fails although the plan succeeds; empty when it does not.

    Returns:
        How it went; failures are not raised here, so that the caller can still save what was reached. What is not one
        of ours is a bug: the run stops as if asked to, and raises it at its end.
    """
    schedule = Schedule(plan=plan)
    stages = _Stages(plan, gate)
    failures: dict[str, RkeError] = {}
    under_way: dict[Future[_Failure | None], Turn] = {}
    bugs: list[BaseException] = []

    def halted() -> bool:
        return bool(bugs) or stop()

    with ThreadPoolExecutor(at_once, thread_name_prefix="turn") as pool:
        while True:
            if halted():
                schedule = schedule.stopped()
            for turn in tuple(schedule.ready()):
                schedule = schedule.started(turn.key)
                stages.began(turn)
                under_way[pool.submit(_take_turn, turn, gate, halted)] = turn
            if not under_way:
                break
            over, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in over:
                turn, bug = under_way.pop(future), future.exception()
                failure = None if bug else future.result()
                if bug is not None:
                    bugs.append(bug)
                if failure is not None:
                    failures[turn.key] = failure.fault
                failed = bool(bug or failure)
                harmless = failure is not None and failure.harmless
                schedule = schedule.ended(turn.key, success=not failed, harmless=harmless)
                stages.ended(turn, failed=failed)
                ended(turn)
    real = {key: fault for key, fault in failures.items() if not isinstance(fault, Interrupted)}
    interrupted = stop() and bool(schedule.left or len(real) < len(failures))
    with suppress(StateError):  # what happened is what the operator has to know; no step began without its line
        gate.journal.end(*_ending(failed=bool(real or bugs), interrupted=interrupted, lacking=lacking))
    if bugs:
        raise bugs[0]
    return Outcome(
        succeeded=tuple(schedule.succeeded),
        failures=real,
        left=schedule.left,
        down=schedule.down,
        interrupted=interrupted,
        only_workers=_only_workers(plan, real, schedule.left),
    )


def _ending(*, failed: bool, interrupted: bool, lacking: str) -> tuple[str, str]:
    """Return how the run ended, and why it failed where no step tells that."""
    if failed or interrupted:
        return "failed" if failed else "interrupted", ""
    return ("failed", lacking) if lacking else ("done", "")


def _only_workers(plan: Plan, failed: Collection[str], left: tuple[Turn, ...]) -> bool:
    """Tell whether a run is done but for workers: what was left counts where its failure would have stopped the run."""
    turns = (turn for stage in plan.stages for turn in stage.turns if turn.key in failed)
    fatal = {stage.name for stage in plan.stages if stage.on_failure is OnFailure.STOP}
    return all(turn.worker for turn in turns) and all(turn.worker or turn.stage not in fatal for turn in left)


@dataclass(frozen=True, slots=True)
class _Failure:
    """How a turn failed: the step, and why."""

    step: Step | None
    fault: RkeError

    @property
    def harmless(self) -> bool:
        """True where the node could not be emptied, or lacks an image for what was to follow: it is opened again.

        Nothing on it was taken down. Of a host that does not answer, or that stayed cordoned, nobody can tell that.
        """
        return isinstance(self.step, DrainNode) and isinstance(self.fault, ApiError | ImageMissing)


def _take_turn(turn: Turn, gate: Gate, stop: Callable[[], bool]) -> _Failure | None:
    for step in turn.steps:
        if stop():
            return _Failure(None, Interrupted(f"{turn.key}: stopped before: {step.title}"))
        try:
            gate.perform(turn.stage, step)
        except RkeError as fault:
            return _Failure(step, fault)
    return None

"""A run of ``up`` that a test carries out step by step: in one thread, in any order that the schedule allows."""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack

from rke_py.errors import RkeError
from rke_py.plan.limits import Schedule
from rke_py.plan.model import Turn
from rke_py.plan.steps import Step
from rke_py.rollout.deeds import deed_for
from rke_py.rollout.gate import Gate
from rke_py.stores.statefile import StateStore
from rke_py.workflows.holder import this_process
from rke_py.workflows.planning import certified, new_state, prepare
from rke_py.workflows.pulls import images_of
from rke_py.workflows.remembered import asked_of
from rke_py.workflows.work import site_of

from .clock import Crash
from .operator import Operator


class _Unwritten:
    """A journal that nobody reads."""

    def write(self, event: str, stage: str, step: Step, error: str = "") -> None:
        """Write nothing."""

    def end(self, outcome: str, error: str = "") -> None:
        """Write nothing."""


class Stepping:
    """What ``up`` does up to its rollout, and then the plan's turns as the test takes them.

    Args:
        person: Whose run it is.

    Raises:
        RkeError: Whatever stops ``up`` before its first change.
    """

    def __init__(self, person: Operator) -> None:
        self._stack = ExitStack()
        self._left: dict[str, deque[Step]] = {}
        try:
            self._open(person)
        except BaseException:
            self.close()
            raise

    def _open(self, person: Operator) -> None:
        context, enter = person.context(), self._stack.enter_context
        saved = enter(StateStore(context.state_path).locked(this_process(context)))
        asked = asked_of(context, saved.state, to_perform=True)
        state, _ = certified(asked, saved.state or new_state(context), context)
        fleet = enter(context.edges.fleet(asked.cluster, context))
        images = enter(images_of(asked.cluster, fleet, context))
        access = enter(context.edges.access(asked.cluster, fleet, lambda: state.bundle))
        self.prepared = prepare(asked, state, fleet, access, images, context)
        self.schedule = Schedule(plan=self.prepared.plan)
        site = site_of(asked.cluster, fleet, access, saved, images, context)
        site.memory.begin(self.prepared.desired)
        self._gate = Gate(site=site, journal=_Unwritten(), deeds=deed_for)

    @property
    def ready(self) -> tuple[Turn, ...]:
        """The turns that may begin."""
        return tuple(self.schedule.ready())

    @property
    def running(self) -> tuple[Turn, ...]:
        """The turns under way, in the plan's order."""
        turns = (turn for stage in self.schedule.plan.stages for turn in stage.turns)
        return tuple(turn for turn in turns if turn.key in self.schedule.running)

    def begin(self, turn: Turn) -> None:
        """Begin a turn, without a step of it yet."""
        self.schedule = self.schedule.started(turn.key)
        self._left[turn.key] = deque(turn.steps)

    def next_step(self, turn: Turn) -> Step:
        """Return what the turn does next."""
        return self._left[turn.key][0]

    def step(self, turn: Turn) -> None:
        """Perform the turn's next step through the gate; after its last one, or one that fails, the turn is over."""
        left = self._left[turn.key]
        try:
            self._gate.perform(turn.stage, left.popleft())
        except RkeError:
            self.schedule = self.schedule.ended(turn.key, success=False)
        else:
            if not left:
                self.schedule = self.schedule.ended(turn.key, success=True)

    def close(self) -> None:
        """End the run where it is, as if it had been killed."""
        try:
            self._stack.close()
        except Crash:
            return

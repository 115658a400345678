"""The scheduler under a model check: whatever begins and ends in whatever order, no law of a plan is ever broken.

What a turn may do is judged here from the plan and from what was begun, not from what the scheduler says of itself.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rke_py.plan.limits import Schedule
from rke_py.plan.model import OnFailure, Plan, Stage, Turn

pytestmark = pytest.mark.thorough


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans of a few stages whose turns wait for earlier turns and earlier stages only."""
    stages: list[Stage] = []
    earlier: list[str] = []
    for number in range(draw(st.integers(1, 4))):
        name = f"s{number}"
        after = st.frozensets(st.sampled_from(earlier), max_size=2) if earlier else st.just(frozenset())
        down = draw(st.frozensets(st.sampled_from(["n0", "n1", "n9"]), max_size=2))
        turns = tuple(
            Turn(
                stage=name,
                host=f"n{host}",
                steps=(),
                after=draw(after),
                disrupts=f"n{host}" not in down and draw(st.booleans()),
                mends=draw(st.booleans()),
                worker=draw(st.booleans()),
            )
            for host in range(draw(st.integers(0, 6)))
        )
        names = [stage.name for stage in stages]
        before = st.frozensets(st.sampled_from(names), max_size=2) if names else st.just(frozenset())
        stages.append(
            Stage(
                name=name,
                turns=turns,
                limit=draw(st.integers(0, 3)),
                down=down,
                at_once=draw(st.integers(1, 4)),
                on_failure=draw(st.sampled_from(OnFailure)),
                after=draw(before),
            )
        )
        earlier += [turn.key for turn in turns]
    return Plan(stages=tuple(stages))


class Run(RuleBasedStateMachine):
    """A plan as it is carried out: turns begin, end well or badly, and somebody may stop the run."""

    @initialize(plan=plans())
    def made(self, plan: Plan) -> None:
        self.schedule = Schedule(plan=plan)
        self.stages = {stage.name: stage for stage in plan.stages}
        self.turns = {turn.key: turn for stage in plan.stages for turn in stage.turns}
        self.running: set[str] = set()
        self.succeeded: set[str] = set()
        self.failed: set[str] = set()
        self.harmless: set[str] = set()
        self.halted = False

    @property
    def ready(self) -> list[str]:
        return [turn.key for turn in self.schedule.ready()]

    @precondition(lambda self: self.ready)
    @rule(data=st.data(), many=st.booleans())
    def turns_begin(self, data: st.DataObject, many: bool) -> None:
        """All that may begin, as in a rollout, or one of them."""
        ready = self.ready
        for key in ready if many else [data.draw(st.sampled_from(ready))]:
            self.judge(self.turns[key])
            self.running.add(key)
            self.schedule = self.schedule.started(key)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), success=st.booleans(), harmless=st.booleans())
    def a_turn_ends(self, data: st.DataObject, success: bool, harmless: bool) -> None:
        key = data.draw(st.sampled_from(sorted(self.running)))
        self.end(key, success=success, harmless=harmless and not success)

    @rule(stops=st.integers(0, 9).map(lambda chance: chance == 9))
    def somebody_looks_and_may_stop_the_run(self, stops: bool) -> None:
        if stops:
            self.schedule, self.halted = self.schedule.stopped(), True

    @invariant()
    def what_is_under_way_is_known(self) -> None:
        assert self.schedule.running == self.running
        assert self.schedule.succeeded == self.succeeded
        assert self.schedule.failed == self.failed

    def teardown(self) -> None:
        """Let it come to its end: everything that begins ends, and nothing is left that might have been done."""
        if not hasattr(self, "schedule"):
            return
        for _ in range(len(self.turns) + 1):
            for key in self.ready:
                self.judge(self.turns[key])
                self.running.add(key)
                self.schedule = self.schedule.started(key)
            for key in sorted(self.running):
                self.end(key, success=True)
        assert self.schedule.over
        assert {turn.key for turn in self.schedule.left} == self.turns.keys() - self.succeeded - self.failed
        for turn in self.schedule.left:
            assert self.halted or self.held_back(turn), f"{turn.key} might have been done"

    def end(self, key: str, *, success: bool, harmless: bool = False) -> None:
        turn = self.turns[key]
        self.running.remove(key)
        (self.succeeded if success else self.failed).add(key)
        self.harmless |= {key} if harmless else set()
        fatal = self.stages[turn.stage].on_failure is OnFailure.STOP and not turn.worker
        self.halted |= fatal and not success
        self.schedule = self.schedule.ended(key, success=success, harmless=harmless)

    def judge(self, turn: Turn) -> None:
        """Tell whether a turn may begin now."""
        stage, begun = self.stages[turn.stage], self.running | self.succeeded | self.failed
        assert not self.halted, "it begins although the run stops"
        assert turn.key not in begun, "it begins twice"
        assert turn.after <= self.succeeded, "it begins before what it waits for"
        assert self.of(stage, self.running) < stage.at_once, "too many are under way"
        if turn.disrupts and stage.limit:
            assert self.down(stage) < stage.limit, "too many are down"
        for before in stage.after:
            assert not self.of(self.stages[before], self.running), "a stage before is under way"
        late = [other for other in self.stages.values() if stage.name in other.after and self.of(other, begun)]
        assert not late, f"a stage that waits for it began before: {late}"

    def held_back(self, turn: Turn) -> bool:
        """Tell whether a turn could not be done: what it waits for was not, or its limit is used up."""
        before = (other for other in self.schedule.left if other.stage in self.stages[turn.stage].after)
        waits = any(not self.hopeless(other) for other in before)
        return self.hopeless(turn) or waits or not turn.after <= self.succeeded

    def hopeless(self, turn: Turn) -> bool:
        """Tell whether a turn that has not begun never can, so that nobody has to wait for it."""
        stage = self.stages[turn.stage]
        used_up = turn.disrupts and bool(stage.limit) and self.down(stage) >= stage.limit
        return used_up or self.behind_a_failure(turn)

    def behind_a_failure(self, turn: Turn) -> bool:
        """Tell whether what a turn waits for failed, or waits itself for what did."""
        waiting = turn.after - self.running - self.succeeded
        return any(key in self.failed or self.behind_a_failure(self.turns[key]) for key in waiting)

    def down(self, stage: Stage) -> int:
        """Count what is down of a stage: before we came and not mended since, under way, and failed with harm."""
        mended = {turn.host for turn in stage.turns if turn.mends and turn.key in self.succeeded}
        disrupted = (key for key in self.running | self.failed - self.harmless if self.turns[key].disrupts)
        return len(stage.down - mended) + self.of(stage, disrupted)

    def of(self, stage: Stage, keys) -> int:
        return Counter(self.turns[key].stage for key in keys)[stage.name]


@pytest.mark.parametrize("runs", [200, pytest.param(10_000, marks=pytest.mark.long)])
def test_no_law_is_broken_in_any_run(runs):
    check = settings(max_examples=runs, stateful_step_count=40, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Run, settings=check)

"""Ctrl-C: the steps under way are finished, nothing new begins, and the next run goes on."""

from __future__ import annotations

import pytest

from rke_py.errors import Interrupted
from rke_py.progress import StepEnded, StepStarted
from tests.sim.expect import faults_of
from tests.sim.operator import Operator

pytestmark = pytest.mark.thorough

ROLES = ("ecw", "ecw", "ecw", "w")


class Flag:
    """What Ctrl-C sets."""

    def __init__(self) -> None:
        self.up = False

    def __call__(self) -> bool:
        return self.up

    def raise_it(self) -> None:
        self.up = True


def stopped_at(person: Operator, step: int) -> None:
    """Press Ctrl-C when the n-th step begins, and see that the run ends as told."""
    flag = person.stops = Flag()
    person.script.at(lambda event, count: isinstance(event, StepStarted) and count >= step, flag.raise_it)
    with pytest.raises(Interrupted) as caught:
        person.up()
    assert caught.value.exit_code == 130
    flag.up = False


@pytest.mark.parametrize("step", [1, 6, 11, 17, 23])
def test_a_run_that_was_stopped_is_continued_by_the_next(operator, step):
    person = operator(*ROLES)
    stopped_at(person, step)
    person.next_script()
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_a_stop_that_comes_during_the_last_step_leaves_nothing_to_do(running):
    person = running(*ROLES)
    person.edit(services={"kube-api": {"extra_args": {"v": "4"}}})
    last = len(tuple(person.plan().steps))
    flag = person.stops = Flag()
    person.script.at(lambda _, count: count == last, flag.raise_it)
    person.up()
    assert person.state.configuration == person.state.desired
    flag.up = False
    assert person.up().plan.empty


def test_steps_under_way_are_finished(running):
    person = running(*ROLES)
    person.edit(services={"kube-api": {"extra_args": {"v": "4"}}})
    stopped_at(person, 1)
    begun = [event for event in person.script.events if isinstance(event, StepStarted)]
    ended = [event for event in person.script.events if isinstance(event, StepEnded)]
    assert [event.step for event in begun] == ["replace kube-apiserver"]
    assert [event.error for event in ended] == [None]
    assert faults_of(person) == []


def test_the_lease_is_given_back(running):
    person = running(*ROLES)
    person.edit(services={"kube-api": {"extra_args": {"v": "4"}}})
    stopped_at(person, 1)
    before = person.world.now
    person.next_script()
    person.up()
    assert (person.world.now - before).total_seconds() < 60, "nobody waits for a lease to expire"


def test_a_fault_in_rke_py_itself_stops_the_run_before_the_next_step(running):
    person = running("ecw", "w", "w", "w", upgrade_strategy={"max_unavailable_worker": "1"})
    person.edit(services={"kubelet": {"extra_args": {"v": "3"}}})

    def wrong() -> None:
        raise ZeroDivisionError

    person.world.calls.on(lambda call: (call.host, call.verb, call.name) == ("n2", "rename", "kubelet"), wrong)
    with pytest.raises(ZeroDivisionError):
        person.up()
    assert {host for host, step in person.script.started if step == "replace kubelet"} == {"n1", "n2"}
    assert '"outcome": "failed"' in person.context().journal_path.read_text().splitlines()[-1]
    person.next_script()
    person.up()
    assert faults_of(person) == []

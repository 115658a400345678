"""``up`` killed before or after every step, and run again: it reaches the cluster with nothing lost."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.sim.calls import When
from tests.sim.expect import faults_of
from tests.sim.operator import Operator

ROLES = ("ecw", "ecw", "ecw", "w")
SEED = 20261121
ENOUGH = 10_000
EVERY_ARGUMENT = {
    "etcd": {"extra_args": {"snapshot-count": "20000"}},
    **{
        name: {"extra_args": {"v": "4"}}
        for name in ("kube-api", "kube-controller", "scheduler", "kubelet", "kubeproxy")
    },
}
SIDES = pytest.mark.parametrize("when", When)

Begin = Callable[[], Operator]


@pytest.fixture(params=["a new cluster", "everything replaced"])
def begin(request, operator, running) -> Begin:
    """Make the operator right before the run that is going to be killed."""

    def new() -> Operator:
        return operator(*ROLES)

    def replaced() -> Operator:
        person = running(*ROLES)
        person.edit(services=EVERY_ARGUMENT)
        return person

    return {"a new cluster": new, "everything replaced": replaced}[request.param]


def assert_the_next_run_gets_there(person: Operator) -> None:
    """Run twice more: the first one reaches the cluster, the second one finds nothing to do."""
    authority = person.state.bundle["kube-ca"].certificate if person.has_state else None
    person.world.time.pass_time(1)
    person.up()
    assert faults_of(person) == []
    assert authority in (None, person.state.bundle["kube-ca"].certificate)
    mark = len(person.world.calls.log)
    assert person.up().plan.empty
    assert [call for call in person.world.calls.since(mark) if call.changing and call.verb != "write_copy"] == []


def seeded(count: int, most: int) -> list[int]:
    """Draw some numbers from one on, the same ones in every run."""
    return sorted(random.Random(SEED).sample(range(1, most + 1), count))


@SIDES
@pytest.mark.parametrize("step", seeded(4, 24))
def test_killed_at_a_step(begin, step, when):
    person = begin()
    assert person.killed_up(step, when)
    assert_the_next_run_gets_there(person)


@SIDES
@pytest.mark.parametrize("call", seeded(4, 400))
def test_killed_at_a_call(begin, call, when):
    person = begin()
    assert person.killed_at_call(call, when)
    assert_the_next_run_gets_there(person)


@pytest.mark.parametrize("step", seeded(2, 24))
def test_killed_and_every_host_rebooted(begin, step):
    person = begin()
    assert person.killed_up(step, When.BEFORE)
    for machine in person.world.machines.values():
        machine.reboot()
    assert_the_next_run_gets_there(person)


@pytest.mark.parametrize("step", seeded(2, 24))
def test_killed_twice(begin, step):
    person = begin()
    person.killed_up(step, When.AFTER)
    person.killed_up(step // 2 + 1, When.BEFORE)
    assert_the_next_run_gets_there(person)


@pytest.mark.long
@SIDES
def test_killed_at_every_step(begin, when):
    for step in range(1, ENOUGH):
        person = begin()
        if not person.killed_up(step, when):
            return
        assert_the_next_run_gets_there(person)


@pytest.mark.long
@SIDES
def test_killed_at_every_call(begin, when):
    for call in range(1, ENOUGH):
        person = begin()
        if not person.killed_at_call(call, when):
            return
        assert_the_next_run_gets_there(person)


@pytest.mark.long
def test_killed_at_every_step_and_every_host_rebooted(begin):
    for step in range(1, ENOUGH):
        person = begin()
        if not person.killed_up(step, When.BEFORE):
            return
        for machine in person.world.machines.values():
            machine.reboot()
        assert_the_next_run_gets_there(person)

"""A run is killed while a host joins, and then something else is asked for: that is reached all the same."""

from __future__ import annotations

import pytest

from tests.sim.calls import When
from tests.sim.clock import Crash
from tests.sim.expect import faults_of
from tests.sim.operator import Operator
from tests.workflows.changes import assert_settled, wants


@pytest.fixture
def joining(running) -> Operator:
    """Another host is to have all roles beside the only one that has."""
    person = running("ecw", "w", "w", "")
    wants(person, "ecw", "w", "w", "ecw")
    return person


def killed(person: Operator, verb: str, name: str, when: When) -> None:
    """Let ``up`` be killed around a call, and the helpers that it left end."""

    def die() -> None:
        person.world.time.kill()
        raise Crash

    person.world.calls.on(lambda call: (call.verb, call.name) == (verb, name), die, when=when)
    with pytest.raises(Crash):
        person.up()
    person.world.calls.forget()
    person.world.time.pass_time(900)


def test_one_that_is_no_node_yet_has_nothing_to_be_emptied(joining):
    killed(joining, "start", "etcd", When.AFTER)
    wants(joining, "ecw", "w", "w", "e")
    joining.up()
    assert faults_of(joining) == []
    assert_settled(joining)


def test_the_learner_that_is_left_is_a_member_before_another_host_joins(joining):
    killed(joining, "add_learner", "", When.AFTER)
    wants(joining, "ecw", "ew", "w", "ecw")
    joining.up()
    assert_settled(joining)

"""A run is killed while a host joins, and then something else is asked for: that is reached all the same."""

from __future__ import annotations

import pytest

from rke_py.progress import StepEnded
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


def test_a_worker_that_is_one_again_waits_for_its_api_proxy_until_its_api_server_is_gone(running):
    person = running("ecw", "ecw", "ecw", "w")
    wants(person, "ecw", "ecw", "ecw", "ecw")
    killed(person, "remove", "haproxy", When.BEFORE)
    wants(person, "ecw", "ecw", "ecw", "w")
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    person.up()
    assert_settled(person)


def test_a_hosts_plugins_come_once_the_helpers_that_a_killed_run_left_are_gone(joining):
    joining.up()
    events = [event for event in joining.script.events if getattr(event, "host", "") == "n4"]
    prepared = next(at for at, event in enumerate(events) if isinstance(event, StepEnded))
    begun = next(at for at, event in enumerate(events) if getattr(event, "step", "") == "install the CNI plugins")
    assert events[prepared].step.startswith("write ")
    assert prepared < begun

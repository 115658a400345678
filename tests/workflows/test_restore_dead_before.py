"""A restore of a cluster that was dead before: it can fail like any other, and never bars the next attempt."""

from __future__ import annotations

from contextlib import suppress

import pytest

from rke_py.errors import RestoreFailed
from tests.sim.calls import When
from tests.sim.expect import faults_of, group_in_use, store_of
from tests.sim.operator import Operator

ROLES = ("ecw", "ecw", "ecw", "w")
MARK = "what was written since"


def _two_disks(person: Operator) -> None:
    for name in ("n2", "n3"):
        person.world.machines[name].empty_etcd()


def _all_disks(person: Operator) -> None:
    for name in ("n1", "n2", "n3"):
        person.world.machines[name].empty_etcd()


@pytest.fixture(params=[_two_disks, _all_disks], ids=["two of three disks lost", "all disks lost"])
def dead(running, request) -> Operator:
    """The operator of a cluster with a snapshot, whose etcd lost its quorum for good."""
    person = running(*ROLES)
    person.preload()
    person.snapshot("monday")
    store_of(person).writes.append(MARK)
    request.param(person)
    person.world.time.pass_time(3600)
    return person


def assert_restorable(person: Operator) -> None:
    """Assert that nothing is under way, and that the same snapshot brings the cluster back."""
    assert person.state.restore is None
    person.world.faults.on_start.clear()
    person.restore("monday")
    person.up()
    person.world.time.pass_time(60)
    assert MARK not in store_of(person).writes
    assert faults_of(person) == []


def _panics(container) -> str:
    return "panic" if container.spec.name == "etcd" and container.machine.name == "n2" else ""


def test_one_that_fails_is_taken_back_to_what_was_there(dead):
    dead.world.faults.on_start.append(_panics)
    with pytest.raises(RestoreFailed, match=r"did not become healthy; (all is as it was before|no member had data)"):
        dead.restore("monday")
    assert_restorable(dead)


def test_its_members_have_what_they_had(running):
    person = running(*ROLES)
    person.preload()
    person.snapshot("monday")
    store_of(person).writes.append(MARK)
    _two_disks(person)
    person.world.time.pass_time(3600)
    person.world.faults.on_start.append(_panics)
    with pytest.raises(RestoreFailed, match="does not become healthy"):
        person.restore("monday")
    person.world.faults.on_start.clear()
    assert person.recover_etcd() == "n1"
    assert MARK in store_of(person).writes


def test_without_any_data_no_api_server_is_waited_for(running):
    person = running(*ROLES)
    person.preload()
    person.snapshot("monday")
    _all_disks(person)
    person.world.time.pass_time(3600)
    person.world.faults.on_start.append(_panics)
    with pytest.raises(RestoreFailed, match="no member had data"):
        person.restore("monday")
    assert not any(machine.running("kube-apiserver") for machine in person.world.machines.values())


@pytest.mark.thorough
@pytest.mark.parametrize("step", [2, 8, 14, 20, 26, 32])
def test_killed_at_a_step_it_can_be_taken_back(dead, step):
    assert dead.killed(lambda: dead.restore("monday"), step, When.AFTER)
    with suppress(RestoreFailed):  # what was there is not healthy
        dead.restore("monday", back=True)
    assert_restorable(dead)


def test_old_members_on_hosts_that_leave_are_asked_too(running):
    """The old data of one of three need those of the two that leave for their quorum."""
    person = running(*ROLES)
    person.preload()
    person.snapshot("monday")
    store_of(person).writes.append(MARK)
    person.world.time.pass_time(3600)
    person.config["nodes"] = [person.config["nodes"][0], person.config["nodes"][3]]
    person.write()
    person.world.faults.on_start.append(
        lambda each: "panic" if each.spec.name == "etcd" and each.machine.name == "n1" and each.machine.replaced else ""
    )
    with pytest.raises(RestoreFailed, match="the old data are back"):
        person.restore("monday")
    assert person.state.restore is None
    assert MARK in store_of(person).writes
    assert len(group_in_use(person).members) == 3

"""What ``up`` does to etcd members that are not as they should be."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from rke_py.errors import EtcdUnavailable, PreflightError, RolloutFailed
from rke_py.plan.containers import Status
from rke_py.progress import StepEnded
from tests.sim import etcd
from tests.sim.calls import When
from tests.sim.container import Container
from tests.sim.expect import faults_of
from tests.workflows.changes import wants

THREE = ("ecw", "ecw", "ecw", "w")
OTHER_ARGUMENTS = {"etcd": {"extra_args": {"snapshot-count": "20000"}}}


def test_a_member_that_does_not_run_is_mended_before_another_is_taken_down(running):
    person = running(*THREE)
    person.world.machines["n3"].containers["etcd"].stop()
    person.edit(services=OTHER_ARGUMENTS)
    person.up()
    touched = [host for host, step in person.script.started if step == "replace etcd"]
    assert touched[0] == "n3"
    assert faults_of(person) == []


def test_a_member_that_is_only_down_is_started_before_another_joins(running):
    person = running("w", "ecw", "ecw", "ecw")
    person.world.machines["n4"].containers["etcd"].stop()
    person.world.time.pass_time(30)
    wants(person, "ew", "ecw", "ecw", "ecw")
    person.up()
    touched = [host for host, step in person.script.started if "etcd" in step and "snapshot" not in step]
    assert touched.index("n4") < touched.index("n1")
    assert faults_of(person) == []


def _stands_still(container: Container) -> None:
    """Leave it as it is."""


def _is_deleted(container: Container) -> None:
    del container.machine.containers[container.spec.name]


@pytest.mark.parametrize("happens", [_stands_still, _is_deleted], ids=["stand still", "were deleted"])
@pytest.mark.parametrize("roles", [THREE, ("e", "e", "e", "e", "e", "c", "w")], ids=["three", "five"])
@pytest.mark.parametrize("running_still", [0, 1])
def test_a_quorum_whose_members_all_stand_still_comes_back_in_one_run(running, roles, happens, running_still):
    person = running(*roles)
    members = [m for m in person.world.machines.values() if "etcd" in m.containers]
    for container in [machine.containers["etcd"] for machine in members[running_still:]]:
        container.set_restart("no")
        container.stop()
        happens(container)
    person.world.time.pass_time(60)
    person.up()
    person.world.time.pass_time(60)
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_one_whose_disk_was_lost_as_well_joins_once_the_others_tell_its_id(running):
    person = running(*THREE)
    for name in ("n1", "n2", "n3"):
        container = person.world.machines[name].containers["etcd"]
        container.stop()
        _is_deleted(container)
    person.world.machines["n3"].empty_etcd()
    person.world.time.pass_time(60)
    with pytest.raises(RolloutFailed):
        person.up()
    (fault,) = [event.error for event in person.script.events if isinstance(event, StepEnded) and event.error]
    assert "etcd knows its member already, whose data are gone" in str(fault)
    person.up()
    person.world.time.pass_time(60)
    assert faults_of(person) == []


def test_a_quorum_that_a_start_brings_back_is_brought_back_before_a_lost_disk(running):
    person = running(*THREE)
    person.world.machines["n1"].empty_etcd()
    person.world.machines["n3"].containers["etcd"].stop()
    person.world.time.pass_time(60)
    person.up()
    assert faults_of(person) == []


def test_a_member_that_joins_need_not_serve_clients_before_it_gets_its_standing_form(operator):
    person = operator(*THREE)
    person.up()
    events = map(json.loads, (person.folder / "cluster.rkestate.journal").read_text().splitlines())
    at = {(event["host"], event["event"]): event["time"] for event in events if event["step"] == "join etcd"}
    for host in ("n2", "n3"):
        took = datetime.fromisoformat(at[host, "done"]) - datetime.fromisoformat(at[host, "begin"])
        assert took < etcd.PUBLISHED  # by the simulated clock
    assert faults_of(person) == []


def test_a_member_gets_the_time_that_its_database_needs_to_be_read(running):
    person = running("ecw")
    machine = person.world.machines["n1"]
    machine.etcd_used = 4_000_000_000
    opening = timedelta(seconds=200)
    person.world.faults.on_check.append(
        lambda container: "opening" if container.spec.name == "etcd" and container.running_for < opening else ""
    )
    person.world.time.pass_time(300)
    person.edit(services=OTHER_ARGUMENTS)
    person.up()
    assert machine.running("etcd")
    assert faults_of(person) == []


def test_a_member_that_still_reads_its_database_is_waited_for(running):
    person = running("ecw")
    opening = timedelta(seconds=120)
    person.world.faults.on_check.append(
        lambda container: "opening" if container.spec.name == "etcd" and container.running_for < opening else ""
    )
    person.world.machines["n1"].containers["etcd"].stop()
    person.up()
    assert faults_of(person) == []


def test_a_learner_that_ends_again_and_again_is_not_waited_for(running):
    person = running(*THREE)
    machine = person.world.machines["n2"]
    for member in person.world.machines.values():
        member.etcd_used = 8_000_000_000
    machine.power_off()
    machine.empty_etcd()
    machine.power_on()
    person.world.time.pass_time(20)
    person.world.faults.on_start.append(
        lambda container: "no space left" if container.spec.name == "etcd" and container.machine is machine else ""
    )
    began = person.world.time.now()
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert "etcd ends again and again" in str(caught.value.failures[0])
    assert person.world.time.now() - began < timedelta(minutes=3)


def test_a_member_whose_data_is_gone_joins_anew_under_another_id(running):
    person = running(*THREE)
    group, machine = person.world.groups[0], person.world.machines["n2"]
    old = next(member for member in group.members.values() if member.name == "etcd-n2")
    machine.power_off()
    machine.empty_etcd()
    machine.power_on()
    person.world.time.pass_time(20)
    person.up()
    assert person.world.groups == [group]
    new = next(member for member in group.members.values() if member.name == "etcd-n2")
    assert new.id != old.id
    assert old.id in group.removed
    assert faults_of(person) == []
    assert person.up().plan.empty


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("verb", ["members", "remove_member", "add_learner", "promote"])
def test_an_election_while_a_member_joins_costs_nothing_but_time(running, verb, when):
    """etcd may have done what it was asked although it then says that time was over."""

    def time_out() -> None:
        raise EtcdUnavailable("etcdserver: request timed out", code=14, where="n1")

    person = running(*THREE)
    machine = person.world.machines["n3"]
    machine.power_off()
    machine.empty_etcd()
    machine.power_on()
    person.world.time.pass_time(20)
    person.world.calls.on(lambda call: call.verb == verb, time_out, when=when, times=2)
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_a_member_whose_data_is_gone_never_starts_by_itself(running):
    person = running(*THREE)
    machine = person.world.machines["n2"]
    machine.power_off()
    machine.empty_etcd()
    machine.power_on()
    person.world.time.pass_time(600)
    machine.settle()
    assert machine.containers["etcd"].status is Status.RESTARTING
    assert machine.etcd_data is None
    assert len(person.world.groups) == 1


def test_the_only_members_data_is_never_made_anew(running):
    person = running("ecw")
    machine = person.world.machines["n1"]
    machine.power_off()
    machine.empty_etcd()
    machine.power_on()
    person.world.time.pass_time(20)
    with pytest.raises(PreflightError, match="no etcd host holds etcd's data any more"):
        person.up()
    assert len(person.world.groups) == 1
    assert machine.etcd_data is None


def test_all_data_gone_is_told_and_not_built_over(running):
    person = running(*THREE)
    for name in ("n1", "n2", "n3"):
        person.world.machines[name].power_off()
        person.world.machines[name].empty_etcd()
        person.world.machines[name].power_on()
    person.world.time.pass_time(20)
    with pytest.raises(PreflightError, match="no etcd host holds etcd's data any more"):
        person.up()
    assert len(person.world.groups) == 1


def test_a_member_that_was_removed_behind_our_back_joins_again(running):
    person = running(*THREE)
    group = person.world.groups[0]
    gone = next(member for member in group.members.values() if member.name == "etcd-n3")
    etcd.remove(group, person.world, gone.id)
    person.world.time.pass_time(20)
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_a_learner_that_somebody_left_is_promoted(operator):
    person = operator(*THREE)
    assert person.killed_up(10_000, When.BEFORE) is False
    group, machine = person.world.groups[0], person.world.machines["n3"]
    mine = next(member for member in group.members.values() if member.name == "etcd-n3")
    mine.learner = True
    person.up()
    assert faults_of(person) == []
    assert machine.etcd_data is not None


@pytest.mark.parametrize("after", [("ecw", "ecw", "ecw", "ecw"), ("ecw", "ecw", "w", "ecw")], ids=["stays", "goes"])
def test_a_learner_that_a_killed_run_left_keeps_nobody_from_joining(running, after):
    person = running(*THREE)
    (group,) = person.world.groups
    next(member for member in group.members.values() if member.name == "etcd-n3").learner = True
    wants(person, *after)
    person.up()
    assert faults_of(person) == []


def test_alarms_block_every_step(running):
    person = running(*THREE)
    group = person.world.groups[0]
    group.alarms[group.leader] = ("NOSPACE",)
    person.edit(services=OTHER_ARGUMENTS)
    with pytest.raises(PreflightError, match="NOSPACE"):
        person.up()
    assert person.script.started == ()


def test_without_quorum_no_member_is_taken_down(running):
    person = running(*THREE)
    for name in ("n2", "n3"):
        person.world.machines[name].containers["etcd"].set_restart("no")
        person.world.machines[name].containers["etcd"].stop()
        person.world.faults.on_start.append(
            lambda container, name=name: (
                "disk broken" if (container.machine.name, container.spec.name) == (name, "etcd") else ""
            )
        )
    person.edit(services=OTHER_ARGUMENTS)
    with pytest.raises(RolloutFailed):
        person.up()
    assert ("n1", "replace etcd") not in person.script.started
    assert person.world.machines["n1"].running("etcd")


def test_no_member_is_taken_down_when_another_died_since_the_plan_was_made(running):
    person = running(*THREE)
    machines = person.world.machines
    person.edit(services=OTHER_ARGUMENTS)
    mark = len(person.world.calls.log)
    person.script.at(lambda event, _: event.step == "replace etcd", lambda: machines["n3"].power_off())
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    (fault,) = caught.value.failures
    assert "etcd here cannot be spared: not healthy: etcd-n3" in fault.what
    assert [call for call in person.world.calls.since(mark) if (call.verb, call.name) == ("stop", "etcd")] == []
    assert person.world.laws.violations == []

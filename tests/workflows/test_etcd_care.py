"""etcd's members looked at and kept in shape: health, defragmenting one at a time, alarms."""

from __future__ import annotations

import pytest

from rke_py.errors import EtcdUnavailable, PreflightError, UsageError
from rke_py.progress import Finished, Warned
from tests.sim.calls import When
from tests.sim.expect import faults_of, group_in_use, store_of
from tests.sim.operator import Operator

ROLES = ("ecw", "ecw", "ecw")
FREE = 100 << 20


@pytest.fixture
def person(running) -> Operator:
    return running(*ROLES)


def loosened(person: Operator, *names: str) -> None:
    for name in names:
        person.world.machines[name].etcd_free = FREE


def alarmed(person: Operator, alarm: str) -> None:
    group = group_in_use(person)
    group.alarms[next(iter(group.members))] = (alarm,)


def stopped(person: Operator, *names: str) -> None:
    """Let members end, and everybody notice."""
    for name in names:
        person.world.machines[name].containers["etcd"].stop()
    person.world.time.pass_time(60)


def test_members_tell_how_far_and_how_fast_they_are(person):
    found = person.member_health()
    assert [one.host for one in found] == ["n1", "n2", "n3"]
    assert sum(one.member.leader for one in found) == 1
    assert not [one.fault for one in found if one.fault]
    assert all(one.disk.syncs and one.member.raft_index for one in found)


def test_a_member_that_is_off_is_shown_with_why(person):
    person.world.machines["n2"].power_off()
    person.world.time.pass_time(30)
    found = {one.host: one for one in person.member_health()}
    assert "timed out" in found["n2"].fault
    assert not found["n1"].fault


def test_members_that_gain_are_defragmented_one_at_a_time_the_leader_last(person):
    loosened(person, "n1", "n2", "n3")
    leader = next(one.host for one in person.member_health() if one.member.leader)
    script = person.next_script()
    person.defragment()
    assert [host for host, _ in script.started][-1] == leader
    assert {machine.etcd_free for machine in person.world.machines.values()} == {0}
    assert person.world.laws.violations == []


def test_members_that_gain_little_are_left_alone_unless_all_are_meant(person):
    loosened(person, "n2")
    script = person.next_script()
    person.defragment()
    assert [host for host, _ in script.started] == ["n2"]
    script = person.next_script()
    person.defragment(every=True)
    assert len(script.started) == 3


def test_no_member_pauses_while_another_is_down(person):
    loosened(person, "n1")
    person.world.machines["n2"].containers["etcd"].stop()
    with pytest.raises(Exception, match="failed: defragment etcd/n1"):
        person.defragment()
    assert person.world.machines["n1"].etcd_free == FREE


def test_an_alarm_is_taken_back_once_its_cause_is_gone(person):
    alarmed(person, "NOSPACE")
    assert [member.alarms for member in person.alarms()] == [("NOSPACE",)]
    person.disarm()
    assert person.alarms() == ()


@pytest.mark.parametrize("off", [("n1", "n2"), ("n1", "n2", "n3")], ids=["no leader", "nobody answers"])
def test_where_nobody_tells_the_alarms_that_is_no_all_clear(person, off):
    alarmed(person, "NOSPACE")
    stopped(person, *off)
    with pytest.raises(EtcdUnavailable, match="nobody knows which alarms are raised"):
        person.alarms()


def test_without_a_leader_alarms_are_not_said_to_be_taken_back(person):
    alarmed(person, "NOSPACE")
    stopped(person, "n1", "n2")
    with pytest.raises(EtcdUnavailable, match="nobody knows which alarms are raised"):
        person.disarm()


def test_a_full_etcd_is_mended_without_writing_to_the_cluster(person):
    alarmed(person, "NOSPACE")
    loosened(person, "n1", "n2", "n3")
    began, mark = person.world.now, len(person.world.calls.log)
    person.defragment()
    person.disarm()
    assert {machine.etcd_free for machine in person.world.machines.values()} == {0}
    assert person.alarms() == ()
    assert {"acquire", "write_copy"}.isdisjoint(call.verb for call in person.world.calls.since(mark))
    assert (person.world.now - began).total_seconds() < 60, "no write was waited for"
    (said, _) = [event.problem.what for event in person.script.events if isinstance(event, Warned)]
    assert "holds the lock of this folder alone" in said


def test_a_full_etcd_is_saved_before_it_is_mended(person):
    alarmed(person, "NOSPACE")
    name = person.snapshot()
    assert all(any(name in path for path in machine.snapshots) for machine in person.world.machines.values())


def filled(person: Operator) -> None:
    """Let every database be full of what is needed."""
    alarmed(person, "NOSPACE")
    for machine in person.world.machines.values():
        machine.etcd_used = 2 << 30


MORE = {"etcd": {"extra_args": {"quota-backend-bytes": str(4 << 30)}}}


def test_a_database_full_of_what_is_needed_gets_a_higher_quota_and_then_the_rest_is_done(person):
    filled(person)
    leader = next(one.host for one in person.member_health() if one.member.leader)
    labelled = [{**node, "labels": {"tier": "front"}} for node in person.config["nodes"]]
    person.edit(services={**MORE, "kube-api": {"extra_args": {"v": "3"}}}, nodes=labelled)
    script, mark = person.next_script(), len(person.world.calls.log)
    began = person.world.now
    assert {step.title for step in person.plan().steps if "snapshot" not in step.title} == {"replace etcd"}
    person.up()
    assert [step for _, step in script.changes] == ["replace etcd"] * 3
    assert script.changes[-1][0] == leader
    assert {"acquire", "write_copy", "set_node"}.isdisjoint(call.verb for call in person.world.calls.since(mark))
    assert (person.world.now - began).total_seconds() < 120, "no write was waited for"
    (told,) = [event for event in script.events if isinstance(event, Finished)]
    assert any("rke-py etcd alarm disarm, then rke-py up" in line for line in told.attention)
    person.disarm()
    assert person.alarms() == ()
    person.up()
    assert faults_of(person) == []
    assert all(node.labels["tier"] == "front" for node in store_of(person).nodes.values())
    assert person.up().plan.empty


def test_a_run_that_died_while_it_raised_the_quota_is_continued(person):
    filled(person)
    person.edit(services=MORE)
    assert person.killed_up(5, When.AFTER)
    person.up()
    person.disarm()
    person.up()
    assert faults_of(person) == []


def test_the_quota_of_a_member_that_stands_alone_is_raised_with_consent(running):
    alone = running("ecw", "w")
    filled(alone)
    alone.edit(services=MORE)
    alone.up()
    assert alone.asked == ["etcd has 1 member: the API stops while one is replaced"]
    alone.disarm()
    alone.up()
    assert faults_of(alone) == []


def test_a_member_that_is_gone_for_good_keeps_the_others_from_no_room(person):
    person.world.machines["n3"].power_off()
    person.world.time.pass_time(60)
    filled(person)
    person.edit(services=MORE, nodes=person.config["nodes"][:2])
    script = person.next_script()
    person.up()
    assert [step for _, step in script.changes] == ["remove etcd member etcd-n3", "replace etcd", "replace etcd"]
    person.disarm()
    person.up()
    assert set(store_of(person).nodes) == {"n1", "n2"}


def test_nothing_else_than_up_goes_on_while_etcd_is_full(person):
    person.world.machines["n3"].power_off()
    filled(person)
    person.edit(services=MORE, nodes=person.config["nodes"][:2])
    with pytest.raises(PreflightError, match="full"):
        person.replace("n3")
    with pytest.raises(PreflightError, match="full"):
        person.upgrade(person.state.configuration["kubernetesVersion"])


@pytest.mark.parametrize(
    ("alarm", "free", "words"),
    [
        pytest.param("NOSPACE", 2 << 30, "its database has 2.0 GiB", id="still full"),
        pytest.param("CORRUPT", 0, "its data differ", id="data that differ"),
    ],
)
def test_an_alarm_stays_while_its_cause_is_there(person, alarm, free, words):
    alarmed(person, alarm)
    person.world.machines["n1"].etcd_free = free
    with pytest.raises(PreflightError) as caught:
        person.disarm()
    assert words in str(caught.value)
    assert len(person.alarms()) == 1


def test_without_a_cluster_there_is_nothing_to_look_at(operator):
    with pytest.raises(UsageError, match=r"there is no cluster\.rkestate"):
        operator(*ROLES).member_health()


@pytest.mark.parametrize(
    "way_out",
    [
        pytest.param(lambda person: person.delete_snapshot("monday"), id="a snapshot is deleted"),
        pytest.param(lambda person: person.restore("monday"), id="back to a snapshot"),
        pytest.param(lambda person: person.remove(), id="the cluster is removed"),
    ],
)
def test_ways_out_of_a_full_etcd_do_not_wait_for_a_lease_that_it_refuses(person, way_out):
    person.preload()
    person.snapshot("monday")
    alarmed(person, "NOSPACE")
    script = person.next_script()
    way_out(person)
    said = [event.problem.what for event in script.events if isinstance(event, Warned)]
    assert any("holds the lock of this folder alone" in what for what in said)

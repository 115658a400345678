"""etcd's members looked at and kept in shape: health, defragmenting one at a time, alarms."""

from __future__ import annotations

import pytest

from rke_py.errors import PreflightError, UsageError
from rke_py.progress import Warned
from tests.sim.expect import group_in_use
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

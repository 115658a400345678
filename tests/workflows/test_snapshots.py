"""Snapshots of etcd: asked for, and taken by ``up`` before what only a snapshot could undo."""

from __future__ import annotations

import pytest

from rke_py.errors import MembersFailed, RolloutFailed, UsageError
from tests.sim.calls import When
from tests.sim.expect import faults_of
from tests.sim.operator import SNAPSHOT

ROLES = ("ecw", "ecw", "ecw", "w")


def snapshots(person) -> dict[str, set[str]]:
    """Return which snapshots each machine has that has any."""
    machines = person.world.machines.values()
    return {m.name: {path.rpartition("/")[2] for path in m.snapshots} for m in machines if m.snapshots}


def test_every_member_has_it(running):
    person = running(*ROLES)
    assert person.snapshot("monday") == "monday"
    assert snapshots(person) == {name: {"monday"} for name in ("n1", "n2", "n3")}
    assert person.up().plan.empty


def test_without_a_name_it_gets_the_time(running):
    person = running("ecw")
    name = person.snapshot()
    assert name.startswith("snapshot_2")
    assert snapshots(person) == {"n1": {name}}


@pytest.mark.parametrize("name", ["../x", "a b", "-x", "monday.db", "monday.zip", "x" * 101])
def test_a_name_that_will_not_do_is_refused(running, name):
    with pytest.raises(UsageError, match="cannot be the name of a snapshot"):
        running("ecw").snapshot(name)


@pytest.mark.parametrize("damage", ["disk_full", "stopped", "off"])
def test_a_member_without_one_is_named_and_the_others_have_it(running, damage):
    person = running(*ROLES)
    machine = person.world.machines["n2"]
    match damage:
        case "disk_full":
            machine.disk_full = True
        case "stopped":
            machine.containers["etcd"].stop()
        case "off":
            machine.power_off()
    with pytest.raises(MembersFailed) as caught:
        person.snapshot("monday")
    assert caught.value.exit_code == 3
    assert [fault.where for fault in caught.value.failures] == ["n2"]
    assert snapshots(person) == {name: {"monday"} for name in ("n1", "n3")}


def test_where_no_member_has_it_that_is_a_failure(running):
    person = running("ecw")
    person.world.machines["n1"].disk_full = True
    with pytest.raises(RolloutFailed) as caught:
        person.snapshot("monday")
    assert caught.value.exit_code == 1


def test_before_the_first_up_there_is_nothing_to_take(operator):
    with pytest.raises(UsageError, match=r"there is no cluster\.rkestate"):
        operator("ecw").snapshot()


ETCD = {"etcd": {"extra_args": {"snapshot-count": "20000"}}}


@pytest.mark.parametrize(
    ("services", "taken"),
    [
        pytest.param(ETCD, True, id="an argument of etcd"),
        pytest.param({"kube-api": {"extra_args": {"v": "4"}}}, False, id="an argument of the API server"),
        pytest.param({"kubelet": {"extra_args": {"v": "4"}}}, False, id="an argument of the kubelet"),
    ],
)
def test_up_takes_one_before_what_only_a_snapshot_could_undo(running, services, taken):
    person = running(*ROLES)
    person.edit(services=services)
    script = person.next_script()
    person.up()
    steps = [step for _, step in script.started]
    assert set(snapshots(person)) == ({"n1", "n2", "n3"} if taken else set())
    assert not taken or steps[:3] == [SNAPSHOT] * 3
    assert faults_of(person) == []


def test_up_takes_one_before_the_api_servers_version_changes(running):
    person = running(*ROLES, kubernetes_version="v1.33.8")
    person.edit(kubernetes_version="v1.34.4")
    script = person.next_script()
    person.up()
    assert [step for _, step in script.started][:3] == [SNAPSHOT] * 3


def test_up_takes_none_for_a_label_nor_in_a_new_cluster(operator):
    person = operator(*ROLES)
    person.up()
    person.config["nodes"][3]["labels"] = {"disk": "fast"}
    person.write()
    person.up()
    assert snapshots(person) == {}


def test_a_snapshot_that_fails_stops_up_before_it_changes_anything(running):
    person = running(*ROLES)
    person.edit(services=ETCD)
    person.world.machines["n2"].disk_full = True
    script = person.next_script()
    with pytest.raises(RolloutFailed, match="failed: snapshots/n2"):
        person.up()
    assert {step for _, step in script.started} == {SNAPSHOT}
    assert faults_of(person) == []


def test_a_member_that_the_plan_mends_has_none_taken(running):
    person = running(*ROLES)
    person.edit(services=ETCD)
    person.world.machines["n2"].empty_etcd()
    person.up()
    assert set(snapshots(person)) == {"n1", "n3"}
    assert faults_of(person) == []


def test_the_automatic_ones_are_kept_by_count(running):
    person = running("ecw")
    for count in range(7):
        person.edit(services={"etcd": {"extra_args": {"snapshot-count": str(20000 + count)}}})
        person.world.time.pass_time(60)
        person.up()
    assert len(snapshots(person)["n1"]) == 5


@pytest.mark.parametrize("when", When)
def test_up_that_was_killed_while_one_was_taken_goes_on(running, when):
    person = running(*ROLES)
    person.edit(services=ETCD)
    assert person.killed_up(2, when)
    person.world.time.pass_time(1)
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty

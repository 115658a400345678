"""etcd of a cluster that RKE made, looked at and kept in shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from rke_py.errors import PreflightError, UsageError
from rke_py.workflows.adoption import adoption
from tests.sim.expect import faults_of, group_in_use
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator

MEMBERS = ("n1", "n2", "n3")


@pytest.fixture
def person(folder: Path) -> Operator:
    """The operator of a cluster as RKE left it."""
    return made_by_rke(folder, "ecw", "ecw", "ecw")


def test_its_etcd_is_known_from_the_first_run_on_and_no_other_is_taken_for_it(person: Operator) -> None:
    person.up()
    (group,) = person.world.groups
    assert person.state.etcd.cluster_id == group.id
    group.id = "beef"
    with pytest.raises(PreflightError) as caught:
        person.up()
    assert any("etcd's cluster id is beef" in problem.what for problem in caught.value.problems)


def test_members_tell_how_they_are(person: Operator) -> None:
    found = person.member_health()
    assert [(one.host, one.fault) for one in found] == [(host, "") for host in MEMBERS]
    assert sum(one.member is not None and one.member.leader for one in found) == 1


def test_they_are_defragmented_one_at_a_time_the_leader_last(person: Operator) -> None:
    leader = next(one.host for one in person.member_health() if one.member and one.member.leader)
    for host in MEMBERS:
        person.world.machines[host].etcd_free = 100 << 20
    person.defragment()
    assert person.script.started[-1][0] == leader
    assert [person.world.machines[host].etcd_free for host in MEMBERS] == [0, 0, 0]
    assert faults_of(person) == []


def test_a_member_whose_disk_was_emptied_is_removed_and_joins_again(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "ecw", "ecw", system_images={"etcd": "rancher/mirrored-coreos-etcd:v3.5.26"})
    there = person.world.machines["n2"]
    there.containers["etcd"].stop()
    there.empty_etcd()
    person.world.time.pass_time(60)
    person.up()
    assert ("n2", "join etcd") in person.script.started
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_a_quorum_that_is_lost_is_recovered_and_its_containers_stay_rkes(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "ecw", "ecw", system_images={"etcd": "rancher/mirrored-coreos-etcd:v3.5.26"})
    before = {name: person.world.machines["n1"].containers[name].spec for name in ("etcd", "kube-apiserver")}
    for name in ("n2", "n3"):
        person.world.machines[name].empty_etcd()
    person.world.time.pass_time(60)
    assert person.recover_etcd() == "n1"
    after = {name: person.world.machines["n1"].containers[name].spec for name in before}
    assert after == before
    person.up()
    person.world.time.pass_time(60)
    assert len(group_in_use(person).members) == 3
    assert faults_of(person) == []
    assert person.up().plan.empty


@pytest.fixture
def elsewhere(folder: Path) -> Operator:
    """The operator of a cluster whose members write their log to a disk of its own."""
    etcd = {"extra_args": {"wal-dir": "/wal"}, "extra_binds": ["/srv/wal:/wal"]}
    return made_by_rke(folder, "ecw", "ecw", "ecw", services={"etcd": etcd})


def test_members_with_a_folder_of_their_own_are_taken_over_and_saved_as_they_are(elsewhere: Operator) -> None:
    found = adoption(elsewhere.context())
    assert found.blocks == ()
    assert any("wal-dir" in str(problem) for problem in found.warnings)
    elsewhere.up()
    assert elsewhere.script.started == ()
    elsewhere.snapshot("now")
    with pytest.raises(PreflightError) as raised:
        elsewhere.restore("now")
    assert [problem.where for problem in raised.value.problems] == ["services.etcd.extra_args.wal-dir"]
    assert faults_of(elsewhere) == []


def test_one_of_them_that_is_not_well_is_not_made_anew_over_another_folder(elsewhere: Operator) -> None:
    there = elsewhere.world.machines["n2"]
    there.containers["etcd"].stop()
    there.empty_etcd()
    elsewhere.world.time.pass_time(60)
    with pytest.raises(PreflightError) as raised:
        elsewhere.up()
    assert "n2" in [problem.where for problem in raised.value.problems if not problem.warning]
    assert elsewhere.script.started == ()


def test_the_quorum_of_such_members_is_not_recovered(elsewhere: Operator) -> None:
    for name in ("n2", "n3"):
        elsewhere.world.machines[name].empty_etcd()
    with pytest.raises(UsageError, match="wal-dir"):
        elsewhere.recover_etcd()


@pytest.mark.parametrize("removed", [False, True], ids=["stand still", "were removed"])
def test_a_quorum_whose_members_all_stand_still_comes_back_in_one_run(person: Operator, removed: bool) -> None:
    person.up()
    for host in MEMBERS:
        there = person.world.machines[host]
        there.containers["etcd"].set_restart("no")
        there.containers["etcd"].stop()
        if removed:
            del there.containers["etcd"]
    person.world.time.pass_time(60)
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty

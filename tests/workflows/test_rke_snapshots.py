"""Snapshots of a cluster that RKE made: ours and those in RKE's archives, restored into members of RKE's shape."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from rke_py.errors import PreflightError, RestoreFailed, RolloutFailed, UsageError
from tests.sim.calls import When
from tests.sim.expect import faults_of, store_of
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator

MEMBERS = ("n1", "n2", "n3")
MARK = "what was written since"
THEIRS = "2026-11-02T09:00:00Z_etcd"
S3 = {"endpoint": "s3.example", "bucket_name": "b", "folder": "f", "access_key": "AK", "secret_key": "SK-secret"}
UNPACK = f"unpack and verify the snapshot {THEIRS}"


@pytest.fixture
def saved(folder: Path) -> Operator:
    """The operator of a cluster that RKE made, with a snapshot and something written since."""
    person = made_by_rke(folder, "ecw", "ecw", "ecw", "w")
    person.preload()
    person.snapshot("monday")
    store_of(person).writes.append(MARK)
    person.world.time.pass_time(3600)
    person.next_script()
    return person


def by_rke(person: Operator) -> None:
    """Let the snapshot be one that RKE's own program took: in an archive, without a manifest."""
    for name in MEMBERS:
        (kept,) = person.world.machines[name].snapshots.values()
        packed = replace(kept, archive=True, manifest={})
        person.world.machines[name].snapshots = {f"/opt/rke/etcd-snapshots/{THEIRS}": packed}


def restored(person: Operator) -> None:
    """Expect the data of the snapshot, on every member of one cluster, and nothing left to do."""
    assert MARK not in store_of(person).writes
    whole(person)


def whole(person: Operator) -> None:
    assert person.state.restore is None
    assert len({person.world.machines[name].etcd_data.group.id for name in MEMBERS}) == 1
    person.world.time.pass_time(60)
    assert faults_of(person) == []
    person.next_script()
    person.up()
    assert person.script.started == ()


def test_every_member_has_a_verified_one_which_is_listed_and_read_back(saved: Operator) -> None:
    found = saved.snapshots()
    assert sorted((copy.where, copy.name, copy.verified) for copy in found.copies) == [
        (host, "monday", True) for host in MEMBERS
    ]
    assert [(verdict.where, verdict.fault) for verdict in saved.verify("monday")] == [(host, "") for host in MEMBERS]


def test_the_cluster_is_as_it_was_then_without_having_been_taken_over(saved: Operator) -> None:
    before = {name: saved.world.machines[name].containers["etcd"].id for name in MEMBERS}
    saved.restore("monday")
    assert {name: saved.world.machines[name].containers["etcd"].id for name in MEMBERS} == before
    restored(saved)


@pytest.mark.parametrize("asked", [THEIRS, f"{THEIRS}.zip"])
def test_one_in_rkes_archives_is_unpacked_and_read_through_before_anything_stops(saved: Operator, asked: str) -> None:
    by_rke(saved)
    saved.restore(asked)
    steps = [step for _, step in saved.script.started]
    assert steps[:3] == [UNPACK] * 3
    assert "stop kube-apiserver" in steps
    restored(saved)


@pytest.mark.parametrize("ending", ["", ".zip"])
@pytest.mark.parametrize("kept", [False, True], ids=["only in S3", "on the members too"])
def test_one_in_s3_is_found_by_the_name_that_rke_gave_it(saved: Operator, ending: str, kept: bool) -> None:
    by_rke(saved)
    saved.edit(services={"etcd": {"backup_config": {"s3backupconfig": S3}}})
    saved.world.bucket = {THEIRS: next(iter(saved.world.machines["n1"].snapshots.values()))}
    for name in () if kept else MEMBERS:
        saved.world.machines[name].snapshots.clear()
    saved.restore(f"s3://b/f/{THEIRS}{ending}")
    assert UNPACK in [step for _, step in saved.script.started]
    assert MARK not in store_of(saved).writes


@pytest.mark.parametrize("name", ["..", "..zip", ".hidden.zip", "monday.json", ""])
def test_one_in_s3_has_a_name_that_stays_in_its_folder(saved: Operator, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a snapshot"):
        saved.restore(f"s3://b/f/{name}")


def test_archives_that_are_damaged_stop_it_before_anything_is_touched(saved: Operator) -> None:
    by_rke(saved)
    for name in MEMBERS:
        there = saved.world.machines[name]
        there.snapshots = {path: replace(kept, whole=False) for path, kept in there.snapshots.items()}
    with pytest.raises(RolloutFailed) as raised:
        saved.restore(THEIRS)
    assert "not a whole archive" in str(raised.value.failures[0].evidence)
    assert MARK in store_of(saved).writes
    whole(saved)


def packed(person: Operator, state: bytes | None = None) -> str:
    """Write a snapshot into an archive as RKE does, and return its path; no host has it any more."""
    (kept,) = person.world.machines["n1"].snapshots.values()
    path = person.folder / f"{THEIRS}.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr(f"/backup/{THEIRS}", kept.content)
        if state is not None:
            archive.writestr(f"/etc/kubernetes/{THEIRS}.rkestate", state)
    for name in MEMBERS:
        person.world.machines[name].snapshots.clear()
    return str(path)


def test_an_archive_of_the_operators_own_is_restored(saved: Operator) -> None:
    saved.restore(packed(saved))
    restored(saved)


def test_the_state_in_an_archive_of_the_operators_own_is_taken_when_there_is_none(saved: Operator) -> None:
    lineage, path = saved.state.lineage, saved.folder / "cluster.rkestate"
    archive = packed(saved, path.read_bytes())
    path.unlink()
    saved.restore(archive)
    assert saved.state.lineage == lineage
    restored(saved)


@pytest.mark.parametrize("cut", [40, 150])
def test_an_archive_of_the_operators_own_that_is_damaged_stops_it_before_anything_is_touched(
    saved: Operator, cut: int
) -> None:
    path = Path(packed(saved))
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(UsageError, match="is not a whole archive of RKE's"):
        saved.restore(str(path))
    assert MARK in store_of(saved).writes


def test_an_archive_with_a_database_that_is_not_whole_stops_it_before_anything_is_touched(saved: Operator) -> None:
    path = saved.folder / "mine.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("/backup/mine", b"half a database")
    with pytest.raises(UsageError, match="is not a whole snapshot of etcd"):
        saved.restore(str(path))


def test_one_that_is_killed_is_finished_by_the_same_command(saved: Operator) -> None:
    by_rke(saved)
    for number, when in ((2, When.AFTER), (8, When.BEFORE), (9, When.AFTER), (10, When.BEFORE)):
        assert saved.killed(lambda: saved.restore(THEIRS), number, when)
    saved.restore(THEIRS)
    restored(saved)


def test_one_that_does_not_become_healthy_is_taken_back(saved: Operator) -> None:
    sick = [lambda c: "panic" if c.spec.name == "etcd" and c.machine.replaced else ""]
    saved.world.faults.on_start += sick
    with pytest.raises(RestoreFailed, match="the old data are back"):
        saved.restore("monday")
    saved.world.faults.on_start.clear()
    assert MARK in store_of(saved).writes
    whole(saved)


def of_then(person: Operator, state: bytes | None) -> None:
    """Let RKE's archives hold a state, and none lie beside cluster.yml."""
    by_rke(person)
    for name in MEMBERS:
        there = person.world.machines[name]
        there.snapshots = {path: replace(kept, state=state) for path, kept in there.snapshots.items()}
    (person.folder / "cluster.rkestate").unlink()


def test_the_state_in_rkes_archive_is_taken_when_there_is_none_and_needs_no_key(saved: Operator) -> None:
    lineage, authority = saved.state.lineage, saved.state.bundle["kube-ca"]
    of_then(saved, (saved.folder / "cluster.rkestate").read_bytes())
    saved.restore(THEIRS)
    assert (saved.state.lineage, saved.state.bundle["kube-ca"]) == (lineage, authority)
    restored(saved)


def test_the_state_of_another_cluster_in_the_archive_stops_it_before_anything_is_touched(
    saved: Operator, tmp_path: Path
) -> None:
    made_by_rke(tmp_path, "ecw", cluster_name="another")
    of_then(saved, (tmp_path / "cluster.rkestate").read_bytes())
    with pytest.raises(PreflightError) as raised:
        saved.restore(THEIRS)
    assert {problem.where for problem in raised.value.problems if "is not this cluster's" in problem.what} >= {*MEMBERS}
    assert MARK in store_of(saved).writes
    assert not saved.has_state


def test_without_a_state_in_the_archive_the_way_to_one_is_said(saved: Operator) -> None:
    of_then(saved, None)
    with pytest.raises(UsageError, match="none beside the snapshot either") as raised:
        saved.restore(THEIRS)
    assert "rke-py state recover" in (raised.value.hint or "")


def test_without_a_state_hosts_that_could_not_be_asked_for_one_are_named(saved: Operator) -> None:
    of_then(saved, None)
    saved.world.machines[MEMBERS[0]].power_off()
    with pytest.raises(UsageError, match="on the hosts that could be asked") as raised:
        saved.restore(THEIRS)
    assert [line.split(":")[0] for line in raised.value.evidence] == [MEMBERS[0]]


@pytest.mark.parametrize("lost", [False, True], ids=["their data are there", "their data are lost"])
def test_a_cluster_whose_certificates_have_ended_comes_back_from_rkes_snapshot(folder: Path, lost: bool) -> None:
    saved = with_ended_certificates(folder)
    for name in MEMBERS if lost else ():
        saved.world.machines[name].etcd_data = None
    saved.restore(THEIRS)
    restored(saved)
    admin = saved.state.bundle["kube-admin"].certificate
    assert b64encode(admin.encode()) in saved.files()["kube_config_cluster.yml"]


def test_a_restore_with_ended_certificates_that_is_killed_is_finished_by_the_same_command(folder: Path) -> None:
    saved = with_ended_certificates(folder)
    for number in (3, 6, 9, 12, 15):
        saved.killed(lambda: saved.restore(THEIRS), number, When.AFTER)
        saved.next_script()
    saved.restore(THEIRS)
    restored(saved)


def with_ended_certificates(folder: Path) -> Operator:
    """Return the operator of a cluster that RKE made and saved, a year and more ago, whose hosts started anew."""
    person = made_by_rke(folder, "ecw", "ec", "e", "w")
    person.preload()
    person.snapshot("monday")
    by_rke(person)
    store_of(person).writes.append(MARK)
    person.world.time.pass_time(400 * 86400)
    for machine in person.world.machines.values():
        machine.reboot()
    person.next_script()
    return person

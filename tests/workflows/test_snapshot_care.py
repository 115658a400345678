"""Snapshots that were taken: listed, verified, copied to S3, deleted, and the oldest of them dropped."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from threading import Event

import pytest

from rke_py.errors import ConsentMissing, Interrupted, MembersFailed, RkeError, RolloutFailed, UsageError

ROLES = ("ecw", "ecw", "ecw", "w")
FOLDER = "/opt/rke/etcd-snapshots"
S3 = {"endpoint": "s3.example", "bucket_name": "b", "access_key": "AK", "secret_key": "SK-secret"}
WITH_S3 = {"etcd": {"backup_config": {"retention": 2, "s3backupconfig": S3}}}


def places(person, name: str) -> list[str]:
    return [copy.where for copy in person.snapshots().copies if copy.name == name]


def damage(person, host: str, name: str) -> None:
    kept = person.world.machines[host].snapshots
    kept[f"{FOLDER}/{name}"] = replace(kept[f"{FOLDER}/{name}"], whole=False)


def test_the_list_says_who_has_which(running):
    person = running(*ROLES)
    person.snapshot("monday")
    del person.world.machines["n2"].snapshots[f"{FOLDER}/monday"]
    person.world.time.pass_time(60)
    person.snapshot("tuesday")
    found = person.snapshots()
    assert found.names == ("monday", "tuesday")
    assert places(person, "monday") == ["n1", "n3"]
    assert all(copy.verified and copy.lineage == person.state.lineage for copy in found.copies)
    assert found.silent == {}


def test_a_member_that_does_not_answer_is_named_and_the_others_are_listed(running):
    person = running(*ROLES)
    person.snapshot("monday")
    person.world.machines["n1"].power_off()
    found = person.snapshots()
    assert [copy.where for copy in found.copies] == ["n2", "n3"]
    assert found.silent.keys() == {"n1"}


def test_where_nobody_answers_there_is_no_list(running):
    person = running("ecw")
    person.world.machines["n1"].power_off()
    with pytest.raises(RolloutFailed, match="no etcd host could be asked"):
        person.snapshots()


def test_what_was_downloaded_is_listed(running):
    person = running("ecw")
    folder = person.folder / "snapshots-of-a-test"
    folder.mkdir()
    try:
        folder.rename(person.context().snapshots_path)
        there = person.context().snapshots_path
        (there / "monday.db").write_bytes(b"data")
        (there / "monday.json").write_text(json.dumps({"size": 4, "lineage": "l", "time": "2026-11-01T00:00:00+00:00"}))
        (copy,) = person.snapshots().copies
        assert (copy.name, copy.where, copy.verified) == ("monday", "local", True)
    finally:
        for path in person.context().snapshots_path.iterdir():
            path.unlink()
        person.context().snapshots_path.rmdir()


def test_a_link_that_leads_nowhere_is_no_snapshot(running):
    person = running("ecw")
    person.snapshot("monday")
    there = person.context().snapshots_path
    there.mkdir()
    try:
        (there / "sunday.db").symlink_to("moved-away.db")
        assert [copy.name for copy in person.snapshots().copies] == ["monday"]
    finally:
        shutil.rmtree(there)


def test_every_copy_is_verified_where_it_lies(running):
    person = running(*ROLES)
    person.snapshot("monday")
    damage(person, "n2", "monday")
    faults = {one.where: one.fault for one in person.verify()}
    assert faults == {"n1": "", "n2": "the snapshot is not whole", "n3": ""}
    assert [one.served_keys for one in person.verify("monday", deep=True)] == [10, None, 10]


def test_one_that_is_not_there_cannot_be_verified_or_deleted(running):
    person = running("ecw")
    with pytest.raises(UsageError, match="there is no snapshot of this cluster"):
        person.verify()
    with pytest.raises(UsageError, match="there is no snapshot sunday"):
        person.verify("sunday")
    with pytest.raises(UsageError, match="there is no snapshot sunday"):
        person.delete_snapshot("sunday")


@pytest.mark.parametrize("silent", ["n2", "s3"])
def test_a_place_that_could_not_be_asked_is_not_passed_over(running, silent):
    person = running(*ROLES, services=WITH_S3)
    person.snapshot("monday")
    silenced(person, silent)
    verdicts = {one.where: one for one in person.verify("monday")}
    assert [where for where, one in verdicts.items() if one.fault] == [silent]
    assert verdicts[silent].silent


def test_what_could_not_be_asked_is_said_where_there_is_no_snapshot(running):
    person = running(*ROLES, services=WITH_S3)
    person.world.bucket = None
    with pytest.raises(UsageError, match="there is no snapshot monday") as caught:
        person.verify("monday")
    assert caught.value.evidence == ("s3 could not be asked: s3://bucket: cannot list: Connection refused",)


def test_one_member_copies_what_was_asked_for_to_s3(running):
    person = running(*ROLES, services=WITH_S3)
    person.snapshot("monday")
    assert places(person, "monday") == ["n1", "n2", "n3", "s3"]
    assert [one.where for one in person.verify("monday")] == ["n1", "n2", "n3", "s3"]


def test_the_next_member_copies_it_where_the_first_does_not_reach_s3(running):
    person = running(*ROLES, services=WITH_S3)
    person.world.without_s3 = {"n1", "n2"}
    person.snapshot("monday")
    assert person.world.bucket.keys() == {"monday"}


def test_one_that_is_not_in_s3_is_said(running):
    person = running(*ROLES, services=WITH_S3)
    person.world.bucket = None
    with pytest.raises(MembersFailed) as caught:
        person.snapshot("monday")
    assert caught.value.exit_code == 3
    assert len(caught.value.failures) == 1
    assert "SK-secret" not in str([fault.evidence for fault in caught.value.failures])


def test_a_copy_that_was_stopped_before_it_began_is_not_said_to_be_done(running):
    person = running(*ROLES, services=WITH_S3)
    asked = Event()
    person.stops = asked.is_set
    person.world.calls.on(lambda call: call.verb == "release", asked.set)
    with pytest.raises(Interrupted, match="every member has the snapshot monday, and S3 has not"):
        person.snapshot("monday")
    assert person.world.bucket == {}


def test_no_key_of_s3_is_in_a_plan_or_a_container(running):
    person = running(*ROLES, services=WITH_S3)
    person.snapshot("monday")
    assert "SK-secret" not in repr(person.world.calls.log)
    assert "SK-secret" not in (person.folder / "cluster.rkestate.journal").read_text()


def test_one_is_deleted_everywhere_once_it_is_agreed_to(running):
    person = running(*ROLES, services=WITH_S3)
    for name in ("monday", "monday-2"):
        person.snapshot(name)
    person.agrees = False
    with pytest.raises(ConsentMissing):
        person.delete_snapshot("monday")
    person.agrees = True
    person.delete_snapshot("monday")
    assert places(person, "monday") == []
    assert places(person, "monday-2") == ["n1", "n2", "n3", "s3"]
    assert "gone for good: n1, n2, n3, s3" in person.asked[-1]


def test_another_clusters_of_that_name_stays(running):
    person = running(*ROLES, services=WITH_S3)
    person.snapshot("monday")
    theirs = person.world.bucket["monday"]
    person.world.bucket["monday"] = replace(theirs, manifest={**theirs.manifest, "lineage": "another"})
    person.delete_snapshot("monday")
    assert places(person, "monday") == ["s3"]
    assert "another cluster's of that name stays: s3" in person.asked
    with pytest.raises(UsageError, match="is another cluster's: s3"):
        person.delete_snapshot("monday")


def test_a_download_that_is_not_whole_leaves_what_was_there(emptied):
    person = emptied("ecw")
    person.snapshot("monday")
    path = person.download("monday")
    good, there = path.read_bytes(), sorted(path.parent.iterdir())
    kept = person.world.machines["n1"].snapshots
    rotten = kept[f"{FOLDER}/monday"]
    kept[f"{FOLDER}/monday"] = replace(rotten, content=bytes([rotten.content[0] ^ 1]) + rotten.content[1:])
    with pytest.raises(RkeError):
        person.download("monday")
    assert path.read_bytes() == good
    assert sorted(path.parent.iterdir()) == there
    assert not any("part" in found.name for found in there)


def test_where_nothing_can_be_written_a_download_says_so(running):
    person = running("ecw")
    person.snapshot("monday")
    person.context().snapshots_path.touch()
    with pytest.raises(RkeError, match="cannot be written: File exists") as caught:
        person.download("monday")
    assert caught.value.where == str(person.context().snapshots_path)


def silenced(person, place: str) -> None:
    if place == "s3":
        person.world.bucket = None
    else:
        person.world.machines[place].power_off()


@pytest.mark.parametrize("silent", ["n2", "s3"])
def test_deleting_fails_where_a_place_may_have_it_still_and_deletes_the_others(running, silent):
    person = running(*ROLES, services=WITH_S3)
    person.snapshot("monday")
    bucket = person.world.bucket
    silenced(person, silent)
    with pytest.raises(RolloutFailed, match=f"not done in every place, and done in the others: {silent}$") as caught:
        person.delete_snapshot("monday")
    assert caught.value.exit_code == 1
    assert f"could not be asked, and may have it still: {silent}" in person.asked
    person.world.bucket = bucket
    assert places(person, "monday") == (["s3"] if silent == "s3" else [])


@pytest.mark.parametrize("silent", ["n2", "s3"])
def test_pruning_fails_where_a_place_could_not_be_asked_and_prunes_the_others(running, silent):
    person = running(*ROLES, services=WITH_S3)
    for name in ("day-1", "day-2", "day-3"):
        person.snapshot(name)
        person.world.time.pass_time(60)
    bucket = person.world.bucket
    silenced(person, silent)
    with pytest.raises(RolloutFailed, match=f"done in the others: {silent}$"):
        person.prune(every=True)
    person.world.bucket = bucket
    assert places(person, "day-1") == (["s3"] if silent == "s3" else [])


def test_the_last_good_one_is_named_before_it_goes(running):
    person = running("ecw")
    person.snapshot("monday")
    person.delete_snapshot("monday")
    assert person.asked[-1] == "it is the last one of this cluster that is verified"


def test_old_ones_go_by_count_and_those_that_were_asked_for_only_with_all(running):
    person = running("ecw", services=WITH_S3)
    for name in ("day-1", "day-2", "day-3"):
        person.snapshot(name)
        person.world.time.pass_time(60)
    person.prune()
    assert person.snapshots().names == ("day-1", "day-2", "day-3")
    damage(person, "n1", "day-3")
    person.prune(every=True)
    here = [copy.name for copy in person.snapshots().copies if copy.where == "n1"]
    assert here == ["day-1", "day-2", "day-3"], "the damaged one pushes none out"
    assert person.world.bucket.keys() == {"day-2", "day-3"}
    with pytest.raises(UsageError, match="at least one"):
        person.prune(0)


@pytest.fixture
def emptied(running):
    """A function like `running`; what it made is given back without downloads."""
    made = []

    def make(*roles, **config):
        made.append(running(*roles, **config))
        return made[-1]

    yield make
    for person in made:
        shutil.rmtree(person.context().snapshots_path, ignore_errors=True)


def test_one_is_downloaded_from_a_member_whose_copy_is_whole(emptied):
    person = emptied(*ROLES)
    person.snapshot("monday")
    damage(person, "n1", "monday")
    path = person.download("monday")
    assert path.read_bytes() == person.world.machines["n2"].snapshots[f"{FOLDER}/monday"].content
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="there is no snapshot sunday"):
        person.download("sunday")


def test_one_that_is_only_in_s3_is_brought_through_a_member(emptied):
    person = emptied(*ROLES, services=WITH_S3)
    person.snapshot("monday")
    for machine in person.world.machines.values():
        machine.snapshots.clear()
    assert person.download("monday").name == "monday.db"
    assert places(person, "monday") == ["n1", "s3", "local"]


def test_a_damaged_one_on_the_first_member_does_not_keep_the_one_in_s3_from_coming(emptied):
    person = emptied(*ROLES, services=WITH_S3)
    person.snapshot("monday")
    for host in ("n1", "n2", "n3"):
        damage(person, host, "monday")
    path = person.download("monday")
    assert path.read_bytes() == person.world.bucket["monday"].content
    assert {one.where: one.fault for one in person.verify("monday")}["n1"] == ""


@pytest.mark.parametrize("fault", ["it has no room", "it does not reach S3"])
def test_another_member_brings_what_the_first_one_cannot(emptied, fault):
    person = emptied(*ROLES, services=WITH_S3)
    person.snapshot("monday")
    for machine in person.world.machines.values():
        machine.snapshots.clear()
    person.world.machines["n1"].disk_full = fault == "it has no room"
    person.world.without_s3 = {"n1"} if fault == "it does not reach S3" else set()
    assert person.download("monday").name == "monday.db"
    assert places(person, "monday") == ["n2", "s3", "local"]


def test_what_no_member_can_bring_is_said_of_each(emptied):
    person = emptied(*ROLES, services=WITH_S3)
    person.snapshot("monday")
    for machine in person.world.machines.values():
        machine.snapshots.clear()
        machine.disk_full = True
    with pytest.raises(RolloutFailed) as caught:
        person.download("monday")
    assert [fault.where for fault in caught.value.failures] == ["n1", "n2", "n3"]


def test_one_member_that_reaches_s3_is_enough_for_all_that_is_done_there(running):
    person = running(*ROLES, services=WITH_S3)
    for name in ("day-1", "day-2", "day-3"):
        person.snapshot(name)
        person.world.time.pass_time(60)
    person.world.without_s3 = {"n1"}
    assert places(person, "day-3") == ["n1", "n2", "n3", "s3"]
    assert [one.fault for one in person.verify("day-3") if one.where == "s3"] == [""]
    person.prune(every=True)
    assert person.world.bucket.keys() == {"day-2", "day-3"}
    person.delete_snapshot("day-3")
    assert person.world.bucket.keys() == {"day-2"}


def test_a_run_beside_a_download_leaves_its_window_alone(emptied):
    person = emptied("ecw", "w")
    person.snapshot("monday")
    plans = []

    def plan_meanwhile() -> None:
        plans.append(person.plan())

    person.world.calls.on(lambda call: call.verb == "read_large" and not plans, plan_meanwhile)
    assert person.download("monday").name == "monday.db"
    (plan,) = plans
    assert plan.empty

"""A snapshot restored on every member: what stops it before anything is touched, what it does, and every way to die."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from pydantic import SecretStr

from rke_py.cluster.backup_model import S3
from rke_py.errors import (
    ConsentMissing,
    EngineError,
    PreflightError,
    RestoreFailed,
    RolloutFailed,
    StateError,
    UsageError,
)
from rke_py.progress import Note, StepStarted
from rke_py.workflows.restore import restore_snapshot
from tests.sim.calls import When
from tests.sim.expect import faults_of, group_in_use, store_of
from tests.sim.operator import Operator, node
from tests.sim.restoring import content_of, digest_of

ROLES = ("ecw", "ecw", "ecw", "w")
MEMBERS = ("n1", "n2", "n3")
MARK = "what was written since"
SEED = 20261126
ENOUGH = 10_000


@pytest.fixture
def saved(running) -> Operator:
    """The operator of a cluster with a snapshot, and something written since."""
    person = running(*ROLES)
    person.preload()
    person.snapshot("monday")
    store_of(person).writes.append(MARK)
    person.world.time.pass_time(3600)
    return person


def is_old(person: Operator) -> bool:
    """Tell whether the cluster has the data from before the restore."""
    return MARK in store_of(person).writes


def assert_restored(person: Operator) -> None:
    assert not is_old(person)
    assert_whole(person)


def assert_whole(person: Operator) -> None:
    """Assert that the cluster works, all members have data of one cluster, and nothing is left to do."""
    assert person.state.restore is None
    groups = {person.world.machines[name].etcd_data.group.id for name in MEMBERS}
    assert len(groups) == 1
    person.world.time.pass_time(60)
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_the_cluster_is_as_it_was_then(saved):
    saved.restore("monday")
    assert_restored(saved)
    assert saved.state.etcd.cluster_id == saved.world.machines["n1"].etcd_data.group.id


def test_certificates_that_have_ended_are_brought_anew(saved):
    saved.world.time.pass_time(400 * 86400)
    for machine in saved.world.machines.values():
        machine.reboot()
    saved.restore("monday")
    assert not is_old(saved)
    assert faults_of(saved) == []
    saved.up()
    assert_restored(saved)


def test_every_member_begins_with_the_same_file(saved):
    script = saved.next_script()
    saved.restore("monday")
    brought = [host for host, step in script.started if step == "bring the snapshot monday"]
    assert sorted(brought) == ["n2", "n3"]


def test_nothing_is_stopped_before_all_data_are_prepared(saved):
    script = saved.next_script()
    saved.restore("monday")
    steps = [step for _, step in script.started]
    assert steps.index("stop kube-apiserver") > max(i for i, step in enumerate(steps) if step.startswith("prepare"))


def test_members_do_not_wait_for_one_another(saved):
    """One that starts beside others which do not serve yet would wait 15 s for each."""
    saved.restore("monday")
    assert not any(saved.world.machines[name].containers["etcd"].waits for name in MEMBERS)


@pytest.mark.thorough
def test_the_data_of_the_last_two_restores_are_kept(saved):
    for count in range(4):
        saved.restore("monday")
        assert len(saved.world.machines["n1"].replaced) == min(count + 1, 2)
        saved.world.time.pass_time(60)
    assert saved.state.etcd.restores == 4


def test_a_snapshot_of_one_member_is_enough(saved):
    for name in ("n1", "n3"):
        saved.world.machines[name].snapshots.clear()
    saved.restore("monday")
    assert_restored(saved)


def test_a_file_of_the_operators_own(saved, folder):
    (kept,) = saved.world.machines["n2"].snapshots.values()
    (folder / "mine.db").write_bytes(kept.content)
    saved.restore(str(folder / "mine.db"))
    assert_restored(saved)


@pytest.mark.parametrize("back", [False, True])
def test_a_file_that_is_gone_by_then_does_not_keep_a_restore_half_done(saved, folder, back):
    (kept,) = saved.world.machines["n2"].snapshots.values()
    mine = folder / "mine.db"
    mine.write_bytes(kept.content)
    assert saved.killed(lambda: saved.restore(str(mine)), 14, When.AFTER)
    mine.unlink()
    saved.restore(str(mine), back=back)
    assert is_old(saved) is back
    assert_whole(saved)


def test_a_file_that_is_not_whole_is_refused(saved, folder):
    (kept,) = saved.world.machines["n2"].snapshots.values()
    (folder / "mine.db").write_bytes(kept.content[:-1])
    with pytest.raises(UsageError, match="not a whole snapshot"):
        saved.restore(str(folder / "mine.db"))


def test_nobody_else_begins_a_change_while_the_operator_thinks_it_over(saved):
    held = []

    def agree(*_: object) -> bool:
        held.append(store_of(saved).held is not None)
        return True

    restore_snapshot(replace(saved.context(), consent=agree), "monday")
    assert held == [True]
    assert_restored(saved)


def test_nor_while_the_data_are_prepared(saved):
    held = []
    script = saved.next_script()
    script.at(
        lambda event, _: isinstance(event, StepStarted) and event.step.startswith(("bring", "prepare")),
        lambda: held.append(store_of(saved).held is not None),
    )
    saved.restore("monday")
    assert len(held) == 5
    assert all(held)


def test_what_goes_back_in_time_is_asked_for(saved):
    saved.agrees = False
    with pytest.raises(ConsentMissing):
        saved.restore("monday")
    assert any("1 hour" in cost or "60 minutes" in cost for cost in saved.asked)
    assert is_old(saved)
    assert_whole(saved)


def test_what_is_going_to_be_done_is_shown_before_the_question(saved):
    saved.agrees = False
    script = saved.next_script()
    with pytest.raises(ConsentMissing):
        saved.restore("monday")
    snapshot, onto, order, *_ = (event.text for event in script.events if isinstance(event, Note))
    kept = saved.world.machines["n1"].snapshots["/opt/rke/etcd-snapshots/monday"]
    assert snapshot.startswith("the snapshot monday from n1: ")
    assert f"revision {kept.manifest['revision']}, taken 2026-" in snapshot
    assert onto.startswith("its data go to n1, n2, n3")
    assert order.startswith(
        "in this order: bring the snapshot, prepare data, stop control plane, stop etcd, exchange data"
    )


def _absent(person: Operator) -> None:
    for machine in person.world.machines.values():
        machine.snapshots.clear()


def _damaged(person: Operator) -> None:
    from dataclasses import replace

    for machine in person.world.machines.values():
        machine.snapshots = {path: replace(kept, whole=False) for path, kept in machine.snapshots.items()}


def _told(**told: object):
    def change(person: Operator) -> None:
        from dataclasses import replace

        for machine in person.world.machines.values():
            machine.snapshots = {
                path: replace(kept, manifest={**kept.manifest, **told}) for path, kept in machine.snapshots.items()
            }

    return change


def _full(person: Operator) -> None:
    person.world.machines["n3"].disk_full = True


def _off(person: Operator) -> None:
    person.world.machines["n2"].power_off()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(_absent, "no member has a snapshot monday", id="absent"),
        pytest.param(_damaged, "the snapshot is not whole", id="damaged"),
        pytest.param(_told(lineage="other"), "of another cluster", id="another cluster's"),
        pytest.param(_told(kubernetes="v1.99.0"), "of Kubernetes v1.99.0", id="newer Kubernetes"),
        pytest.param(_told(kubernetes="v1.20.0"), "of Kubernetes v1.20.0", id="much older Kubernetes"),
        pytest.param(_told(etcd="3.9.0"), "of etcd 3.9.0", id="newer etcd"),
        pytest.param(
            _told(encryption_keys=["k-gone"], encrypted=None),
            "keys that the state does not have: k-gone",
            id="keys that are gone",
        ),
        pytest.param(
            _told(encrypted={"secrets": ["k8s:enc:aescbc:v1:k-gone:"]}),
            "keys that the state does not have: aescbc k-gone",
            id="a key of another provider that is gone",
        ),
        pytest.param(_full, "0 MiB are free", id="no room"),
        pytest.param(_off, "does not answer", id="a member that is off"),
    ],
)
def test_what_speaks_against_it_is_found_before_anything_is_touched(saved, damage, words):
    damage(saved)
    script = saved.next_script()
    with pytest.raises(PreflightError) as caught:
        saved.restore("monday")
    assert words in str(caught.value)
    assert script.started == ()
    assert not saved.asked


def test_what_there_is_instead_is_shown_by_a_command_of_ours(saved):
    with pytest.raises(PreflightError) as caught:
        saved.restore("tuesday")
    assert "rke-py etcd snapshot list" in caught.value.problems[0].hint


def test_data_that_do_not_become_healthy_are_taken_back(saved):
    in_place = saved.world.machines["n2"].replaced
    saved.world.faults.on_start.append(
        lambda container: "panic" if container.spec.name == "etcd" and container.machine.replaced and in_place else ""
    )
    with pytest.raises(RestoreFailed, match="the old data are back"):
        saved.restore("monday")
    assert is_old(saved)
    assert_whole(saved)
    assert not saved.world.machines["n1"].replaced


def test_a_member_that_cannot_prepare_costs_nothing(saved):
    saved.world.calls.on(
        lambda call: call.verb == "run" and call.name == "prepare-restore" and call.host == "n3",
        lambda: setattr(saved.world.machines["n3"], "disk_full", True),
    )
    script = saved.next_script()
    with pytest.raises(
        RestoreFailed, match="could not be prepared on every member, so nothing was exchanged; the old data"
    ):
        saved.restore("monday")
    saved.world.machines["n3"].disk_full = False
    assert not [step for _, step in script.started if step.startswith("stop")]
    assert is_old(saved)
    assert_whole(saved)


def seeded(count: int, most: int) -> list[int]:
    return sorted(random.Random(SEED).sample(range(1, most + 1), count))


def killed(person: Operator, step: int, when: When) -> bool:
    return person.killed(lambda: person.restore("monday"), step, when)


def finished(person: Operator, *, back: bool) -> None:
    """Do what the next run has to do, either way; a run that was killed before it wrote anything left nothing."""
    person.world.time.pass_time(1)
    if person.state.restore is None:
        assert_whole(person)
        return
    can_go_back = person.state.restore.phase != "reached"
    if can_go_back:
        with pytest.raises(PreflightError):
            person.up()
    person.restore("monday", back=back and can_go_back)
    assert is_old(person) is (back and can_go_back)
    assert_whole(person)


@pytest.mark.thorough
@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("step", seeded(3, 45))
def test_killed_at_a_step_the_next_run_has_the_old_or_the_new(saved, step, when, back):
    assert killed(saved, step, when)
    finished(saved, back=back)


@pytest.mark.thorough
@pytest.mark.parametrize("step", seeded(2, 30))
def test_killed_and_every_host_rebooted(saved, step):
    assert killed(saved, step, When.AFTER)
    for machine in saved.world.machines.values():
        machine.reboot()
    finished(saved, back=False)


@pytest.mark.long
@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("reboot", [False, True])
@pytest.mark.parametrize("when", When)
def test_killed_at_every_step(saved, when, reboot, back):
    for step in range(1, ENOUGH):
        person = Operator(world=saved.world.copy(), folder=saved.folder, config=saved.config)
        files = saved.files()
        got_there = killed(person, step, when)
        if got_there and reboot:
            for machine in person.world.machines.values():
                machine.reboot()
        if got_there:
            finished(person, back=back)
        for path in saved.folder.iterdir():
            path.unlink()
        for name, content in files.items():
            (saved.folder / name).write_bytes(content)
            (saved.folder / name).chmod(0o600)
        if not got_there:
            return


@pytest.fixture
def half_done(saved) -> Operator:
    """The operator of a cluster whose restore was killed with the control plane stopped, and whose n3 died then."""
    assert killed(saved, 14, When.AFTER)
    saved.world.machines["n3"].power_off()
    return saved


def test_what_an_earlier_run_left_is_not_called_untouched(half_done):
    with pytest.raises(PreflightError, match="this run touched nothing, but a restore of monday was begun") as caught:
        half_done.restore("monday")
    assert "--put-back" in caught.value.hint
    assert "take it out of cluster.yml" in caught.value.problems[0].hint
    assert "--put-back" in caught.value.problems[0].hint


def test_a_host_that_keeps_the_old_data_from_coming_back_is_named(half_done):
    with pytest.raises(RestoreFailed, match="not back yet") as caught:
        half_done.restore("monday", back=True)
    assert [fault.where for fault in caught.value.failures] == ["n3"]


def test_without_a_host_that_is_gone_for_good_the_old_data_come_back(half_done):
    del half_done.config["nodes"][2]
    half_done.write()
    half_done.restore("monday", back=True)
    assert half_done.state.restore is None
    assert is_old(half_done)
    assert half_done.world.machines["n1"].running("kube-apiserver")


def test_the_checksum_is_the_files_own(saved):
    kept = next(iter(saved.world.machines["n1"].snapshots.values()))
    assert kept.manifest["sha256"] == digest_of(kept.content)


def test_onto_fewer_members_than_before(saved):
    saved.config["nodes"] = [saved.config["nodes"][0], saved.config["nodes"][3]]
    saved.write()
    for name in ("n2", "n3"):
        saved.world.machines[name].power_off()
    saved.restore("monday")
    saved.up()
    assert not is_old(saved)
    assert [member.name for member in group_in_use(saved).members.values()] == ["etcd-n1"]
    saved.world.time.pass_time(60)
    assert faults_of(saved) == []


def test_hosts_that_leave_serve_the_old_data_no_more(saved):
    saved.config["nodes"] = [saved.config["nodes"][0], saved.config["nodes"][3]]
    saved.write()
    saved.restore("monday")
    assert not saved.world.machines["n2"].running("kube-apiserver")
    assert not saved.world.machines["n3"].running("etcd")
    saved.up()
    saved.world.time.pass_time(60)
    assert faults_of(saved) == []


def test_onto_more_members_than_before(running):
    person = running("ecw", "w", "w")
    person.preload()
    person.snapshot("monday")
    store_of(person).writes.append(MARK)
    for number in (1, 2):
        person.config["nodes"][number]["role"] = ["etcd", "controlplane", "worker"]
    person.write()
    person.restore("monday")
    person.up()
    assert len(group_in_use(person).members) == 3
    assert not is_old(person)
    person.world.time.pass_time(60)
    assert faults_of(person) == []


def test_onto_new_hosts_when_all_old_ones_are_gone(operator, folder):
    person = operator("ecw", "ecw", "ecw", "", "", "")
    person.up()
    person.preload()
    person.snapshot("monday")
    kept = person.world.machines["n2"].snapshots.popitem()[1]
    (folder / "monday.db").write_bytes(kept.content)
    (folder / "monday.json").write_text(json.dumps(kept.manifest))
    store_of(person).writes.append(MARK)
    for name in ("n1", "n2", "n3"):
        person.world.machines[name].power_off()
    person.config["nodes"] = [node(number, "ecw") for number in (4, 5, 6)]
    person.write()
    authority = person.state.bundle["kube-ca"]
    person.restore(str(folder / "monday.db"))
    person.up()
    person.up()  # the old hosts leave once there is an API server to tell
    assert person.state.bundle["kube-ca"] == authority
    assert not is_old(person)
    assert {member.name for member in group_in_use(person).members.values()} == {"etcd-n4", "etcd-n5", "etcd-n6"}
    person.world.time.pass_time(60)
    assert faults_of(person) == []


def test_with_the_state_from_the_snapshot_when_the_local_one_is_lost(running, folder):
    person = running(*ROLES)
    person.preload()
    person.state_key = SecretStr("a state key")
    person.snapshot("monday")
    store_of(person).writes.append(MARK)
    authority, lineage = person.state.bundle["kube-ca"], person.state.lineage
    (folder / "cluster.rkestate").unlink()
    person.restore("monday")
    person.up()
    assert (person.state.bundle["kube-ca"], person.state.lineage) == (authority, lineage)
    assert_restored(person)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        pytest.param(None, "there is no cluster.rkestate", id="no key"),
        pytest.param("another one", "encrypted with another state key", id="another key"),
    ],
)
def test_a_state_that_cannot_be_read_is_no_new_cluster(running, folder, key, words):
    person = running(*ROLES)
    person.preload()
    person.state_key = SecretStr("a state key")
    person.snapshot("monday")
    (folder / "cluster.rkestate").unlink()
    person.state_key = SecretStr(key) if key else None
    with pytest.raises((UsageError, StateError), match=words):
        person.restore("monday")
    assert not person.has_state


BUCKET = {"endpoint": "s3.example", "bucket_name": "b", "folder": "f", "access_key": "AK", "secret_key": "SK-secret"}


@pytest.fixture
def in_s3(running) -> Operator:
    """The operator of a cluster whose only snapshot lies in S3."""
    person = running(*ROLES, services={"etcd": {"backup_config": {"s3backupconfig": BUCKET}}})
    person.preload()
    person.state_key = SecretStr("a state key")
    person.snapshot("monday")
    store_of(person).writes.append(MARK)
    person.world.bucket["monday"] = person.world.machines["n2"].snapshots["/opt/rke/etcd-snapshots/monday"]
    for machine in person.world.machines.values():
        machine.snapshots.clear()
    return person


@pytest.mark.parametrize("asked", ["s3://b/f/monday", "monday"])
@pytest.mark.parametrize("lost", [False, True], ids=["", "and the state is lost"])
def test_one_that_is_only_in_s3(in_s3, folder, lost, asked):
    if lost:
        (folder / "cluster.rkestate").unlink()
    in_s3.restore(asked)
    in_s3.up()
    assert_restored(in_s3)


def test_a_damaged_one_on_a_member_gives_way_to_the_one_in_s3(in_s3):
    path = "/opt/rke/etcd-snapshots/monday"
    in_s3.world.machines["n1"].snapshots[path] = replace(in_s3.world.bucket["monday"], whole=False)
    in_s3.restore("monday")
    in_s3.up()
    assert_restored(in_s3)


def test_the_state_comes_from_s3_where_a_member_has_the_snapshot_without_it(in_s3, folder):
    path = "/opt/rke/etcd-snapshots/monday"
    in_s3.world.machines["n1"].snapshots[path] = replace(in_s3.world.bucket["monday"], state=None)
    (folder / "cluster.rkestate").unlink()
    in_s3.restore("monday")
    in_s3.up()
    assert_restored(in_s3)


def test_another_member_brings_it_where_the_first_does_not_reach_s3(in_s3):
    in_s3.world.without_s3 = {"n1", "n2"}
    in_s3.restore("monday")
    in_s3.up()
    assert_restored(in_s3)


def test_the_options_of_the_command_say_where_in_s3(in_s3):
    in_s3.edit(services={"etcd": {}})
    in_s3.up()
    with pytest.raises(PreflightError):
        in_s3.restore("monday")
    keys = {name: SecretStr(BUCKET[name]) for name in ("access_key", "secret_key")}
    in_s3.restore("monday", s3=S3(**{**BUCKET, **keys}))
    assert_restored(in_s3)


KEPT = "/opt/rke/etcd-snapshots/monday"


def test_a_member_that_has_the_very_file_of_s3_gives_it(in_s3):
    """Each member's own snapshot of one name is another file."""
    kept = in_s3.world.bucket["monday"]
    other = content_of(in_s3.world.machines["n1"], "monday")
    manifest = {**kept.manifest, "sha256": digest_of(other), "revision": 10_000}
    in_s3.world.machines["n1"].snapshots[KEPT] = replace(kept, content=other, manifest=manifest)
    in_s3.world.machines["n3"].snapshots[KEPT] = kept
    script = in_s3.next_script()
    in_s3.restore("s3://b/f/monday")
    assert sorted(host for host, step in script.started if step.startswith("bring")) == ["n1", "n2"]
    assert_restored(in_s3)


def test_another_file_of_that_name_on_a_member_is_not_taken_for_the_one_in_s3(in_s3):
    kept = in_s3.world.bucket["monday"]
    other = content_of(in_s3.world.machines["n1"], "monday")
    manifest = {**kept.manifest, "sha256": digest_of(other)}
    in_s3.world.machines["n1"].snapshots[KEPT] = replace(kept, content=other, manifest=manifest)
    with pytest.raises(PreflightError, match="in S3 is another file than the one on n1"):
        in_s3.restore("s3://b/f/monday")
    assert is_old(in_s3)


def test_a_members_file_is_not_taken_while_s3_cannot_tell(in_s3):
    in_s3.world.machines["n1"].snapshots[KEPT] = in_s3.world.bucket["monday"]

    def refuse() -> None:
        raise EngineError("n1", "s3.example: connection refused")

    in_s3.world.calls.on(lambda call: call.verb == "run" and call.name == "list-snapshots", refuse, times=3)
    with pytest.raises(PreflightError, match="is the one in S3: n1: "):
        in_s3.restore("s3://b/f/monday")


def test_a_members_file_is_not_taken_for_one_that_s3_does_not_have(in_s3):
    in_s3.world.machines["n1"].snapshots[KEPT] = in_s3.world.bucket.pop("monday")
    with pytest.raises(UsageError, match="there is no snapshot monday in s3://b/f"):
        in_s3.restore("s3://b/f/monday")


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        pytest.param("s3://b/other/monday", UsageError, "is not in s3://b/f", id="another folder"),
        pytest.param("s3://b/f/tuesday", RolloutFailed, "bring the snapshot/n1", id="not there"),
        pytest.param("tuesday", RolloutFailed, "bring the snapshot/n1", id="nowhere"),
    ],
)
def test_what_is_not_in_s3_touches_nothing(in_s3, url, error, words):
    with pytest.raises(error, match=words):
        in_s3.restore(url)
    assert in_s3.state.restore is None
    assert is_old(in_s3)

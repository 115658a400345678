"""The guides to snapshots and every way back, done on the simulated fleet as they stand: each command, in its order."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from tests.sim.calls import When
from tests.sim.expect import faults_of, group_in_use, store_of
from tests.sim.machine import KeptSnapshot
from tests.sim.operator import Operator, node
from tests.workflows.changes import assert_settled
from tests.workflows.guides import Act, Story, is_healthy, told, up

pytestmark = pytest.mark.thorough

ROLES = ("ecw", "ecw", "ecw", "w", "", "", "")
MEMBERS = ("n1", "n2", "n3")
SINCE = "what was written since"
SNAPSHOT = "before-the-move"
S3 = {"endpoint": "s3.example.com", "access_key": "AK", "secret_key": "SK-secret"}
KEY = SecretStr("a state key")


def in_s3(bucket: str, folder: str) -> Act:
    return lambda person: person.edit(
        services={"etcd": {"backup_config": {"s3backupconfig": {**S3, "bucket_name": bucket, "folder": folder}}}}
    )


def with_a_key(person: Operator) -> None:
    person.state_key = KEY


def has(person: Operator, name: str) -> bool:
    return name in person.snapshots().names


def into_a_bucket(person: Operator) -> None:
    in_s3("our-backups", "once")(person)
    person.up()
    person.snapshot("monday")
    assert "monday" in person.world.bucket


def are_whole(name: str, *, deep: bool = False) -> Act:
    def act(person: Operator) -> None:
        found = person.verify(name, deep=deep)
        assert found
        assert [verdict.fault for verdict in found if verdict.fault] == []

    return act


def brought_here(person: Operator) -> None:
    assert person.download(SNAPSHOT).exists()


def deleted(person: Operator) -> None:
    person.delete_snapshot(SNAPSHOT)
    kept_there = {path for machine in person.world.machines.values() for path in machine.snapshots}
    assert not [path for path in kept_there if SNAPSHOT in path]


SAVING: Story = (
    (f"rke-py etcd snapshot save --name {SNAPSHOT}", lambda person: person.snapshot(SNAPSHOT)),
    ("export RKE_PY_STATE_KEY_FILE=~/.rke-py-state-key", with_a_key),
    ("rke-py etcd snapshot save", lambda person: person.snapshot()),
    ("rke-py status", is_healthy),
    (
        "rke-py etcd snapshot save --name monday --s3 --s3-endpoint s3.example.com --bucket-name our-backups "
        "--folder once",
        into_a_bucket,
    ),
    ("rke-py etcd snapshot list", lambda person: has(person, SNAPSHOT)),
    (f"rke-py etcd snapshot verify {SNAPSHOT}", are_whole(SNAPSHOT)),
    (f"rke-py etcd snapshot verify {SNAPSHOT} --deep", are_whole(SNAPSHOT, deep=True)),
    (f"rke-py etcd snapshot download {SNAPSHOT}", brought_here),
    (f"rke-py etcd snapshot delete {SNAPSHOT}", deleted),
    ("rke-py etcd snapshot prune --keep 3", lambda person: person.prune(3)),
)


def test_snapshots_are_taken_looked_at_and_let_go_as_the_guide_says(running):
    person = running(*ROLES)
    person.preload()
    told("docs/how-to/snapshots.md", SAVING, person)
    assert_settled(person)


def went_on(person: Operator) -> None:
    """Somebody writes: what a restore takes back."""
    store_of(person).writes.append(SINCE)
    person.world.time.pass_time(3600)


def restored(asked: str) -> Act:
    def act(person: Operator) -> None:
        went_on(person)
        person.restore(asked)
        assert SINCE not in store_of(person).writes

    return act


def out_of_s3(person: Operator) -> None:
    in_s3("backups", "prod")(person)
    person.up()
    person.world.bucket[SNAPSHOT] = kept(person, "n2")
    for machine in person.world.machines.values():
        machine.snapshots.clear()
    restored(f"s3://backups/prod/{SNAPSHOT}")(person)


def kept(person: Operator, host: str) -> KeptSnapshot:
    return person.world.machines[host].snapshots[f"/opt/rke/etcd-snapshots/{SNAPSHOT}"]


def killed_and_finished(person: Operator) -> None:
    went_on(person)
    person.next_script()
    assert person.killed(lambda: person.restore(SNAPSHOT), 12, When.AFTER)
    person.restore(SNAPSHOT)
    assert SINCE not in store_of(person).writes


def killed_and_taken_back(person: Operator) -> None:
    went_on(person)
    person.next_script()
    assert person.killed(lambda: person.restore(SNAPSHOT), 12, When.AFTER)
    person.restore(SNAPSHOT, back=True)
    assert SINCE in store_of(person).writes


RESTORING: Story = (
    (f"rke-py etcd snapshot restore {SNAPSHOT}", restored(SNAPSHOT)),
    (
        f"rke-py etcd snapshot restore ./{SNAPSHOT}.db",
        lambda person: restored(str(person.download(SNAPSHOT)))(person),
    ),
    (f"rke-py etcd snapshot restore s3://backups/prod/{SNAPSHOT}", out_of_s3),
    (f"rke-py etcd snapshot restore {SNAPSHOT}", killed_and_finished),
    (f"rke-py etcd snapshot restore {SNAPSHOT} --put-back", killed_and_taken_back),
)


def test_every_restore_of_the_guide_leads_back(running):
    person = running(*ROLES)
    person.preload()
    person.snapshot(SNAPSHOT)
    told("docs/how-to/restore.md", RESTORING, person)
    assert_settled(person)


def all_gone_but_a_file(person: Operator) -> None:
    """Other machines stand in cluster.yml; the snapshot that was brought elsewhere and the key are left."""
    went_on(person)
    (person.folder / "cluster.rkestate").unlink()
    onto(person, 5)
    person.restore(str(person.context().snapshots_path / f"{SNAPSHOT}.db"))


def onto(person: Operator, number: int) -> None:
    for entry in person.config["nodes"]:
        person.world.machines[entry["hostname_override"]].power_off()
    person.world.time.pass_time(60)
    person.edit(nodes=[node(number, "ecw")])


def is_made_of_the_rest(person: Operator) -> None:
    person.up()
    person.up()
    assert SINCE not in store_of(person).writes
    person.world.time.pass_time(60)


def all_gone_but_s3(person: Operator) -> None:
    name = "20261126T120000Z_etcd"
    person.snapshot(name)
    (machine,) = (machine for machine in person.world.machines.values() if machine.powered and machine.snapshots)
    person.world.bucket[name] = machine.snapshots[f"/opt/rke/etcd-snapshots/{name}"]
    went_on(person)
    in_s3("our-backups", "production")(person)
    (person.folder / "cluster.rkestate").unlink()
    onto(person, 6)
    person.restore(f"s3://our-backups/production/{name}")


LOST: Story = (
    ("export RKE_PY_STATE_KEY_FILE=~/.rke-py-state-key", with_a_key),
    ("rke-py up", up),
    (f"rke-py etcd snapshot save --name {SNAPSHOT}", lambda person: person.snapshot(SNAPSHOT)),
    (f"rke-py etcd snapshot download {SNAPSHOT} --to /mnt/backups", brought_here),
    (f"rke-py etcd snapshot restore /mnt/backups/{SNAPSHOT}.db", all_gone_but_a_file),
    ("rke-py up", is_made_of_the_rest),
    ("export RKE_PY_STATE_KEY_FILE=~/.rke-py-state-key", with_a_key),
    ("rke-py etcd snapshot restore s3://our-backups/production/20261126T120000Z_etcd", all_gone_but_s3),
    ("rke-py up", is_made_of_the_rest),
    ("rke-py up", up),
)


def test_machines_that_are_gone_are_replaced_twice_as_the_guide_says(running):
    person = running(*ROLES)
    person.preload()
    told("docs/how-to/disaster.md", LOST, person)
    assert {member.name for member in group_in_use(person).members.values()} == {"etcd-n6"}
    assert faults_of(person) == []


def lost(*names: str) -> Act:
    def act(person: Operator) -> None:
        for name in names:
            person.world.machines[name].empty_etcd()
        person.world.time.pass_time(60)

    return act


def one_is_silent(person: Operator) -> None:
    lost("n2")(person)
    assert "n2" in [one.host for one in person.member_health() if one.fault]


def three_again(person: Operator) -> None:
    person.up()
    person.world.time.pass_time(60)
    assert len(group_in_use(person).members) == 3


def one_goes_on(person: Operator) -> None:
    lost("n2", "n3")(person)
    assert person.recover_etcd() == "n1"


def room_is_given_back(person: Operator) -> None:
    for name in MEMBERS:
        person.world.machines[name].etcd_free = 100 << 20
    person.defragment()
    assert {person.world.machines[name].etcd_free for name in MEMBERS} == {0}


def full(person: Operator) -> None:
    group = group_in_use(person)
    group.alarms[next(iter(group.members))] = ("NOSPACE",)
    assert [member.alarms for member in person.alarms()] == [("NOSPACE",)]


WITHOUT_QUORUM: Story = (
    ("rke-py etcd members", one_is_silent),
    ("rke-py etcd health", lambda person: person.member_health()),
    ("rke-py up", three_again),
    ("rke-py etcd recover", one_goes_on),
    ("rke-py up", three_again),
    ("rke-py etcd defrag", room_is_given_back),
    ("rke-py etcd alarm list", full),
    ("rke-py etcd alarm disarm", lambda person: person.disarm()),
    ("rke-py up", up),
    ("rke-py etcd alarm disarm", lambda person: person.disarm()),
    ("rke-py up", up),
)


def test_a_lost_quorum_comes_back_as_the_guide_says(running):
    person = running(*ROLES)
    person.preload()
    told("docs/how-to/quorum-loss.md", WITHOUT_QUORUM, person)
    assert person.alarms() == ()
    assert_settled(person)

"""The containers that take recurring snapshots: part of the plan like every other."""

from __future__ import annotations

import json

from tests.sim.expect import faults_of

NAME, SCHEDULE = "etcd-rolling-snapshots", "/etc/kubernetes/etcd-snapshots.json"
S3 = {"endpoint": "s3.example", "bucket_name": "b", "access_key": "AK", "secret_key": "SK-secret"}


def carriers(person) -> set[str]:
    return {machine.name for machine in person.world.machines.values() if NAME in machine.containers}


def schedule(person, name: str = "n1") -> dict:
    return json.loads(person.world.machines[name].files[SCHEDULE].content)


def test_every_member_has_one_with_its_own_schedule(running):
    person = running("ec", "e", "e", "w")
    assert carriers(person) == {"n1", "n2", "n3"}
    assert schedule(person, "n2")["about"]["member"] == "etcd-n2"
    assert schedule(person)["about"]["lineage"] == person.state.lineage
    assert person.world.machines["n1"].files[SCHEDULE].mode == 0o600


def test_a_change_of_the_schedule_restarts_nothing(running):
    person = running("ecw", "w")
    before = person.world.machines["n1"].containers[NAME].id
    person.edit(services={"etcd": {"backup_config": {"interval_hours": 1, "retention": 9, "s3backupconfig": S3}}})
    person.up()
    assert (schedule(person)["interval"], schedule(person)["keep"]) == (3600, 9)
    assert schedule(person)["s3"]["secret_key"] == "SK-secret"
    assert person.world.machines["n1"].containers[NAME].id == before
    assert "SK-secret" not in repr(person.world.machines["n1"].containers[NAME].spec)
    assert person.up().plan.empty


def test_switched_off_they_go_with_their_schedule(running):
    person = running("ecw", "w")
    person.edit(services={"etcd": {"snapshot": False}})
    script = person.next_script()
    person.up()
    assert carriers(person) == set()
    assert SCHEDULE not in person.world.machines["n1"].files
    assert ("n1", f"remove {NAME}") in script.started
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_it_goes_with_the_role(running):
    person = running("ec", "ec", "e", "w")
    person.config["nodes"][2]["role"] = ["worker"]
    person.write()
    person.up()
    assert carriers(person) == {"n1", "n2"}
    assert faults_of(person) == []

"""Snapshots of etcd: asked for, and taken by ``up`` before what only a snapshot could undo."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from rke_py.errors import ApiUnavailable, MembersFailed, RolloutFailed, StateError, UsageError
from rke_py.progress import Warned
from rke_py.state.cluster_copy import read_copy
from tests.sim.calls import When
from tests.sim.expect import faults_of, store_of
from tests.sim.operator import SNAPSHOT
from tests.sim.store import Held

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


@pytest.mark.parametrize(
    "name",
    ["../x", "a b", "-x", "monday.db", "monday.zip", "monday.rkestate", "restoring-x", "x.unverified", "x" * 101],
)
def test_a_name_that_will_not_do_is_refused(running, name):
    with pytest.raises(UsageError, match="cannot be the name of a snapshot"):
        running("ecw").snapshot(name)


@pytest.mark.parametrize("name", ["2026-11-27T01:00:00+00:00", "rke_etcd_snapshot_2026-11-27T01:00:00Z", "x" * 100])
def test_a_name_may_be_a_time_as_rke_writes_it(running, name):
    person = running("ecw")
    person.snapshot(name)
    person.delete_snapshot(name)
    assert snapshots(person) == {}


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


def test_the_manifest_names_cluster_versions_and_keys_of_secrets(running):
    person = running(*ROLES, services={"kube-api": {"secrets_encryption_config": {"enabled": True}}})
    person.snapshot("monday")
    (kept,) = person.world.machines["n1"].snapshots.values()
    (key,) = kept.manifest["encryption_keys"]
    assert f"name: {key}" in person.state.encryption
    assert (kept.manifest["lineage"], kept.manifest["kubernetes"]) == (person.state.lineage, "v1.34.4")
    assert kept.manifest["member"] == "etcd-n1"


def warnings(person) -> list[str]:
    return [event.problem.what for event in person.script.events if isinstance(event, Warned)]


def test_the_state_lies_beside_it_encrypted_with_the_state_key(running):
    person = running(*ROLES)
    person.state_key = SecretStr("correct horse")
    person.snapshot("monday")
    copies = [kept.state for machine in person.world.machines.values() for kept in machine.snapshots.values()]
    assert [read_copy(copy, person.state_key).lineage for copy in copies] == [person.state.lineage] * 3
    assert warnings(person) == []


def test_without_a_state_key_no_state_lies_beside_it_and_that_is_said(running):
    person = running(*ROLES)
    person.snapshot("monday")
    assert {kept.state for machine in person.world.machines.values() for kept in machine.snapshots.values()} == {None}
    assert warnings(person) == ["no state is kept beside it, since there is no key to encrypt it with"]


def test_a_state_older_than_the_clusters_copy_is_not_kept_beside_it(running):
    person = running("ecw")
    person.state_key = SecretStr("correct horse")
    before = person.files()["cluster.rkestate"]
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    person.up()
    (person.folder / "cluster.rkestate").write_bytes(before)
    person.snapshot("monday")
    (kept,) = person.world.machines["n1"].snapshots.values()
    assert kept.state is None
    assert "is older than the copy in the cluster" in warnings(person)[0]


def test_while_another_run_holds_the_lease_none_is_taken(running):
    person = running("ecw", "w")
    store_of(person).held = Held(holder="eva@laptop", run=0)
    with pytest.raises(StateError, match="eva@laptop"):
        person.snapshot("monday")
    assert snapshots(person) == {}


def test_without_an_api_server_it_is_taken_all_the_same(running):
    person = running("ecw")
    person.world.machines["n1"].containers["kube-apiserver"].stop()
    person.snapshot("monday")
    assert snapshots(person) == {"n1": {"monday"}}


def test_an_api_server_that_goes_meanwhile_ends_no_snapshot(running):
    person = running(*ROLES)
    person.state_key = SecretStr("correct horse")

    def gone() -> None:
        raise ApiUnavailable("no API server answers")

    person.world.calls.on(lambda call: call.verb == "read_copy", gone)
    person.snapshot("monday")
    assert snapshots(person) == {name: {"monday"} for name in ("n1", "n2", "n3")}
    assert "so this one may be older: no API server answers" in warnings(person)[0]


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
    person.snapshot("before")
    (before,) = person.world.machines["n1"].snapshots.values()
    assert before.manifest["kubernetes"] == "v1.33.8"
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

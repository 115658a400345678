"""``state pull | push | recover``: the state again, from what the cluster has of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from rke_py.errors import ApiError, PreflightError, StateError
from rke_py.pki.encryption import keys_of
from rke_py.pki.inventory import KEPT
from rke_py.pki.rotation import Kind
from rke_py.state.cluster_copy import cluster_copy, copy_header
from rke_py.state.codec import decode
from rke_py.workflows.recovery import Source
from tests.sim.expect import faults_of, store_of
from tests.sim.operator import node

ROLES = ("ecw", "ecw", "ecw", "w")
LOST = ("kube-etcd-ca", "kube-apiserver-requestheader-ca")


def without(person, *names):
    for name in names:
        (person.folder / name).unlink()


def nothing_to_do(person) -> bool:
    mark = len(person.world.calls.log)
    person.up()
    quiet = {"write_copy", "acquire", "release"}
    return [call for call in person.world.calls.since(mark) if call.changing and call.verb not in quiet] == []


@pytest.mark.parametrize("gone", [["cluster.rkestate"], ["cluster.rkestate", "kube_config_cluster.yml"]], ids=len)
def test_a_lost_state_is_made_again_from_the_copy(running, gone):
    person = running(*ROLES)
    before = person.state
    without(person, *gone)
    found = person.recover()
    after = person.state
    assert found.source is Source.COPY
    assert not found.lost
    assert found.kept is None
    assert after.lineage == before.lineage
    assert after.serial > before.serial
    assert {name: after.bundle[name] for name in KEPT & after.bundle.keys()} == {
        name: before.bundle[name] for name in KEPT & before.bundle.keys()
    }
    assert (after.etcd, after.hosts, after.configuration) == (before.etcd, before.hosts, before.configuration)


def test_the_certificates_of_hosts_stay_as_they_are(running):
    person = running(*ROLES, monitoring={"provider": "none"})
    before = person.state
    without(person, "cluster.rkestate")
    person.recover()
    made = {name for name, found in person.state.bundle.items() if found.certificate != before.bundle[name].certificate}
    assert made <= {"kube-admin", "kube-etcd-operator", "kube-metrics-server"}


def test_with_what_was_recovered_the_cluster_goes_on(running):
    person = running(*ROLES)
    without(person, "cluster.rkestate", "kube_config_cluster.yml")
    person.recover()
    person.up()
    assert person.status().healthy
    assert nothing_to_do(person)


def test_without_an_api_server_the_hosts_give_what_they_have(running):
    person = running(*ROLES)
    before = person.state
    without(person, "cluster.rkestate")
    for name in ("n1", "n2", "n3"):
        person.world.machines[name].containers["kube-apiserver"].stop()
    found = person.recover()
    after = person.state
    assert found.source is Source.HOSTS
    assert found.lost == LOST
    assert found.passed
    assert after.bundle["kube-ca"].certificate == before.bundle["kube-ca"].certificate
    assert after.etcd.bootstrapped
    assert after.etcd.cluster_id == before.etcd.cluster_id
    assert set(after.hosts) == {"n1", "n2", "n3", "n4"}


def test_a_state_from_the_hosts_knows_how_secrets_are_encrypted(running):
    person = running(*ROLES, services={"kube-api": {"secrets_encryption_config": {"enabled": True}}})
    before = person.state.encryption
    without(person, "cluster.rkestate")
    store_of(person).copy = b"nonsense"
    assert person.recover().source is Source.HOSTS
    assert keys_of(person.state.encryption) == keys_of(before)
    person.up()
    assert keys_of(person.state.encryption) == keys_of(before)
    assert faults_of(person) == []


@pytest.mark.parametrize("kind", [Kind.AUTHORITIES, Kind.SERVICE_ACCOUNT])
def test_in_the_middle_of_a_rotation_the_copy_is_taken_too(running, kind):
    person = running(*ROLES)
    assert person.rotate(kind) is not None
    before = person.state
    without(person, "cluster.rkestate")
    person.recover()
    assert person.state.rotation == before.rotation
    assert person.rotate(kind, finish=True) is None
    assert faults_of(person) == []


def test_a_state_from_the_hosts_is_the_clusters_own_and_carries_on(running):
    person = running(*ROLES)
    before = person.state
    without(person, "cluster.rkestate")
    assert person.recover(Source.HOSTS).lost == LOST
    assert person.state.lineage == before.lineage
    assert person.state.configuration["kubernetesVersion"] == before.configuration["kubernetesVersion"]
    person.up()
    assert person.status().healthy
    assert person.state.bundle["kube-ca"].certificate == before.bundle["kube-ca"].certificate


@pytest.fixture
def with_snapshot(running):
    """The operator of a cluster with a snapshot, and the encrypted state beside it, whose copy in the API is gone."""
    person = running(*ROLES)
    person.preload()
    person.state_key = SecretStr("a state key")
    person.snapshot("monday")
    store_of(person).copy = b"nonsense"
    return person


@pytest.mark.parametrize("damaged", [False, True], ids=["lost", "damaged"])
def test_the_state_beside_a_snapshot_has_the_keys_that_no_host_has(with_snapshot, damaged):
    person, before, members = with_snapshot, with_snapshot.state, len(with_snapshot.world.groups)
    path = person.folder / "cluster.rkestate"
    path.write_bytes(path.read_bytes()[:1000]) if damaged else path.unlink()
    found = person.recover(Source.SNAPSHOT, "monday")
    after = person.state
    assert (found.source, found.lost, found.kept is not None) == (Source.SNAPSHOT, (), damaged)
    assert after.lineage == before.lineage
    for name in KEPT & before.bundle.keys():
        assert after.bundle[name] == before.bundle[name]
    person.up()
    assert faults_of(person) == []
    assert len(person.world.groups) == members
    assert nothing_to_do(person)


def test_a_key_that_was_rotated_since_the_snapshot_is_not_taken(with_snapshot):
    person = with_snapshot
    store_of(person).copy = cluster_copy(person.state, person.state_key)
    assert person.rotate(Kind.AUTHORITIES) is not None
    assert person.rotate(Kind.AUTHORITIES, finish=True) is None
    store_of(person).copy = b"nonsense"
    without(person, "cluster.rkestate")
    with pytest.raises(StateError, match="is of another CA than the cluster's hosts"):
        person.recover(Source.SNAPSHOT, "monday")
    assert not person.has_state


def test_the_state_that_lay_beside_a_snapshot_may_be_a_file_here(with_snapshot, tmp_path):
    person = with_snapshot
    kept = tmp_path / "monday.rkestate"
    kept.write_bytes(cluster_copy(person.state, person.state_key))
    without(person, "cluster.rkestate")
    assert person.recover(Source.SNAPSHOT, str(kept)).lost == ()


def test_a_state_of_another_cluster_is_not_taken(with_snapshot, running, tmp_path):
    person = with_snapshot
    kept = tmp_path / "monday.rkestate"
    kept.write_bytes(cluster_copy(person.state, person.state_key))
    other = running("ecw", cluster_name="other")
    without(other, "cluster.rkestate")
    other.state_key = person.state_key
    with pytest.raises(StateError, match="is of another CA"):
        other.recover(Source.SNAPSHOT, str(kept))
    assert not other.has_state


def test_a_damaged_file_is_kept_beside_the_new_one(running):
    person = running(*ROLES)
    path = person.folder / "cluster.rkestate"
    path.write_bytes(path.read_bytes()[:1000])
    damaged = path.read_bytes()
    found = person.recover()
    assert found.kept is not None
    assert found.kept.read_bytes() == damaged
    assert found.kept.stat().st_mode & 0o777 == 0o600


def test_nothing_is_written_when_no_host_has_the_ca(running):
    person = running(*ROLES)
    without(person, "cluster.rkestate", "kube_config_cluster.yml")
    for machine in person.world.machines.values():
        machine.power_off()
    with pytest.raises(StateError, match="no host that answers has the cluster's CA"):
        person.recover()
    assert not person.has_state


def test_a_copy_of_another_cluster_is_not_taken(running):
    person = running(*ROLES)
    foreign = replace(person.state, etcd=replace(person.state.etcd, cluster_id="beef"))
    person.world.groups[-1].store.copy = cluster_copy(foreign)
    before = person.files()
    with pytest.raises(StateError, match="does not fit the running cluster") as caught:
        person.recover(Source.COPY)
    assert any("cluster id" in line for line in caught.value.evidence)
    assert person.files() == before


def test_keys_of_another_cluster_are_not_taken(running):
    other = running("ecw").state
    person = running(*ROLES)
    person.world.groups[-1].store.copy = cluster_copy(replace(person.state, bundle=other.bundle))
    with pytest.raises(StateError, match="does not fit the running cluster"):
        person.recover(Source.COPY)


def test_a_newer_copy_is_pulled(running):
    person = running(*ROLES)
    newer = replace(person.state, serial=person.state.serial + 5)
    person.world.groups[-1].store.copy = cluster_copy(newer)
    found = person.pull()
    assert found.source is Source.COPY
    assert person.state.serial > newer.serial
    assert found.kept is not None
    assert decode(found.kept.read_bytes()).serial < newer.serial


def test_what_was_saved_elsewhere_meanwhile_is_older_than_what_was_pulled(running):
    person = running(*ROLES)
    elsewhere = replace(person.state, serial=person.state.serial + 7)
    without(person, "cluster.rkestate")
    person.pull()
    assert person.state.serial > elsewhere.serial


def test_a_copy_that_is_as_new_is_not_pulled(running):
    person = running(*ROLES)
    before = person.files()
    assert person.pull().source is None
    assert person.files() == before


def test_a_copy_that_is_older_is_only_pulled_by_force(running):
    person = running(*ROLES)
    person.world.groups[-1].store.copy = cluster_copy(replace(person.state, serial=1))
    with pytest.raises(StateError, match="is newer than the copy"):
        person.pull()
    assert person.pull(force=True).source is Source.COPY


def test_an_encrypted_copy_needs_its_key(running):
    person = running(*ROLES)
    key = SecretStr("correct horse")
    person.world.groups[-1].store.copy = cluster_copy(person.state, key)
    without(person, "cluster.rkestate")
    with pytest.raises(StateError, match="is encrypted"):
        person.pull()
    person.state_key = key
    assert person.pull().source is Source.COPY


def test_without_an_api_server_nothing_is_pulled(running):
    person = running("ecw", "w")
    person.world.machines["n1"].containers["kube-apiserver"].stop()
    with pytest.raises(ApiError, match="no API server answers"):
        person.pull()


def test_a_push_brings_the_file_into_the_cluster(running):
    person = running(*ROLES)
    store = person.world.groups[-1].store
    store.copy = None
    assert person.push().changed
    assert copy_header(store.copy).serial == person.state.serial
    assert not person.push().changed


def test_a_readable_copy_takes_the_place_of_an_encrypted_one_only_by_force(running):
    person = running(*ROLES)
    person.state_key = SecretStr("a state key")
    person.up()
    person.push()
    person.state_key = None
    person.edit(services={"kubelet": {"extra_args": {"v": "3"}}})
    for run in (person.up, person.push):
        with pytest.raises(StateError, match="is encrypted, and there is no state key"):
            run()
    assert "kubelet" not in str(person.script.changes)
    assert copy_header(store_of(person).copy).encrypted
    person.push(force=True)
    person.up()
    assert not copy_header(store_of(person).copy).encrypted


def test_an_older_file_is_only_pushed_by_force(running):
    person = running(*ROLES)
    store = person.world.groups[-1].store
    store.copy = cluster_copy(replace(person.state, serial=99))
    with pytest.raises(StateError, match="is older than"):
        person.push()
    person.push(force=True)
    assert copy_header(store.copy).serial == person.state.serial


def test_a_file_of_another_cluster_is_not_pushed(running):
    other = running("ecw").files()["cluster.rkestate"]
    person = running(*ROLES)
    (person.folder / "cluster.rkestate").write_bytes(other)
    with pytest.raises(StateError, match="does not fit the running cluster"):
        person.push(force=True)


def written_as(person, number, **entry):
    """Write cluster.yml with another entry for the n-th host; None takes a key out."""
    nodes = [dict(node) for node in person.config["nodes"]]
    nodes[number - 1] = {key: value for key, value in (nodes[number - 1] | entry).items() if value is not None}
    person.edit(nodes=nodes)


def without_api_servers(person):
    for machine in person.world.machines.values():
        if "kube-apiserver" in machine.containers:
            machine.containers["kube-apiserver"].stop()


WRONG = [
    pytest.param(1, {"internal_address": "10.9.9.9"}, "10.9.9.9", id="another-internal-address"),
    pytest.param(4, {"internal_address": "10.9.9.9"}, "10.9.9.9", id="another-internal-address-of-a-worker"),
    pytest.param(4, {"internal_address": None}, "192.0.2.5", id="no-internal-address"),
]


@pytest.mark.parametrize("api", [True, False], ids=["with-an-api-server", "without"])
@pytest.mark.parametrize(("number", "entry", "written"), WRONG)
def test_an_internal_address_that_is_not_the_clusters_is_refused_with_the_one_that_is(
    running, number, entry, written, api
):
    person = running(*ROLES)
    right = person.config["nodes"][number - 1]["internal_address"]
    without(person, "cluster.rkestate")
    if not api:
        without_api_servers(person)
    written_as(person, number, **entry)
    with pytest.raises(PreflightError, match="does not name the running cluster's hosts") as caught:
        person.recover()
    (problem,) = caught.value.problems
    assert problem.where == f"n{number}"
    assert written in problem.what
    assert right in problem.hint
    assert not person.has_state


@pytest.mark.parametrize("api", [True, False], ids=["with-an-api-server", "without"])
@pytest.mark.parametrize("entry", [{"hostname_override": "m4"}, {"hostname_override": None}], ids=["another", "none"])
def test_a_name_that_is_not_the_nodes_is_refused_with_the_one_that_is(running, entry, api):
    person = running(*ROLES)
    without(person, "cluster.rkestate")
    if not api:
        without_api_servers(person)
    written_as(person, 4, **entry)
    with pytest.raises(PreflightError, match="does not name the running cluster's hosts") as caught:
        person.recover()
    (problem,) = caught.value.problems
    assert "n4" in problem.what
    assert "hostname_override: n4" in problem.hint
    assert not person.has_state


def test_every_host_that_is_written_otherwise_is_told_at_once(running):
    person = running(*ROLES)
    without(person, "cluster.rkestate")
    written_as(person, 1, internal_address="10.9.9.9")
    written_as(person, 4, hostname_override="m4", internal_address="10.9.9.8")
    with pytest.raises(PreflightError) as caught:
        person.recover()
    assert [problem.where for problem in caught.value.problems] == ["n1", "m4", "m4"]


@pytest.mark.parametrize("source", [Source.COPY, Source.HOSTS])
def test_a_host_that_does_not_answer_or_carries_nothing_speaks_against_nothing(running, source):
    person = running(*ROLES, "")
    person.world.machines["n4"].power_off()
    without(person, "cluster.rkestate")
    person.edit(nodes=[*person.config["nodes"], node(5, "w")])
    assert person.recover(source).source is source


@pytest.mark.parametrize("source", [Source.COPY, Source.HOSTS])
def test_another_version_than_the_clusters_is_said_beside_what_was_recovered(running, source):
    person = running(*ROLES, kubernetes_version="v1.33.13")
    without(person, "cluster.rkestate")
    assert not person.recover(source).differing
    without(person, "cluster.rkestate")
    person.edit(kubernetes_version="v1.34.4")
    line = person.recover(source).differing
    assert "v1.34.4" in line
    assert "kubernetes_version: v1.33.13" in line


def test_a_newer_copy_is_pulled_beside_an_edit_of_addresses_that_is_meant(running):
    person = running(*ROLES)
    store_of(person).copy = cluster_copy(replace(person.state, serial=person.state.serial + 5))
    written_as(person, 4, internal_address="10.9.9.9")
    assert person.pull().source is Source.COPY


def test_a_file_that_leaves_the_version_to_the_cluster_differs_in_nothing(running):
    person = running(*ROLES, kubernetes_version="v1.33.13")
    without(person, "cluster.rkestate")
    del person.config["kubernetes_version"]
    person.write()
    assert not person.recover().differing

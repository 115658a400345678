"""Two operators on one cluster: who holds it is named, and nobody works from an older state."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest

from rke_py.errors import StateError
from rke_py.plan.containers import Status
from rke_py.progress import StepStarted
from rke_py.state.cluster_copy import cluster_copy
from rke_py.stores.statefile import StateStore
from rke_py.workflows.up import up
from tests.sim.calls import When
from tests.sim.expect import faults_of
from tests.sim.store import Held
from tests.stores.holders import Operator as Holder

ROLES = ("ecw", "w")


def test_a_state_that_is_older_than_the_clusters_copy_is_refused_before_any_change(running):
    person = running(*ROLES)
    before = person.files()["cluster.rkestate"]
    person.edit(kubernetes_version=person.state.configuration["kubernetesVersion"], addons="---\n")
    person.up()
    (person.folder / "cluster.rkestate").write_bytes(before)
    mark = len(person.world.calls.log)
    with pytest.raises(StateError, match=r"serial \d+\) is older than the copy in the cluster") as caught:
        person.up()
    assert "rke-py state pull" in caught.value.hint
    assert [call for call in person.world.calls.since(mark) if call.changing] == []


def test_a_state_that_another_run_overtakes_before_the_lease_is_had_is_refused(running):
    person = running("ecw", "w")
    person.edit(services={"kube-api": {"extra_args": {"v": "3"}}})
    store = person.world.groups[-1].store
    other = replace(person.state, serial=person.state.serial + 1)

    def agree_late(*_: object) -> bool:
        store.copy = cluster_copy(other)
        return True

    with pytest.raises(StateError, match="is older than the copy in the cluster"):
        up(replace(person.context(), consent=agree_late))
    assert store.copy == cluster_copy(other)
    assert person.script.changes == ()


def test_a_plan_says_so_too(running):
    person = running(*ROLES)
    before = person.files()["cluster.rkestate"]
    person.edit(addons="---\n")
    person.up()
    (person.folder / "cluster.rkestate").write_bytes(before)
    with pytest.raises(StateError, match="is older than"):
        person.plan()


def test_a_run_that_died_is_known_to_the_cluster_already(running):
    person = running(*ROLES)
    before = person.files()["cluster.rkestate"]
    person.edit(services={"kubelet": {"extra_args": {"v": "3"}}})
    assert person.killed_up(1, When.AFTER)
    (person.folder / "cluster.rkestate").write_bytes(before)
    with pytest.raises(StateError, match="is older than"):
        person.up()


def test_a_copy_that_cannot_be_read_is_a_warning_and_written_anew(running):
    person = running(*ROLES)
    store = person.world.groups[-1].store
    kept, store.copy = store.copy, b"nonsense"
    person.up()
    assert store.copy == kept
    assert any("was not written by rke-py" in str(event) for event in person.script.events)


def of_later_release(person) -> bytes:
    """Let a later release have written the copy, and return it."""
    store = person.world.groups[-1].store
    document = json.loads(gzip.decompress(store.copy))
    document["rkePy"] = {**document["rkePy"], "version": 2, "serial": 4711, "of": "a later release"}
    store.copy = gzip.compress(json.dumps(document).encode())
    return store.copy


@pytest.mark.parametrize("command", ["up", "plan", "push", "pull", "recover"])
def test_a_copy_of_a_later_release_is_not_overwritten(running, command):
    person = running(*ROLES)
    person.edit(services={"kubelet": {"extra_args": {"v": "3"}}})
    copy, mark = of_later_release(person), len(person.world.calls.log)
    with pytest.raises(StateError, match="a later release of rke-py wrote the copy") as caught:
        getattr(person, command)()
    assert "Use that release" in (caught.value.hint or "")
    assert person.world.groups[-1].store.copy == copy
    changing = {call.verb for call in person.world.calls.since(mark) if call.changing}
    assert changing <= {"acquire", "release"}


def test_a_later_release_that_comes_in_between_stops_the_run(running):
    person = running(*ROLES)
    person.edit(services={"kube-api": {"extra_args": {"v": "3"}}})
    copies = []

    def agree_late(*_: object) -> bool:
        copies.append(of_later_release(person))
        return True

    with pytest.raises(StateError, match="a later release of rke-py wrote the copy"):
        up(replace(person.context(), consent=agree_late))
    assert person.world.groups[-1].store.copy == copies[0]
    assert person.script.changes == ()


@pytest.fixture
def held(running):
    person = running(*ROLES)
    person.world.groups[-1].store.held = Held(holder="bob@laptop", run=0)
    return person


def test_nobody_holds_a_cluster_at_rest(running):
    found = running(*ROLES).unlock()
    assert not found.held
    assert not found.unknown


def test_the_holder_of_the_lease_is_shown(held):
    found = held.unlock()
    assert found.lease is not None
    assert (found.lease.holder, found.alive, found.freed) == ("bob@laptop", True, False)
    assert held.unlock().held


def test_a_run_that_is_gone_does_not_renew_it(held):
    held.world.groups[-1].store.held = Held(holder="bob@laptop", run=held.world.run)
    found = held.unlock()
    assert found.held
    assert not found.alive


def test_a_run_that_brings_the_api_back_stops_beside_another(held):
    held.world.machines["n1"].containers["kube-apiserver"].stop()
    held.edit(services={"kubelet": {"extra_args": {"v": "3"}}})
    with pytest.raises(StateError, match="another run changes this cluster: bob@laptop"):
        held.up()
    assert held.world.machines["n1"].containers["kube-apiserver"].status is Status.RUNNING
    assert not any("kubelet" in step for _, step in held.script.started)


def test_a_run_that_makes_the_first_api_server_holds_the_lease_from_then_on(operator):
    person = operator(*ROLES)
    seen = []

    def look() -> None:
        seen.append(person.world.groups[-1].store.held)

    person.script.at(lambda event, _: isinstance(event, StepStarted) and "kubelet" in event.step, look)
    person.up()
    assert seen[0] is not None
    assert person.world.groups[-1].store.held is None


def test_by_force_the_cluster_is_free(held):
    assert held.unlock(force=True).freed
    assert not held.unlock().held


def test_the_lock_of_the_file_is_shown_and_freed(running):
    person = running(*ROLES)
    store = StateStore(person.folder / "cluster.rkestate")
    with store.locked(Holder(user="alice")):
        assert "alice@desk, process 42" in person.unlock().file
        assert person.unlock(force=True).freed
        with store.locked(Holder(user="bob")):
            assert "bob@desk" in person.unlock().file


def test_a_run_whose_lock_is_taken_begins_no_further_step_also_without_an_api(operator):
    person = operator(*ROLES)
    person.script.at(lambda event, _: event.step == "bootstrap etcd", lambda: person.unlock(force=True))
    with pytest.raises(StateError, match="the lock of the state was taken from this run"):
        person.up()
    # other hosts' files may just have begun to be written, but nothing that waits for etcd
    assert not any("kube-apiserver" in step for _, step in person.script.started)
    person.up()
    assert faults_of(person) == []


def test_without_a_state_the_kubeconfig_leads_to_the_lease(held):
    (held.folder / "cluster.rkestate").write_text("{")
    assert held.unlock(force=True).freed


def test_without_an_api_server_only_the_file_is_told_of(running):
    person = running(*ROLES)
    person.world.machines["n1"].containers["kube-apiserver"].stop()
    assert person.unlock().unknown == "no API server of the cluster answers"


def test_without_any_credentials_that_is_said(running):
    person = running(*ROLES)
    for name in ("cluster.rkestate", "kube_config_cluster.yml"):
        (person.folder / name).unlink()
    assert "no credentials" in person.unlock().unknown

"""Another version of RKE's own: etcd, control plane and workers come to it in our order, in RKE's containers."""

from __future__ import annotations

from pathlib import Path

import pytest

from rke_py.errors import ConfigError, ConsentMissing
from rke_py.plan.observed import ObservedUse
from tests.sim.calls import When
from tests.sim.expect import faults_of, store_of
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import SNAPSHOT, Operator
from tests.workflows.changes import assert_settled

ROLES = ("ecw", "ecw", "ecw", "w")
OLD, NEW = "v1.31.6-rancher1-1", "v1.32.6-rancher1-1"
CORE = ("n1", "n2", "n3")


@pytest.fixture
def person(folder: Path) -> Operator:
    """The operator of a cluster as RKE left it."""
    return made_by_rke(folder, *ROLES, kubernetes_version=OLD)


def settles(person: Operator) -> None:
    """Expect the new version everywhere, a cluster without a fault, and nothing left to do."""
    for there in person.world.machines.values():
        tags = {name: there.containers[name].spec.image.rpartition(":")[2] for name in ("kubelet", "service-sidekick")}
        assert tags == {"kubelet": "v1.32.6-rancher1", "service-sidekick": "v0.1.114"}
    assert {node.kubelet_version for node in store_of(person).nodes.values()} == {"v1.32.6"}
    assert person.world.laws.core_down <= 1
    assert person.world.laws.workers_down <= 1
    assert_settled(person)


def test_every_component_comes_to_it_in_order(person: Operator) -> None:
    shown = person.upgrade(NEW)
    assert (shown.running, shown.wanted) == (OLD, NEW)
    person.edit(kubernetes_version=NEW)
    person.up()
    steps = person.script.started
    assert sorted(steps) == sorted((step.host, step.title) for step in shown.plan.steps)
    assert any("stay as RKE applied them" in note for note in shown.plan.notes)
    assert set(steps[:3]) == {(host, SNAPSHOT) for host in CORE}
    last_server = max(number for number, step in enumerate(steps) if step[1] == "replace kube-apiserver")
    first_kubelet = min(number for number, step in enumerate(steps) if step[1] == "replace kubelet")
    assert [host for host, step in steps if step == "replace etcd"] == [*CORE[1:], CORE[0]]
    assert last_server < first_kubelet
    settles(person)


def test_a_run_that_is_killed_again_and_again_comes_to_its_end(person: Operator) -> None:
    person.edit(kubernetes_version=NEW)
    for number, when in ((6, When.AFTER), (9, When.BEFORE), (8, When.AFTER)):
        assert person.killed_up(number, when)
    person.up()
    settles(person)


def test_who_uses_what_goes_away_is_asked_for(person: Operator) -> None:
    person.up()
    api = "flowcontrol.apiserver.k8s.io/v1beta3"
    store_of(person).uses = (ObservedUse(api_version=api, what="flowschemas", servers=("n1",)),)
    person.edit(kubernetes_version=NEW)
    person.agrees = False
    with pytest.raises(ConsentMissing):
        person.up()
    assert any(api in cost for cost in person.asked)
    assert person.script.started == ()


@pytest.mark.parametrize(("version", "word"), [("v1.31.4-rancher1-1", "no way back"), ("v1.34.4", "skip")])
def test_a_version_that_cannot_be_next_is_refused(person: Operator, version: str, word: str) -> None:
    with pytest.raises(ConfigError) as raised:
        person.upgrade(version)
    assert word in str(raised.value.problems)


def test_where_cri_dockerd_was_asked_for_the_way_is_as_any_other(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", kubernetes_version="v1.23.16-rancher2-3", enable_cri_dockerd=True)
    person.edit(kubernetes_version="v1.24.17-rancher1-1")
    person.up()
    assert faults_of(person) == []

"""``upgrade --to``: what another version would mean; and ``up`` that goes there."""

from __future__ import annotations

import pytest

from rke_py.errors import ConfigError, ConsentMissing, PreflightError, UsageError
from rke_py.plan.observed import ObservedUse
from tests.sim.calls import When
from tests.sim.expect import faults_of, store_of
from tests.sim.operator import Operator, node

ROLES = ("ecw", "ecw", "ecw", "w")
OLD, NEW = "v1.33.13", "v1.34.4"
_PINNED = {"kube_apiserver": "own/kube-apiserver:v1.34.3", "kubelet": "own/kubelet:v1.34.3"}


@pytest.fixture
def person(running) -> Operator:
    return running(*ROLES, kubernetes_version=OLD)


def versions(person: Operator) -> dict[str, set[str]]:
    """Return the tags that API servers and kubelets run."""
    return {
        name: {
            machine.containers[name].spec.image.rpartition(":")[2]
            for machine in person.world.machines.values()
            if name in machine.containers
        }
        for name in ("kube-apiserver", "kubelet")
    }


def test_it_shows_what_up_would_do_and_touches_nothing(person):
    mark, before = len(person.world.calls.log), person.files()
    found = person.upgrade(NEW)
    assert [call for call in person.world.calls.since(mark) if call.changing] == []
    assert person.files() == before
    assert (found.running, found.wanted) == (OLD, NEW)
    person.edit(kubernetes_version=NEW)
    person.up()
    assert sorted(person.script.started) == sorted((step.host, step.title) for step in found.plan.steps)
    assert versions(person) == {"kube-apiserver": {NEW}, "kubelet": {NEW}}
    assert faults_of(person) == []


def test_it_names_what_etcd_runs_and_comes_to(person):
    members, image = person.upgrade(NEW).etcd
    assert all(version.startswith("3.5.") for version in members)
    assert ":v3.6." in image


def test_the_version_that_runs_needs_nothing(person):
    assert person.upgrade(OLD).plan.empty


@pytest.mark.parametrize(
    ("version", "word"),
    [
        pytest.param("v1.33.12", "no way back", id="older"),
        pytest.param("v1.99.0", "not in the catalog", id="unknown"),
        pytest.param("1.34.4", "leading v", id="misspelled"),
    ],
)
def test_a_version_that_cannot_be_next_is_refused(person, version, word):
    with pytest.raises(ConfigError) as raised:
        person.upgrade(version)
    assert word in str(raised.value.problems)


def test_a_flag_that_the_version_no_longer_knows_is_named(person):
    person.edit(services={"etcd": {"extra_args": {"enable-v2": "false"}}})
    assert not person.upgrade(OLD).plan.empty
    with pytest.raises(ConfigError) as raised:
        person.upgrade(NEW)
    assert "etcd v1.34 has no flag enable-v2" in str(raised.value.problems)


class TestRemovedApis:
    USES = (
        ObservedUse(api_version="policy/v1beta1", what="poddisruptionbudgets", servers=("n1", "n3")),
        ObservedUse(
            api_version="policy/v1beta1", what="PodDisruptionBudget", objects=("PodDisruptionBudget a/b (by c)",)
        ),
    )

    def test_who_uses_them_is_shown_before_and_asked_for_consent(self, person):
        store_of(person).uses = self.USES
        costs = person.upgrade(NEW).plan.outages
        assert any("were asked (n1, n3); use policy/v1" in cost for cost in costs)
        assert any("change PodDisruptionBudget a/b (by c); use policy/v1" in cost for cost in costs)
        person.edit(kubernetes_version=NEW)
        person.agrees = False
        with pytest.raises(ConsentMissing):
            person.up()
        assert person.script.started == ()

    def test_nobody_is_asked_without_a_way_to_a_later_release(self, person):
        store_of(person).uses = self.USES
        mark = len(person.world.calls.log)
        assert person.up().plan.outages == ()
        assert "removed_uses" not in {call.verb for call in person.world.calls.since(mark)}

    def test_an_add_on_of_cluster_yml_that_uses_one_is_refused_with_its_document(self, person):
        person.edit(addons="---\nkind: CronJob\napiVersion: batch/v1beta1\nmetadata: {name: a}\n")
        with pytest.raises(ConfigError) as raised:
            person.upgrade(NEW)
        (problem,) = raised.value.problems
        assert problem.where == "addons:2 (document 1)"
        assert problem.what == "Kubernetes v1.34 does not serve batch/v1beta1 CronJob, removed in v1.25"
        assert problem.hint == "Write it for apiVersion: batch/v1."


class TestPinnedImages:
    def test_what_an_image_holds_is_what_runs(self, running):
        person = running(*ROLES, kubernetes_version=NEW, system_images=_PINNED)
        assert versions(person) == {"kube-apiserver": {"v1.34.3"}, "kubelet": {"v1.34.3"}}
        assert person.up().plan.empty
        assert faults_of(person) == []

    def test_they_would_hold_an_upgrade_back_and_are_named(self, running):
        person = running(*ROLES, kubernetes_version=OLD, system_images={"kubelet": f"own/kubelet:{OLD}"})
        with pytest.raises(UsageError, match=f"kubelet: own/kubelet:{OLD}") as raised:
            person.upgrade(NEW)
        assert "kube_apiserver" not in str(raised.value)


def test_there_has_to_be_a_cluster(operator):
    with pytest.raises(UsageError, match="no cluster to upgrade"):
        operator(*ROLES).upgrade(NEW)


class TestHalfWay:
    @pytest.fixture
    def stopped(self, person) -> Operator:
        """An upgrade that was killed once the first API server ran the new version."""
        person.edit(kubernetes_version=NEW)
        for number in range(1, 40):
            if NEW in versions(person)["kube-apiserver"]:
                return person
            person.killed_up(number, When.AFTER)
        raise AssertionError("no API server was replaced")

    def test_the_next_run_comes_to_its_end(self, stopped):
        assert versions(stopped)["kubelet"] == {OLD}
        stopped.up()
        assert versions(stopped) == {"kube-apiserver": {NEW}, "kubelet": {NEW}}
        assert faults_of(stopped) == []

    def test_there_is_no_way_back_and_the_way_on_is_named(self, stopped):
        stopped.edit(kubernetes_version=OLD)
        with pytest.raises(PreflightError) as raised:
            stopped.up()
        assert "no way back" in str(raised.value.problems)
        assert NEW in str(raised.value.problems)


@pytest.mark.parametrize("drain", [False, True], ids=["", "drained"])
@pytest.mark.parametrize("letters", ["w", "ew"])
def test_a_host_that_loses_the_control_plane_has_the_newer_kubelet_once_its_older_api_server_is_gone(
    running, letters, drain
):
    person = running("ecw", "ecw", "ecw", "w", kubernetes_version="v1.33.13")
    person.edit(
        kubernetes_version="v1.34.4",
        upgrade_strategy={"drain": drain},
        nodes=[node(1, letters), *person.config["nodes"][1:]],
    )
    person.up()
    steps = [step for host, step in person.script.started if host == "n1"]
    assert steps.index("remove kube-apiserver") < steps.index("start haproxy") < steps.index("replace kubelet")
    person.world.time.pass_time(60)
    assert person.up().plan.empty
    assert faults_of(person) == []


def test_a_control_plane_host_may_leave_in_an_upgrade(running):
    person = running("ecw", "ecw", "ecw", "w", kubernetes_version="v1.33.13")
    person.edit(kubernetes_version="v1.34.4", nodes=person.config["nodes"][1:])
    person.up()
    person.world.time.pass_time(60)
    assert person.up().plan.empty
    assert faults_of(person) == []

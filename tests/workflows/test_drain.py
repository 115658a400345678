"""``upgrade_strategy.drain``: a node is emptied before its kubelet goes down, and takes pods again afterwards."""

from __future__ import annotations

import pytest

from rke_py.errors import ApiUnavailable, WorkersFailed
from rke_py.plan.node_object import CORDONED
from tests.sim.expect import faults_of, store_of

KUBELET = {"kubelet": {"extra_args": {"v": "5"}}}


def test_a_node_is_drained_before_its_kubelet_and_uncordoned_after(running):
    person = running("ecw", "w")
    person.edit(services=KUBELET, upgrade_strategy={"drain": True})
    person.up()
    steps = [step for host, step in person.script.started if host == "n2"]
    assert steps[0] == "cordon and drain the node"
    assert steps[-1] == "uncordon the node"
    assert "replace kubelet" in steps
    assert not any(found.unschedulable for found in store_of(person).nodes.values())
    assert faults_of(person) == []


@pytest.mark.parametrize("broken", ["kubelet", "kube-proxy"])
def test_a_node_takes_pods_again_when_its_old_container_was_put_back(running, broken):
    person = running("ecw", "w")
    person.edit(services={**KUBELET, "kubeproxy": {"extra_args": {"v": "5"}}}, upgrade_strategy={"drain": True})
    person.world.faults.on_start.append(
        lambda one: "exit 1" if (one.machine.name, one.spec.name) == ("n2", broken) and "--v=5" in one.words else ""
    )
    with pytest.raises(WorkersFailed) as caught:
        person.up()
    assert f"the old {broken} was put back" in str(caught.value.failures[0])
    person.world.time.pass_time(60)
    assert faults_of(person) == []


def test_a_node_that_could_not_be_opened_to_pods_again_is_named(running):
    person = running("ecw", "w")
    person.edit(services=KUBELET, upgrade_strategy={"drain": True})
    person.world.faults.on_start.append(
        lambda one: "exit 1" if one.machine.name == "n2" and "--v=5" in one.words else ""
    )

    def answer() -> None:
        raise ApiUnavailable("etcdserver: leader changed")

    person.world.calls.on(lambda call: (call.verb, call.name) == ("uncordon", "n2"), answer)
    with pytest.raises(WorkersFailed) as caught:
        person.up()
    (fault,) = caught.value.failures
    assert fault.evidence[-1] == "the node may still be closed to pods: etcdserver: leader changed"
    person.world.faults.on_start.clear()
    person.up()
    assert faults_of(person) == []


def test_nothing_is_drained_unless_cluster_yml_asks_for_it(running):
    person = running("ecw", "w")
    person.edit(services=KUBELET)
    person.up()
    assert not any("drain" in step for _, step in person.script.started)


def test_a_node_that_a_dead_run_left_cordoned_is_uncordoned(running):
    person = running("ecw", "w")
    left = store_of(person).nodes["n2"]
    left.unschedulable, left.annotations = True, {**left.annotations, CORDONED: "true"}
    person.up()
    assert person.script.started == (("n2", "uncordon the node"),)
    assert not left.unschedulable


def test_a_node_that_somebody_else_cordoned_stays_theirs(running):
    person = running("ecw", "w")
    store_of(person).nodes["n2"].unschedulable = True
    person.up()
    assert person.script.started == ()
    assert store_of(person).nodes["n2"].unschedulable


def test_an_api_server_that_is_away_for_a_moment_is_asked_again_to_let_pods_onto_the_node(running):
    person = running("ecw", "w")
    person.edit(services=KUBELET, upgrade_strategy={"drain": True})
    away = iter([True])

    def answer() -> None:
        if next(away, False):
            raise ApiUnavailable("etcdserver: leader changed")

    person.world.calls.on(lambda call: (call.verb, call.name) == ("uncordon", "n2"), answer)
    person.up()
    assert not any(found.unschedulable for found in store_of(person).nodes.values())


def test_workers_that_could_not_be_emptied_keep_no_others_from_their_turn(running):
    person = running("ecw", "w", "w", "w", "w")
    person.edit(services=KUBELET, upgrade_strategy={"drain": True, "max_unavailable_worker": "1"})
    for name in ("n2", "n3"):
        person.world.faults.budgets[name] = "shop/web: the disruption budget allows none"
    with pytest.raises(WorkersFailed, match=r"^failed: workers/n2, workers/n3$"):
        person.up()
    replaced = [host for host, step in person.script.started if step == "replace kubelet"]
    assert replaced == ["n1", "n4", "n5"]
    assert person.world.laws.workers_down <= 1
    assert not any(found.unschedulable for found in store_of(person).nodes.values())
    person.world.faults.budgets.clear()
    person.up()
    assert faults_of(person) == []


def test_one_that_stayed_closed_to_pods_counts_as_down(running):
    person = running("ecw", "w", "w")
    person.edit(services=KUBELET, upgrade_strategy={"drain": True, "max_unavailable_worker": "1"})
    person.world.faults.budgets["n2"] = "shop/web: the disruption budget allows none"

    def answer() -> None:
        raise ApiUnavailable("etcdserver: leader changed")

    person.world.calls.on(lambda call: (call.verb, call.name) == ("uncordon", "n2"), answer, times=1000)
    with pytest.raises(WorkersFailed, match="not begun: workers/n3"):
        person.up()
    person.world.calls.forget()
    person.world.faults.budgets.clear()
    person.up()
    assert faults_of(person) == []

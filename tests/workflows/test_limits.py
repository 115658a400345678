"""How much of a running cluster ``up`` takes down at once."""

from __future__ import annotations

import pytest

from rke_py.errors import RolloutFailed, WorkersFailed
from tests.sim.expect import faults_of, store_of
from tests.sim.laws import Laws
from tests.sim.operator import Operator
from tests.workflows.changes import wants

EVERY_ARGUMENT = {
    "etcd": {"extra_args": {"snapshot-count": "20000"}},
    **{
        name: {"extra_args": {"v": "4"}}
        for name in ("kube-api", "kube-controller", "scheduler", "kubelet", "kubeproxy")
    },
}


def watched(person: Operator) -> Laws:
    """Forget what was down while the cluster was made."""
    person.world.laws.core_down = person.world.laws.workers_down = 0
    return person.world.laws


def dead_kubelet(person: Operator, name: str) -> None:
    """Let a host's kubelet end, and end again whenever it is started."""
    kubelet = person.world.machines[name].containers["kubelet"]
    kubelet.set_restart("no")
    kubelet.stop()
    person.world.faults.on_start.append(
        lambda container: "broken" if (container.machine.name, container.spec.name) == (name, "kubelet") else ""
    )
    person.world.time.pass_time(120)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("limit", "workers", "down"), [("10%", 5, 1), ("10%", 20, 2), ("50%", 5, 2), ("3", 8, 3), ("100%", 4, 4)]
)
def test_never_more_workers_are_down_than_allowed(running, limit, workers, down):
    person = running("ec", *["w"] * workers, upgrade_strategy={"max_unavailable_worker": limit})
    laws = watched(person)
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    person.up()
    assert 0 < laws.workers_down <= down
    assert faults_of(person) == []


def test_workers_that_were_down_before_count(running):
    person = running("ec", *["w"] * 5, upgrade_strategy={"max_unavailable_worker": "2"})
    dead_kubelet(person, "n2")
    laws = watched(person)
    person.edit(services={"kubeproxy": {"extra_args": {"v": "4"}}})
    with pytest.raises(WorkersFailed):
        person.up()
    assert laws.workers_down <= 2
    new = [m.name for m in person.world.machines.values() if "--v=4" in m.containers["kube-proxy"].spec.command]
    assert set(new) >= {"n3", "n4", "n5", "n6"}


def test_a_worker_that_was_down_and_is_mended_keeps_nobody_from_being_changed(running):
    person = running("ecw", "w", "w", "w")
    person.world.machines["n2"].containers["kubelet"].stop()
    person.world.time.pass_time(60)
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    person.up()
    assert all("--v=4" in m.containers["kubelet"].spec.command for m in person.world.machines.values())
    assert faults_of(person) == []


def test_who_is_not_begun_since_others_are_down_is_told(running):
    person = running("ecw", "w", "w", "w")
    person.world.machines["n2"].power_off()
    person.world.time.pass_time(60)
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    with pytest.raises(WorkersFailed, match=r"not begun: workers/n3, workers/n4; .* are: n2"):
        person.up()
    assert person.state.configuration != person.state.desired
    person.world.machines["n2"].power_on()
    person.world.time.pass_time(60)
    person.up()
    assert faults_of(person) == []


def test_only_one_etcd_or_control_plane_node_is_down_at_once(running):
    person = running("ecw", "ecw", "ecw", "w")
    laws = watched(person)
    person.edit(services=EVERY_ARGUMENT)
    person.up()
    assert laws.core_down == 1
    assert faults_of(person) == []


def test_a_core_node_that_is_down_has_its_turn_before_the_others(running):
    person = running("ecw", "ecw", "ecw", "w")
    dead_kubelet(person, "n1")
    laws = watched(person)
    person.edit(services={"kubeproxy": {"extra_args": {"v": "4"}}})
    with pytest.raises(RolloutFailed):
        person.up()
    assert laws.core_down == 1
    assert all(
        "--v=4" not in person.world.machines[name].containers["kube-proxy"].spec.command for name in ("n2", "n3")
    )


def test_a_lost_object_of_the_pod_network_lifts_no_limit_and_no_drain(running):
    person = running("ecw", "w", "w", "w", upgrade_strategy={"drain": True})
    network = store_of(person).addons["flannel"]
    del network[next(ref for ref in network if ref[1] == "ConfigMap")]
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    person.up()
    for name in ("n2", "n3", "n4"):
        steps = [step for host, step in person.script.started if host == name]
        assert steps[0] == "cordon and drain the node"
        assert "wait until the node is Ready" in steps


def test_a_core_node_that_joins_while_the_pod_network_lacks_something_is_proved_once_it_does_not(running):
    person = running("ecw", "ecw", "ec", "w", "")
    network = store_of(person).addons["flannel"]
    del network[next(ref for ref in network if ref[1] == "ConfigMap")]
    wants(person, "ecw", "ecw", "ec", "w", "c")
    person.up()
    steps = person.script.started
    assert steps.index(("", "apply flannel")) < steps.index(("n5", "wait until the node is Ready"))
    assert faults_of(person) == []


def test_other_core_nodes_may_be_named_alone_while_one_is_down(running):
    person = running("ecw", "ecw", "ecw", "w")
    dead_kubelet(person, "n1")
    person.edit(services={"kubeproxy": {"extra_args": {"v": "4"}}})
    person.only = frozenset({"n2"})
    person.up()
    assert "--v=4" in person.world.machines["n2"].containers["kube-proxy"].spec.command


@pytest.mark.thorough
@pytest.mark.parametrize(
    "services",
    [{**EVERY_ARGUMENT, left: {}} for left in EVERY_ARGUMENT],
    ids=[f"all-but-{left}" for left in EVERY_ARGUMENT],
)
def test_stages_wait_for_one_another_also_when_one_between_has_nothing_to_do(running, services):
    person = running("e", "e", "e", "c", "c", "w")
    laws = watched(person)
    person.edit(services=services)
    person.up()
    assert laws.core_down == 1
    assert faults_of(person) == []


def test_etcd_is_over_before_a_node_is_touched(running):
    person = running("e", "e", "e", "c", "w")
    person.edit(services={name: EVERY_ARGUMENT[name] for name in ("etcd", "kubelet")})
    person.up()
    steps = [step for _, step in person.script.started]
    last_member = max(number for number, step in enumerate(steps) if step == "replace etcd")
    assert last_member < steps.index("replace kubelet")


def with_sick_servers(person: Operator, *names: str) -> set[str]:
    """Let the API servers of these hosts run and answer, but not be ready, until they are taken from the set."""
    sick = set(names)
    person.world.faults.on_check.append(
        lambda container: (
            "etcd: not ready" if container.spec.name == "kube-apiserver" and container.machine.name in sick else ""
        )
    )
    return sick


def servers_changed(person: Operator) -> list[str]:
    return [host for host, step in person.script.started if step == "replace kube-apiserver"]


@pytest.mark.parametrize(("servers", "allowed"), [(1, 1), (2, 1), (3, 2)])
def test_never_all_control_plane_nodes_may_be_down_whatever_the_limit_says(running, servers, allowed):
    person = running("e", *["c"] * servers, "w", upgrade_strategy={"max_unavailable_controlplane": "100%"})
    person.edit(services={"kube-api": {"extra_args": {"v": "4"}}})
    limits = {stage.name: stage.limit for stage in person.plan().stages}
    assert limits["control plane"] == allowed


def test_an_api_server_that_does_not_serve_is_changed_before_those_that_do(running):
    person = running("ecw", "ecw", "ecw", "w")
    sick = with_sick_servers(person, "n2", "n3")
    person.edit(services={"kube-api": {"extra_args": {"v": "4"}}})
    with pytest.raises(RolloutFailed, match="control plane/n2"):
        person.up()
    assert servers_changed(person) == ["n2"]
    sick.clear()
    person.up()
    assert faults_of(person) == []


def test_the_last_api_server_that_serves_is_not_taken_down(running):
    person = running("ec", "ec", "e", "w")
    sick = with_sick_servers(person)

    def one_fails_meanwhile() -> None:
        sick.add("n1")

    turn = ("n2", "inspect", "kube-apiserver")
    person.world.calls.on(lambda call: (call.host, call.verb, call.name) == turn, one_fails_meanwhile)
    person.edit(services={"kube-api": {"extra_args": {"v": "4"}}})
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    (fault,) = caught.value.failures
    assert str(fault) == "n2: no other API server is ready: n1: etcd: not ready"
    assert "--v=4" not in person.world.machines["n2"].containers["kube-apiserver"].spec.command
    sick.clear()
    person.up()
    assert faults_of(person) == []

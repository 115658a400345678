"""A host that dies in the middle of ``up``: what the run says, and that the next one gets there once it is back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rke_py.errors import HostError, RolloutFailed, WorkersFailed
from tests.sim.expect import faults_of
from tests.sim.machine import Machine
from tests.sim.operator import Operator

pytestmark = pytest.mark.thorough

ROLES = ("ecw", "ecw", "ecw", "w")
EVERY_ARGUMENT = {
    "etcd": {"extra_args": {"snapshot-count": "20000"}},
    **{
        name: {"extra_args": {"v": "4"}}
        for name in ("kube-api", "kube-controller", "scheduler", "kubelet", "kubeproxy")
    },
}


def loses_power(machine: Machine) -> None:
    machine.power_off()


def loses_its_connection(machine: Machine) -> None:
    machine.reachable = False


def comes_back(machine: Machine) -> None:
    machine.reachable = True
    if not machine.powered:
        machine.power_on()
    machine.world.time.pass_time(15)


WAYS = pytest.mark.parametrize("dies", [loses_power, loses_its_connection], ids=lambda way: way.__name__)


def let_it_die(person: Operator, host: str, step: str, dies: Callable[[Machine], None]) -> None:
    """Let a host die when a step of its own begins."""
    person.script.at(
        lambda event, _: event.host == host and event.step.startswith(step), lambda: dies(person.world.machines[host])
    )


@WAYS
@pytest.mark.parametrize(
    "step", ["write", "install", "start", "set labels", "wait until"], ids=lambda step: step.replace(" ", "-")
)
def test_a_worker_that_dies_in_a_new_cluster_is_counted(operator, step, dies):
    person = operator(*ROLES)
    let_it_die(person, "n4", step, dies)
    with pytest.raises(WorkersFailed) as caught:
        person.up()
    assert {fault.where for fault in caught.value.failures} <= {"n4", "kube-apiserver"}
    comes_back(person.world.machines["n4"])
    person.next_script()
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


@WAYS
@pytest.mark.parametrize("step", ["replace kubelet", "replace kube-proxy", "wait until"])
def test_a_worker_that_dies_while_it_changes_is_counted(running, step, dies):
    person = running(*ROLES)
    person.edit(services=EVERY_ARGUMENT)
    let_it_die(person, "n4", step, dies)
    with pytest.raises(WorkersFailed) as caught:
        person.up()
    assert caught.value.exit_code == 3
    assert all(step == "new" for step in _versions(person, "n1", "n2", "n3"))
    comes_back(person.world.machines["n4"])
    person.next_script()
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


@WAYS
@pytest.mark.parametrize(
    ("host", "step"),
    [
        ("n1", "bootstrap etcd"),
        ("n2", "join etcd"),
        ("n3", "join etcd"),
        ("n1", "start kube-apiserver"),
        ("n2", "start kube-apiserver"),
        ("n3", "start kubelet"),
    ],
)
def test_a_member_or_control_plane_that_dies_fails_a_new_cluster(operator, host, step, dies):
    person = operator(*ROLES)
    let_it_die(person, host, step, dies)
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert not isinstance(caught.value, WorkersFailed)
    comes_back(person.world.machines[host])
    person.next_script()
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


@WAYS
@pytest.mark.parametrize(
    "step", ["replace etcd", "replace kube-apiserver", "replace kube-scheduler", "replace kubelet"]
)
def test_a_control_plane_that_dies_while_it_changes_stops_the_run(running, step, dies):
    person = running(*ROLES)
    person.edit(services=EVERY_ARGUMENT)
    let_it_die(person, "n2", step, dies)
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert not isinstance(caught.value, WorkersFailed)
    assert [type(fault).__mro__[1] is HostError or fault.where == "n2" for fault in caught.value.failures] == [True]
    after = [host for host, _ in person.script.started]
    assert after[-1] == "n2", "nothing begins after it"
    comes_back(person.world.machines["n2"])
    person.next_script()
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


def _versions(person: Operator, *hosts: str) -> list[str]:
    kubelets = (person.world.machines[host].containers["kubelet"].spec.command for host in hosts)
    return ["new" if "--v=4" in command else "old" for command in kubelets]

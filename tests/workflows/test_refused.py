"""What ``up`` refuses before it changes anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from rke_py.errors import ConfigError, ConsentMissing, PreflightError, RkeError, StateError, UsageError, WorkersFailed
from rke_py.stores.disk import LocalDisk
from rke_py.stores.lock import lock
from tests.sim.clock import BEGAN
from tests.sim.expect import faults_of, store_of
from tests.sim.machine import Machine
from tests.sim.operator import Operator
from tests.sim.store import Held

ROLES = ("ecw", "ecw", "ecw", "w")


def everything(person: Operator) -> object:
    """Return all that a run could change on machines and in the cluster."""
    return (
        {machine.name: machine.as_found() for machine in person.world.machines.values()},
        [list(group.store.writes) for group in person.world.groups],
        [sorted(group.members) for group in person.world.groups],
    )


def refused(person: Operator, kind: type[RkeError], words: str) -> None:
    """Run ``up`` and see that it refuses, and that nothing was changed."""
    before = everything(person)
    with pytest.raises(kind, match=words):
        person.up()
    assert everything(person) == before
    assert person.script.started == ()


def state_missing(person: Operator) -> None:
    (person.folder / "cluster.rkestate").unlink()


def state_damaged(person: Operator) -> None:
    path = person.folder / "cluster.rkestate"
    path.write_bytes(path.read_bytes()[:-200])


def state_of_another_cluster(person: Operator) -> None:
    state_missing(person)
    other = Operator(world=person.world.copy(), folder=person.folder, config=person.config)
    for machine in other.world.machines.values():
        machine.containers.clear()
        machine.files.clear()
        machine.etcd_data = None
    other.world.groups.clear()
    other.up()


@pytest.mark.parametrize(
    ("damage", "kind", "words"),
    [
        (state_missing, PreflightError, "carries a cluster that the state does not know"),
        (state_damaged, StateError, "cluster.rkestate"),
        (state_of_another_cluster, PreflightError, "belongs to another one"),
    ],
    ids=["missing", "damaged", "another cluster's"],
)
def test_a_state_that_does_not_belong_to_the_hosts(running, damage, kind, words):
    person = running(*ROLES)
    damage(person)
    refused(person, kind, words)


def test_a_state_that_was_put_back_is_good_again(running):
    person = running(*ROLES)
    path = person.folder / "cluster.rkestate"
    content = path.read_bytes()
    path.unlink()
    refused(person, PreflightError, "carries a cluster")
    path.write_bytes(content)
    assert person.up().plan.empty


def no_power(machine: Machine) -> None:
    machine.powered = False


def no_docker(machine: Machine) -> None:
    machine.docker = False


def cri_disabled(machine: Machine) -> None:
    machine.deep |= {"cri": False, "cri_error": "unknown service runtime.v1.RuntimeService"}


def disk_full(machine: Machine) -> None:
    machine.deep["free"] = {"/var/lib/etcd": 1 << 20, "/etc/kubernetes": 1 << 10}


def port_taken(machine: Machine) -> None:
    machine.foreign_ports[10250] = "nginx"


def clock_wrong(machine: Machine) -> None:
    machine.skew = timedelta(minutes=3)


def same_machine(machine: Machine) -> None:
    machine.facts = {"engine_id": "ENGINE:192.0.2.3", "hostname": "n2"}


def rootless(machine: Machine) -> None:
    machine.facts = {"security_options": ("name=rootless",)}


def old_docker(machine: Machine) -> None:
    machine.facts = {"api_version": "1.38", "engine_version": "18.06"}


def firewalled(machine: Machine) -> None:
    machine.world.faults.blocked |= {("n2", machine.name), ("n3", machine.name)}


def foreign_data(machine: Machine) -> None:
    machine.deep["etcd_data"] = True


HOST_FAULTS: dict[Callable[[Machine], None], str] = {
    no_power: "no SSH connection",
    no_docker: "Docker does not answer",
    cri_disabled: "does not serve CRI v1",
    disk_full: "are free for",
    port_taken: "port 10250, which kubelet needs, is held by nginx",
    clock_wrong: "its clock is 180.0 s ahead of",
    same_machine: "it is the same machine as",
    rootless: "Docker runs without root",
    old_docker: "is too old",
    firewalled: "n2, n3 cannot reach",
    foreign_data: "holds data of an etcd that is not this cluster's",
}


@pytest.mark.parametrize(("damage", "words"), HOST_FAULTS.items(), ids=[damage.__name__ for damage in HOST_FAULTS])
def test_a_host_that_cannot_be_used(operator, damage, words):
    person = operator(*ROLES)
    damage(person.world.machines["n1"])
    refused(person, PreflightError, words)
    assert not person.has_state


def test_swap_where_it_is_not_allowed(operator):
    person = operator("ecw", services={"kubelet": {"fail_swap_on": True}})
    person.world.machines["n1"].deep["swap"] = 1 << 30
    refused(person, PreflightError, "of swap are on")


def test_all_faults_are_told_at_once(operator):
    person = operator(*ROLES)
    for name, damage in (("n1", cri_disabled), ("n2", port_taken), ("n4", cri_disabled)):
        damage(person.world.machines[name])
    with pytest.raises(PreflightError) as caught:
        person.up()
    assert {problem.where for problem in caught.value.problems if not problem.warning} == {"n1", "n2", "n4"}


def test_a_worker_that_does_not_answer_counts_as_failed(running):
    person = running(*ROLES)
    person.world.machines["n4"].power_off()
    person.edit(services={"kube-api": {"extra_args": {"v": "4"}}})
    with pytest.raises(WorkersFailed, match="did not answer: n4"):
        person.up()
    assert ("n3", "replace kube-apiserver") in person.script.started


def test_a_control_plane_host_that_does_not_answer_stops_the_run(running):
    person = running(*ROLES)
    person.world.machines["n2"].power_off()
    refused(person, PreflightError, "n2: no SSH connection")


def test_a_control_plane_host_that_is_skipped_is_done_without(running):
    person = running(*ROLES)
    person.world.machines["n2"].power_off()
    person.skip = frozenset({"n2"})
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    person.up()
    new = {m.name for m in person.world.machines.values() if "--v=4" in m.containers["kubelet"].spec.command}
    assert new == {"n1", "n3", "n4"}


def test_skipping_so_many_that_etcd_loses_its_quorum(running):
    person = running(*ROLES)
    for name in ("n2", "n3"):
        person.world.machines[name].power_off()
    person.skip = frozenset({"n2", "n3"})
    refused(person, PreflightError, "no quorum")


def test_an_interruption_that_nobody_agreed_to(running):
    person = running("ecw", "w")
    person.agrees = False
    person.edit(services={"kube-api": {"extra_args": {"v": "4"}}})
    refused(person, ConsentMissing, "nothing was changed")
    assert person.asked == ["there is one control-plane node: the API stops while it is replaced; pods go on"]


def test_nobody_is_asked_where_nothing_is_interrupted(running):
    person = running(*ROLES)
    person.agrees = False
    person.edit(services={"kube-api": {"extra_args": {"v": "4"}}})
    person.up()
    assert person.asked == []


def test_a_new_cluster_interrupts_nobody(operator):
    person = operator("ecw")
    person.agrees = False
    person.up()
    assert faults_of(person) == []


class Somebody:
    """Another operator."""

    user, machine, process, since = "eva", "laptop", 4711, BEGAN


def test_a_folder_in_which_another_run_works(running):
    person = running("ecw")
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    with lock(person.folder / "cluster.rkestate", Somebody(), LocalDisk()):
        refused(person, StateError, "eva@laptop, process 4711")
    person.up()


def test_a_cluster_in_which_another_run_holds_the_lease(running):
    person = running("ecw", "w")
    store_of(person).held = Held(holder="eva@laptop", run=0)
    person.edit(services={"kubeproxy": {"extra_args": {"v": "4"}}})
    refused(person, StateError, "eva@laptop")
    store_of(person).held = None
    person.up()
    assert faults_of(person) == []


def test_a_file_that_is_not_there_and_one_that_is_wrong(operator):
    person = operator("ecw")
    person.edit(nodes=[])
    refused(person, ConfigError, "nodes")
    person.path.unlink()
    refused(person, UsageError, "there is no")

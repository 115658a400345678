"""``up`` on a cluster that somebody or something damaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.sim.container import Container
from tests.sim.expect import faults_of, store_of
from tests.sim.machine import Machine
from tests.sim.operator import Operator

NAMES = {
    "n1": (
        *("etcd", "etcd-rolling-snapshots"),
        *("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"),
    ),
    "n4": ("haproxy", "kubelet", "kube-proxy"),
}
PLACES = [(host, name) for host, names in NAMES.items() for name in names]


def stopped(container: Container) -> None:
    container.stop()


def paused(container: Container) -> None:
    container.pause()


def deleted(container: Container) -> None:
    container.stop()
    del container.machine.containers[container.spec.name]


def altered(container: Container) -> None:
    container.spec = replace(container.spec, command=(*container.spec.command, "--somebody=was-here"))


def limited(container: Container) -> None:
    container.spec = replace(container.spec, limits={"Memory": 100 << 20})


def without_policy(container: Container) -> None:
    container.set_restart("no")


@pytest.mark.thorough
@pytest.mark.parametrize(
    "damage", [stopped, paused, deleted, altered, limited, without_policy], ids=lambda damage: damage.__name__
)
@pytest.mark.parametrize(("host", "name"), PLACES, ids=["-".join(place) for place in PLACES])
def test_a_damaged_container_is_mended_and_nothing_else_touched(running, host, name, damage):
    person = running("ecw", "ecw", "ecw", "w")
    damage(person.world.machines[host].containers[name])
    person.up()
    assert {where for where, _ in person.script.changes} == {host}
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_a_paused_container_is_named_and_takes_up_what_changed_meanwhile(running):
    person = running("ecw")
    container = person.world.machines["n1"].containers["kubelet"]
    began = container.since
    container.pause()
    person.world.time.pass_time(60)
    other_content(container.machine, "/etc/kubernetes/kubelet-config.yaml")
    (start, *_) = (step for step in person.plan().steps if getattr(step, "name", "") == "kubelet")
    assert start.why == ("it is paused",)
    person.up()
    assert faults_of(person) == []
    assert container.since > began
    assert person.up().plan.empty


def test_one_that_a_killed_run_stopped_reads_what_changed_meanwhile_as_it_starts(running):
    person = running("ecw")
    container = person.world.machines["n1"].containers["kubelet"]
    container.set_restart("no")
    container.stop()
    person.world.time.pass_time(60)
    other_content(container.machine, "/etc/kubernetes/kubelet-config.yaml")
    person.up()
    steps = [step for _, step in person.script.changes if "kubelet" in step]
    assert steps == ["set the restart policy of kubelet", "start kubelet again"]
    assert faults_of(person) == []
    assert person.up().plan.empty


def other_content(machine: Machine, path: str) -> None:
    machine.files[path] = replace(machine.files[path], content=b"damaged", modified=machine.now)


def removed(machine: Machine, path: str) -> None:
    del machine.files[path]


def other_mode(machine: Machine, path: str) -> None:
    machine.files[path] = replace(machine.files[path], mode=0o644)


@pytest.mark.parametrize("damage", [other_content, removed, other_mode], ids=lambda damage: damage.__name__)
@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("n1", "/etc/kubernetes/ssl/kube-apiserver-key.pem"),
        ("n2", "/etc/kubernetes/ssl/kube-ca.pem"),
        ("n4", "/etc/kubernetes/haproxy.cfg"),
        ("n4", "/etc/kubernetes/kubelet-config.yaml"),
    ],
)
def test_a_damaged_file_is_put_back(running, host, path, damage):
    person = running("ecw", "ecw", "ecw", "w")
    machine = person.world.machines[host]
    before = machine.files[path]
    damage(machine, path)
    person.up()
    assert machine.files[path].content == before.content
    assert machine.files[path].mode == 0o600
    assert {where for where, _ in person.script.started} == {host}
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_a_certificate_that_has_no_business_on_a_host_is_deleted(running):
    person = running("ecw", "w")
    machine = person.world.machines["n2"]
    stray = replace(machine.files["/etc/kubernetes/ssl/kube-ca.pem"], path="/etc/kubernetes/ssl/kube-ca-key.pem")
    machine.files[stray.path] = stray
    person.up()
    assert person.script.started == (("n2", "delete 1 file"),)
    assert stray.path not in machine.files


def reboot(person: Operator) -> None:
    person.world.machines["n4"].reboot()


def power_cut(person: Operator) -> None:
    for machine in person.world.machines.values():
        machine.power_off()
    for machine in person.world.machines.values():
        machine.power_on()


def docker_restarted(person: Operator) -> None:
    for machine in person.world.machines.values():
        machine.stop_docker()
        machine.start_docker()


@pytest.mark.parametrize("event", [reboot, power_cut, docker_restarted], ids=lambda event: event.__name__)
def test_a_cluster_comes_back_by_itself(running, event: Callable[[Operator], None]):
    person = running("ecw", "ecw", "ecw", "w")
    event(person)
    person.world.time.pass_time(30)
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_a_cluster_whose_containers_were_all_removed_comes_back_in_one_run(running):
    person = running("ecw", "ecw", "ecw", "w")
    person.preload()
    for container in [one for machine in person.world.machines.values() for one in machine.containers.values()]:
        deleted(container)
    person.world.time.pass_time(60)
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_a_node_that_somebody_deleted_comes_back(running):
    person = running("ecw", "ecw", "ecw", "w")
    store, now = store_of(person), person.world.now
    store.delete_node("n2", now)
    store.delete_node("n4", now)
    person.up()
    assert faults_of(person) == []
    restarted = {host for host, step in person.script.started if step == "restart kubelet"}
    assert restarted == {"n2", "n4"}
    assert person.up().plan.empty

"""From RKE's own releases to the upstream family: host by host, in place, with a way back until each is proved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rke_py.errors import ConfigError, PreflightError, RolloutFailed, WorkersFailed
from rke_py.plan.observed import PodImage
from rke_py.plan.steps import MigrateNode
from tests.sim.expect import store_of
from tests.sim.left_by_rke import VERSION, made_by_rke, recorded
from tests.sim.operator import SNAPSHOT, Operator
from tests.workflows.migrating import (
    BACK,
    CARRY,
    CORE,
    FORGET,
    MOVE,
    NEW,
    NEXT,
    ROLES,
    SMALL,
    WORKERS,
    breaks,
    kubelet_on,
    mend,
    moved,
    of_rke_on,
    settles,
    taken_over,
)

SSL = "/etc/kubernetes/ssl"
NODE = (CARRY, "cordon and drain the node", MOVE, "set labels and taints", BACK, "uncordon the node")
PLAN = {
    "snapshots": dict.fromkeys(("r1", "r2", "r3"), (SNAPSHOT,)),
    "etcd": dict.fromkeys(("r2", "r3", "r1"), ("replace etcd",)),
    "recurring snapshots": dict.fromkeys(("r1", "r2", "r3"), ("replace etcd-rolling-snapshots",)),
    "access": {"rke-py": ("apply rke-py",)},
    "control plane": dict.fromkeys(
        ("r1", "r2", "r3"),
        ("replace kube-apiserver", "replace kube-controller-manager", "replace kube-scheduler"),
    ),
    "nodes": dict.fromkeys(("r1", "r2", "r3"), NODE),
    "add-ons": {"flannel": ("apply flannel",), "coredns": ("apply coredns",)},
    "forget RKE": {"rke": (FORGET,)},
}
"""What the cluster that RKE made comes to, without the writing and deleting of files, in the order of its turns."""


@pytest.fixture
def person(folder: Path) -> Operator:
    return taken_over(folder, *ROLES)


def test_the_plan_of_the_cluster_that_rke_made(folder: Path) -> None:
    person = recorded(folder)
    person.up()
    del person.config["system_images"]
    person.edit(kubernetes_version=NEW)
    plan = person.plan()
    found = {
        stage.name: {
            turn.host: tuple(
                step.title for step in turn.steps if not step.title.startswith(("write ", "delete 5", "delete 1"))
            )
            for turn in stage.turns
        }
        for stage in plan.stages
    }
    assert found == PLAN
    assert [list(stage) for stage in found.values()] == [list(stage) for stage in PLAN.values()]
    assert any("the kube-apiserver of r1" in cost and "no way back" in cost for cost in plan.outages)
    move = next(step for step in plan.steps if isinstance(step, MigrateNode))
    assert [spec.name for spec in move.specs] == ["kubelet", "kube-proxy"]
    assert (move.old, move.leftover) == (("kubelet", "kube-proxy"), ("service-sidekick",))
    assert (move.before, move.version) == ("v1.32.2", NEW)


def test_every_host_comes_over_in_order(person: Operator) -> None:
    authority = person.state.bundle["kube-ca"]
    signs = person.state.bundle["kube-service-account-token"]
    person.up()
    steps = person.script.started
    assert set(steps[:3]) == {(host, SNAPSHOT) for host in CORE}
    assert [host for host, step in steps if step == "replace etcd"] == [*CORE[1:], CORE[0]]
    assert moved(person) == [*CORE, *WORKERS]
    first = {title: min(n for n, step in enumerate(steps) if step[1] == title) for title in {step[1] for step in steps}}
    last = {title: max(n for n, step in enumerate(steps) if step[1] == title) for title in first}
    assert last["replace etcd"] < first["replace kube-apiserver"]
    assert first["apply rke-py"] < first["replace kube-apiserver"]
    assert last["replace kube-apiserver"] < first[MOVE]
    assert last[MOVE] < min(first["apply flannel"], first["apply coredns"])
    assert last[FORGET] == len(steps) - 1
    assert person.state.bundle["kube-ca"] == authority
    assert person.state.bundle["kube-service-account-token"] == signs
    settles(person)


def test_files_of_the_users_own_beside_the_certificates_stay(folder: Path) -> None:
    person = taken_over(folder, *SMALL)
    machine = person.world.machines["n1"]
    own, of_a_host_that_left = f"{SSL}/my-ca.pem", f"{SSL}/kube-etcd-10-0-0-9.pem"
    for path in (own, of_a_host_that_left):
        machine.files[path] = replace(machine.files[f"{SSL}/kube-ca.pem"], path=path)
    person.up()
    assert own in machine.files
    assert of_a_host_that_left not in machine.files
    settles(person)
    assert own in machine.files


def test_a_worker_that_does_not_work_in_containerd_is_put_back(person: Operator) -> None:
    breaks(person, kubelet_on("n4"))
    with pytest.raises(WorkersFailed) as raised:
        person.up()
    assert "RKE's node was put back" in str(raised.value.failures[0])
    assert of_rke_on(person, "n4") == ["kube-proxy", "kubelet", "nginx-proxy", "service-sidekick"]
    assert not store_of(person).nodes["n4"].unschedulable
    assert store_of(person).nodes["n4"].kubelet_version == "v1.32.2"
    assert moved(person) == [*CORE, "n4"]
    assert person.world.laws.violations == []
    assert store_of(person).left_by_rke
    mend(person)
    person.next_script()
    person.up()
    assert moved(person) == [*WORKERS]
    settles(person)


def test_a_host_is_left_alone_whose_pods_images_containerd_cannot_have(person: Operator) -> None:
    store_of(person).pod_images = (PodImage(name="gone:1"), PodImage(name="own:1", private=True))
    person.world.faults.not_in_containerd = {"gone:1", "own:1"}
    with pytest.raises(RolloutFailed) as raised:
        person.up()
    assert raised.value.failures[0].evidence == ("gone:1: not found",)
    assert moved(person) == []
    assert (CORE[0], "cordon and drain the node") not in person.script.started
    person.world.faults.not_in_containerd = {"own:1"}
    person.next_script()
    person.up()
    assert moved(person) == [*CORE, *WORKERS]
    settles(person)


@pytest.mark.thorough
def test_no_other_host_is_touched_before_the_pods_of_one_are_back(person: Operator) -> None:
    store_of(person).unready_pods = {"shop/broken": "n9"}
    person.world.faults.stays_down = {"shop/broken": "CrashLoopBackOff", "shop/web": "CreateContainerError"}
    with pytest.raises(RolloutFailed) as raised:
        person.up()
    assert "shop/web: CreateContainerError" in str(raised.value.failures[0])
    assert "shop/broken" not in str(raised.value.failures[0])
    assert moved(person) == [CORE[0]]
    assert store_of(person).nodes[CORE[0]].unschedulable
    store_of(person).unready_pods["shop/web"] = CORE[0]
    person.next_script()
    with pytest.raises(RolloutFailed):
        person.up()
    assert moved(person) == []
    person.world.faults.stays_down.pop("shop/web")
    person.next_script()
    person.up()
    assert moved(person) == [*CORE[1:], *WORKERS]
    assert not store_of(person).nodes[CORE[0]].unschedulable
    settles(person)


REFUSED = {
    "straight to v1.34": ({"kubernetes_version": NEXT}, ConfigError, "skip v1.33"),
    "RKE's images": (
        {"system_images": {"kubernetes": "rancher/hyperkube:v1.32.2-rancher1"}},
        PreflightError,
        "RKE's own",
    ),
    "another network": ({"network": {"plugin": "canal"}}, PreflightError, "Write network.plugin: flannel"),
    "cri-dockerd": ({"enable_cri_dockerd": True}, ConfigError, "containerd"),
    "a cloud that was part of Kubernetes": (
        {"cloud_provider": {"name": "openstack", "openstackCloudProvider": {"global": {"username": "u"}}}},
        ConfigError,
        "openstack-cloud-controller-manager",
    ),
    "a flag that is gone": (
        {"services": {"kubelet": {"extra_args": {"container-runtime": "remote"}}}},
        ConfigError,
        "no flag container-runtime",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_come_over_is_refused_before_anything_is_touched(folder: Path, name: str) -> None:
    edit, kind, words = REFUSED[name]
    person = taken_over(folder, *SMALL)
    person.edit(**edit)
    with pytest.raises(kind) as raised:
        person.up()
    assert words in f"{raised.value} {raised.value.problems}"
    assert person.script.started == ()


def test_a_cluster_is_taken_over_first(folder: Path) -> None:
    person = made_by_rke(folder, *SMALL, kubernetes_version=VERSION)
    person.edit(kubernetes_version=NEW)
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert f"Set kubernetes_version: {VERSION}" in str(raised.value.problems)


def test_without_the_runtime_it_needs_nothing_begins(person: Operator) -> None:
    person.world.machines["n4"].deep["cri"] = False
    person.world.machines["n4"].deep["cri_error"] = "unknown service runtime.v1.RuntimeService"
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert "disabled_plugins" in str(raised.value.problems)
    assert person.script.started == ()

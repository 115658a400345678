"""Images that cannot be had."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rke_py.errors import ImageMissing, PreflightError, RolloutFailed, WorkersFailed
from tests.sim.expect import faults_of

APISERVER = "registry.k8s.io/kube-apiserver:v1.34.4"
KUBELET = "ghcr.io/siderolabs/kubelet:v1.34.4"
OLDER = "v1.34.3"


def test_an_image_that_no_registry_has_stops_a_new_cluster(operator):
    person = operator("ecw", "ecw", "ecw", "w")
    person.world.faults.missing_images.add(APISERVER)
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert any(isinstance(fault, ImageMissing) and APISERVER in fault.what for fault in caught.value.failures)
    person.world.faults.missing_images.clear()
    person.up()
    assert faults_of(person) == []


def test_an_image_that_cannot_be_had_replaces_nothing(running):
    person = running("ecw", "ecw", "ecw", "w", kubernetes_version=OLDER)
    person.world.faults.missing_images.add(APISERVER)
    person.edit(kubernetes_version="v1.34.4")
    with pytest.raises(PreflightError, match=f"n2: .*{APISERVER}.*"):
        person.up()
    versions = {m.containers["kube-apiserver"].spec.image for m in person.world.machines.values() if m.name != "n4"}
    assert versions == {f"registry.k8s.io/kube-apiserver:{OLDER}"}
    assert all("old-kube-apiserver" not in machine.containers for machine in person.world.machines.values())


def test_an_image_that_comes_last_in_an_upgrade_stops_it_before_the_first_step(running):
    person = running("ecw", "ecw", "ecw", "w", kubernetes_version=OLDER)
    person.world.faults.missing_images.add(KUBELET)
    person.edit(kubernetes_version="v1.34.4")
    mark = len(person.world.calls.log)
    with pytest.raises(PreflightError, match="nothing was changed") as caught:
        person.up()
    assert {problem.where for problem in caught.value.problems} == {"n1", "n2", "n3"}
    assert {call.verb for call in person.world.calls.since(mark) if call.changing} <= {"pull"}


def test_a_full_disk_on_a_worker_is_counted(running):
    person = running("ec", "w", "w", kubernetes_version=OLDER)
    person.world.machines["n3"].disk_full = True
    person.edit(kubernetes_version="v1.34.4")
    with pytest.raises(WorkersFailed) as caught:
        person.up()
    assert {fault.where for fault in caught.value.failures} == {"n3"}
    assert person.world.machines["n2"].containers["kubelet"].spec.image == KUBELET
    person.world.machines["n3"].disk_full = False
    person.up()
    assert faults_of(person) == []


def test_a_worker_whose_image_cannot_be_had_is_not_emptied_for_it(running):
    person = running("ec", "w", "w", kubernetes_version=OLDER)
    person.world.machines["n3"].disk_full = True
    person.edit(kubernetes_version="v1.34.4", upgrade_strategy={"drain": True})
    mark = len(person.world.calls.log)
    with pytest.raises(WorkersFailed) as caught:
        person.up()
    assert {fault.where for fault in caught.value.failures} == {"n3"}
    emptied = {call.name for call in person.world.calls.since(mark) if call.verb in ("cordon", "drain")}
    assert emptied == {"n1", "n2"}


def test_a_registry_that_is_down_fails_before_anything_runs(operator):
    person = operator("ecw", "w")
    person.world.faults.registry_down = True
    with pytest.raises(PreflightError, match=r"rke-py/tools:.* could not be pulled: connection refused"):
        person.up()
    assert person.world.groups == []
    person.world.faults.registry_down = False
    person.up()
    assert faults_of(person) == []


def test_a_registry_that_is_busy_is_asked_again(operator):
    person = operator("ecw", "w")
    person.world.faults.registry_busy["n2"] = 3
    person.up()
    assert faults_of(person) == []


def test_a_registry_that_stays_busy_is_asked_five_times(operator):
    person = operator("ecw")
    person.world.faults.registry_busy["n1"] = 1000
    began = person.world.time.now()
    with pytest.raises(PreflightError, match="429 Too Many Requests"):
        person.up()
    assert timedelta(minutes=2) <= person.world.time.now() - began < timedelta(minutes=3)


def test_a_new_cluster_whose_images_were_loaded_needs_no_registry(operator):
    person = operator("ecw", "w")
    person.preload()
    person.world.faults.registry_down = True
    person.up()
    assert faults_of(person) == []


def test_images_that_are_there_need_no_registry(running):
    person = running("ecw", "w")
    person.world.faults.registry_down = True
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    person.up()
    assert faults_of(person) == []

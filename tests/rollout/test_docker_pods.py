"""Pods that are Docker's own containers, named and labelled as RKE's kubelets do."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Barrier

import pytest

from rke_py.errors import EngineError
from rke_py.plan.containers import ContainerSpec, FoundContainer, Status
from rke_py.rollout.docker_pods import remove_docker_pods, renew_docker_pods

UID = {"io.kubernetes.pod.uid": "90d8343e-e7de-4944-94ec-6ab64d25a93c"}
WEB, FLANNEL, JOB = "k8s_POD_web_default_1_0", "k8s_POD_kube-flannel_kube-system_2_0", "k8s_POD_job_default_3_0"


def container(name: str, network: str, status: Status = Status.RUNNING) -> FoundContainer:
    spec = ContainerSpec(name=name, image="pause:3.7", entrypoint=("/pause",), network_mode=network, labels=UID)
    return FoundContainer(id=name, spec=spec, status=status, image_id="1")


@dataclass
class Docker:
    """Docker of a host with pods, which writes down what is stopped."""

    heeds: bool = True
    stopped: list[str] = field(default_factory=list)

    def containers(self) -> tuple[FoundContainer, ...]:
        found = (
            container(WEB, "none"),
            container("k8s_web_web_default_1_0", "container:1"),
            container(FLANNEL, "host"),
            container(JOB, "none", Status.EXITED),
            FoundContainer(
                id="kubelet",
                spec=ContainerSpec(name="kubelet", image="hyperkube", entrypoint=("kubelet",)),
                status=Status.RUNNING,
                image_id="2",
            ),
        )
        return tuple(one for one in found if not self.heeds or one.name not in self.stopped)

    def stop(self, name: str, _grace: int) -> None:
        self.stopped.append(name)


def test_only_what_holds_a_place_in_the_pod_network_is_stopped() -> None:
    docker = Docker()
    assert renew_docker_pods(docker) == ()  # type: ignore[arg-type]
    assert docker.stopped == [WEB]


@dataclass
class Slow:
    """Docker that removes a container only while another one is being removed."""

    together: Barrier = field(default_factory=lambda: Barrier(2, timeout=10))
    removed: list[str] = field(default_factory=list)

    def containers(self) -> tuple[FoundContainer, ...]:
        names = (WEB, "k8s_web_web_default_1_0", JOB, "k8s_job_job_default_3_0")
        return tuple(container(name, "none") for name in names)

    def remove(self, name: str) -> None:
        self.together.wait()
        self.removed.append(name)


def test_pods_are_removed_at_the_same_time_and_what_holds_their_network_last() -> None:
    docker = Slow()
    remove_docker_pods(docker)  # type: ignore[arg-type]
    assert set(docker.removed[2:]) == {WEB, JOB}


@dataclass
class Refusing(Slow):
    """Docker that removes nothing."""

    def remove(self, name: str) -> None:
        raise EngineError("n1", f"removing {name}: device or resource busy")


def test_a_pod_that_cannot_be_removed_is_told() -> None:
    with pytest.raises(EngineError, match="device or resource busy"):
        remove_docker_pods(Refusing())  # type: ignore[arg-type]


def test_what_cannot_be_stopped_is_told() -> None:
    assert renew_docker_pods(Docker(heeds=False)) == (WEB,)  # type: ignore[arg-type]

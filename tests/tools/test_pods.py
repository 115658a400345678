"""Taking every pod off a host."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from rke_py.tools.cri import Sandbox
from rke_py.tools.errors import CriError, ToolError
from rke_py.tools.pods import remove_pods, renew_pods


@dataclass
class FakeRuntime:
    pods: list[Sandbox]
    stubborn: frozenset[str] = frozenset()
    busy: frozenset[str] = frozenset()
    starting: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def sandboxes(self) -> tuple[Sandbox, ...]:
        return tuple(self.pods)

    def in_pod_network(self, sandbox: Sandbox) -> bool:
        return sandbox.namespace != "kube-system"

    def running_containers(self, sandbox: Sandbox | None = None) -> tuple[str, ...]:
        return tuple(f"c{pod.id}" for pod in self.pods if sandbox in (None, pod))

    def stop_container(self, container: str, grace: int) -> None:
        self.calls.append(f"stop {container} {grace}")

    def stop_sandbox(self, sandbox: Sandbox) -> None:
        if sandbox.id in self.stubborn:
            raise CriError("CRI StopPodSandbox: cni plugin not initialized")

    def remove_sandbox(self, sandbox: Sandbox) -> None:
        self.stop_sandbox(sandbox)
        if sandbox.id in self.starting:
            self.starting.remove(sandbox.id)
            raise CriError("CRI RemovePodSandbox: container is in starting state, can't be removed")
        if sandbox.id in self.busy:
            raise CriError("CRI RemovePodSandbox: container is already in removing state")
        self.calls.append(f"remove {sandbox.id}")


class NoCri(FakeRuntime):
    def sandboxes(self) -> tuple[Sandbox, ...]:
        raise CriError("CRI ListPodSandbox: unknown service", unimplemented=True)


PODS = [Sandbox(id="1", namespace="default", name="web"), Sandbox(id="2", namespace="default", name="db")]


def test_containers_get_their_grace_before_the_pods_go() -> None:
    runtime = FakeRuntime(PODS)
    assert remove_pods(runtime, 5) == {"removed": ["default/db", "default/web"]}
    assert sorted(runtime.calls[:2]) == ["stop c1 5", "stop c2 5"]
    assert sorted(runtime.calls[2:]) == ["remove 1", "remove 2"]


def test_a_pod_that_cannot_be_removed_is_named_and_the_others_go() -> None:
    runtime = FakeRuntime(PODS, stubborn=frozenset({"1"}))
    with pytest.raises(ToolError, match="default/web: CRI StopPodSandbox: cni plugin not initialized"):
        remove_pods(runtime, 5)
    assert "remove 2" in runtime.calls


def test_a_pod_whose_container_just_starts_is_removed_once_it_has() -> None:
    runtime = FakeRuntime(PODS, starting=["1", "1"])
    assert remove_pods(runtime, 5) == {"removed": ["default/db", "default/web"]}
    assert sorted(runtime.calls[2:]) == ["remove 1", "remove 2"]


def test_a_runtime_without_cri_has_no_pods() -> None:
    assert remove_pods(NoCri(PODS), 5) == {"removed": []}


ON_HOST = Sandbox(id="3", namespace="kube-system", name="kube-flannel")


def test_pods_in_the_hosts_own_network_are_not_made_anew() -> None:
    runtime = FakeRuntime([*PODS, ON_HOST])
    assert renew_pods(runtime, 30) == ()
    assert sorted(runtime.calls) == ["remove 1", "remove 2", "stop c1 30", "stop c2 30"]
    assert all(runtime.calls.index(f"stop c{pod} 30") < runtime.calls.index(f"remove {pod}") for pod in "12")


def test_a_pod_that_cannot_be_made_anew_is_told_and_the_others_are() -> None:
    runtime = FakeRuntime(PODS, stubborn=frozenset({"1"}))
    assert renew_pods(runtime, 5) == ("pod default/web: CRI StopPodSandbox: cni plugin not initialized",)
    assert "remove 2" in runtime.calls


def test_a_runtime_without_cri_has_no_pods_to_make_anew() -> None:
    assert renew_pods(NoCri(PODS), 5) == ()


def test_a_pod_that_the_kubelet_removes_at_the_same_moment_is_made_anew() -> None:
    assert renew_pods(FakeRuntime(PODS, busy=frozenset({"1"})), 5) == ()

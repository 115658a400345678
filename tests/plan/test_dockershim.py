"""Which kubelets count as ones with dockershim."""

from __future__ import annotations

import pytest

from rke_py.plan.containers import ContainerSpec, FoundContainer, Status
from rke_py.plan.dockershim import has_dockershim
from rke_py.plan.observed import ObservedHost


def with_kubelet(*flags: str) -> ObservedHost:
    spec = ContainerSpec(name="kubelet", image="hyperkube", entrypoint=("kubelet", *flags))
    found = FoundContainer(id="1", spec=spec, status=Status.RUNNING, image_id="2")
    return ObservedHost(name="n1", containers={"kubelet": found})


@pytest.mark.parametrize("flags", [(), ("--container-runtime-endpoint=unix:///var/run/dockershim.sock",)])
def test_a_kubelet_that_is_told_of_no_other_runtime_has_dockershim(flags: tuple[str, ...]) -> None:
    assert has_dockershim(with_kubelet(*flags))


def test_a_kubelet_with_a_runtime_of_the_owners_own_has_none() -> None:
    assert not has_dockershim(with_kubelet("--container-runtime-endpoint=unix:///run/containerd/containerd.sock"))

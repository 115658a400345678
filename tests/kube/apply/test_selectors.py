"""A workload with a selector of somebody else's is made anew around its pods."""

from __future__ import annotations

from typing import Any

import pytest

from rke_py.kube.apply.apply import apply
from rke_py.kube.objects import Objects

from ..fake_api import FakeApi

PATH = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-flannel"
PARENT = "/api/v1/namespaces/kube-system/configmaps/rke-py-flannel"


def daemon_set(selector: dict[str, str], labels: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "kube-flannel", "namespace": "kube-system"},
        "spec": {"selector": {"matchLabels": selector}, "template": {"metadata": {"labels": labels}}},
    }


OF_RKE = daemon_set({"k8s-app": "flannel", "tier": "node"}, {"k8s-app": "flannel", "tier": "node"})
OURS = daemon_set({"k8s-app": "flannel"}, {"k8s-app": "flannel"})


@pytest.fixture
def deletions(fake: FakeApi):
    def ask() -> list[str]:
        return [url.partition("?")[2] for method, url in fake.asked if method == "DELETE"]

    return ask


def test_the_pods_stay_and_the_new_one_finds_them(api, fake: FakeApi, deletions) -> None:
    fake.put(PATH, OF_RKE)
    apply(Objects(api), "flannel", [OURS])
    assert deletions() == ["propagationPolicy=Orphan"]
    assert fake.objects[PATH]["spec"]["selector"]["matchLabels"] == {"k8s-app": "flannel"}


@pytest.mark.parametrize(
    "there",
    [
        pytest.param(OURS, id="the same"),
        pytest.param(daemon_set({"app": "other"}, {"app": "other"}), id="pods that it would not find"),
    ],
)
def test_others_are_left_to_the_server(api, fake: FakeApi, deletions, there) -> None:
    fake.put(PATH, there)
    apply(Objects(api), "flannel", [OURS])
    assert deletions() == []


def test_what_is_ours_already_is_never_made_anew(api, fake: FakeApi, deletions) -> None:
    fake.put(PARENT, {"kind": "ConfigMap"})
    fake.put(PATH, OF_RKE)
    apply(Objects(api), "flannel", [OURS])
    assert deletions() == []

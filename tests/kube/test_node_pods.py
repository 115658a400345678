"""The pods of a node that changes its runtime: their images, and when they are back."""

from __future__ import annotations

from typing import Any

import pytest

from rke_py.errors import ApiError, EngineError
from rke_py.kube.node_pods import hold_pods_back, images_of, unready_pods, wait_pods_back
from rke_py.plan.observed import PodImage

READY = {"type": "Ready", "status": "True"}


def put(fake: Any, name: str, *, node: str = "n1", ids: tuple[str, ...] = ("containerd://1",), **fields: Any) -> None:
    statuses = [
        {"name": "a", "image": "i", "imageID": "", "ready": True, "restartCount": 0, "containerID": each}
        for each in ids
    ]
    status = {"phase": "Running", "conditions": [READY], "containerStatuses": statuses, **fields.pop("status", {})}
    spec = {"nodeName": node, "containers": [{"name": "a", "image": "web:1"}], **fields.pop("spec", {})}
    document = {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", **fields},
        "spec": spec,
        "status": status,
    }
    fake.put(f"/api/v1/namespaces/shop/pods/{name}", document)


def test_each_image_of_a_nodes_pods_once_and_how_it_is_pulled(api, fake):
    put(fake, "a", spec={"initContainers": [{"name": "i", "image": "init:1", "imagePullPolicy": "Always"}]})
    put(fake, "b", spec={"imagePullSecrets": [{"name": "login"}]})
    put(fake, "ended", spec={"containers": [{"name": "a", "image": "job:1"}]}, status={"phase": "Succeeded"})
    put(fake, "elsewhere", node="n2", spec={"containers": [{"name": "a", "image": "other:1"}]})
    assert images_of(api, "n1") == (PodImage(name="init:1", always=True), PodImage(name="web:1", private=True))


def test_pods_that_are_not_ready(api, fake):
    put(fake, "good")
    put(fake, "bad", status={"conditions": []})
    put(fake, "leaving", status={"conditions": []}, deletionTimestamp="2026-11-26T00:00:00Z")
    assert unready_pods(api) == {"shop/bad": "n1"}


def test_pods_are_back_when_all_are_ready_in_containerd(api, fake):
    put(fake, "good")
    put(fake, "bad", status={"conditions": []})
    put(fake, "elsewhere", node="n2", ids=("docker://1",))
    wait_pods_back(api, "n1", {"shop/bad"}, 1)


def test_pods_in_docker_are_back_when_they_name_containers_that_are_there(api, fake):
    put(fake, "good", ids=("docker://new", "docker://other"))
    wait_pods_back(api, "n1", (), 1, lambda: {"new", "other"})
    put(fake, "as-it-was", ids=("docker://new", "docker://gone"))
    with pytest.raises(ApiError) as raised:
        wait_pods_back(api, "n1", (), 0, lambda: {"new", "other"})
    assert tuple(raised.value.evidence) == ("shop/as-it-was: it was not made anew",)


def test_docker_is_not_asked_while_pods_are_not_ready(api, fake):
    put(fake, "web", status={"conditions": []})
    asked: list[str] = []

    def ask() -> tuple[str, ...]:
        asked.append("docker")
        return ()

    with pytest.raises(ApiError):
        wait_pods_back(api, "n1", (), 0, ask)
    assert asked == []


def test_a_docker_that_fails_once_is_asked_again(api, fake):
    put(fake, "web", ids=("docker://new",))
    faults = [EngineError("n1", "listing containers: timed out")]

    def ask() -> tuple[str, ...]:
        if faults:
            raise faults.pop()
        return ("new",)

    wait_pods_back(api, "n1", (), 5, ask)
    faults.append(EngineError("n1", "listing containers: timed out"))
    with pytest.raises(EngineError):
        wait_pods_back(api, "n1", (), 0, ask)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"ids": ("docker://1",)}, "it was not made anew"),
        (
            {
                "status": {
                    "conditions": [],
                    "containerStatuses": [
                        {
                            "name": "a",
                            "image": "i",
                            "imageID": "",
                            "ready": False,
                            "restartCount": 0,
                            "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such host"}},
                        }
                    ],
                }
            },
            "ImagePullBackOff: no such host",
        ),
    ],
)
def test_a_pod_that_is_not_back_is_told_with_the_reason(api, fake, fields, why):
    put(fake, "web", **fields)
    with pytest.raises(ApiError) as raised:
        wait_pods_back(api, "n1", (), 0)
    assert tuple(raised.value.evidence) == (f"shop/web: {why}",)


def test_nobody_is_led_to_pods_whose_kubelet_stopped(api, fake):
    fake.served["discovery.k8s.io/v1"] = (("endpointslices", "EndpointSlice", True),)
    put(fake, "web")
    put(fake, "elsewhere", node="n2")
    ready = {"addresses": ["10.42.0.2"], "nodeName": "n1", "conditions": {"ready": True}, "targetRef": {"name": "web"}}
    path = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/web"
    fake.put(path, {"addressType": "IPv4", "endpoints": [ready]})

    def hear(method: str, asked: str) -> None:
        """The controller of endpoints hears of a pod that is not Ready."""
        if method == "GET" and asked.endswith("/endpointslices") and not is_ready(fake, "web"):
            fake.objects[path]["endpoints"] = []

    fake.before = hear
    hold_pods_back(api, "n1", 5)
    assert fake.objects[path]["endpoints"] == []
    assert is_ready(fake, "elsewhere")


def is_ready(fake: Any, name: str) -> bool:
    conditions = fake.objects[f"/api/v1/namespaces/shop/pods/{name}"]["status"]["conditions"]
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)

from __future__ import annotations

import threading
from typing import Any

import pytest

from rke_py.cluster.model import Cluster
from rke_py.cluster.resolve import resolve
from rke_py.cluster.upgrade_model import DrainInput
from rke_py.config.load import load
from rke_py.errors import ApiError
from rke_py.kube.host_nodes import HostNodes
from rke_py.kube.kubernetes import Kubernetes
from rke_py.plan.node_object import CORDONED, WantedNode

from .fake_api import FakeApi, Fault

CLOUDS = "ip-10-0-0-11.eu-central-1.compute.internal"
NODE, OTHER = f"/api/v1/nodes/{CLOUDS}", "/api/v1/nodes/n1"
POD = "/api/v1/namespaces/kube-system/pods/canal-1"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1"
PROVIDERS = {
    "aws": ("{name: aws}", "n1"),
    "external-aws": ("{name: external-aws, useInstanceMetadataHostname: true}", CLOUDS),
}


def cluster(provider: str) -> Cluster:
    text = f"""
kubernetes_version: v1.26.15-rancher1-1
cloud_provider: {provider}
nodes:
- {{address: 192.0.2.11, internal_address: 10.0.0.11, hostname_override: n1, user: u, role: [controlplane, etcd]}}
"""
    return resolve(load(text).config)


def node(label: str) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"kubernetes.io/hostname": label}},
        "spec": {},
        "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.11"}], "conditions": []},
    }


READY = {
    "metadata": {"labels": {"kubernetes.io/hostname": "n1"}},
    "spec": {},
    "status": {
        "addresses": [{"type": "InternalIP", "address": "10.0.0.11"}],
        "conditions": [{"type": "Ready", "status": "True"}],
        "nodeInfo": {
            "kubeletVersion": "v1.26.15",
            **dict.fromkeys(("architecture", "bootID", "containerRuntimeVersion", "kernelVersion"), "x"),
            **dict.fromkeys(("kubeProxyVersion", "machineID", "operatingSystem", "osImage", "systemUUID"), "x"),
        },
    },
}


@pytest.fixture(params=PROVIDERS.values(), ids=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The provider, and what the label of its node says."""
    return request.param


@pytest.fixture
def there(api, fake: FakeApi, provider: tuple[str, str]) -> Kubernetes:
    """The API of a cluster of one, whose node the cloud named."""
    fake.put(NODE, node(provider[1]))
    fake.put(
        POD,
        {"metadata": {"labels": {"k8s-app": "canal"}}, "spec": {"nodeName": CLOUDS, "containers": []}, "status": {}},
    )
    return Kubernetes(api, cluster(provider[0]))


def test_nodes_and_pods_are_told_of_by_their_hosts(there):
    assert {host: found.name for host, found in there.nodes().items()} == {"n1": CLOUDS}
    assert [pod.node for pod in there.system_pods()] == ["n1"]
    assert there.unready_pods() == {"kube-system/canal-1": "n1"}
    assert [image.name for image in there.images_of("n1")] == []


def test_what_is_done_to_a_host_is_done_to_its_node(there, fake):
    there.set_node("n1", WantedNode(labels={"a": "b"}, taints=(), annotations={}))
    assert fake.objects[NODE]["metadata"]["labels"]["a"] == "b"
    there.cordon("n1")
    assert fake.objects[NODE]["metadata"]["annotations"][CORDONED] == "true"
    there.uncordon("n1")
    assert not fake.objects[NODE]["spec"].get("unschedulable")
    with pytest.raises(ApiError, match=CLOUDS):
        there.drain("n1", DrainInput())
    there.delete_node("n1")
    assert NODE not in fake.objects


def test_a_node_that_registers_later_is_found_as_soon_as_it_is_there(api, fake, provider):
    asked = threading.Event()

    def register(method: str, path: str) -> None:
        if not asked.is_set():
            asked.set()
            return
        if NODE not in fake.objects:
            fake.put(NODE, node(provider[1]))

    fake.before = register
    Kubernetes(api, cluster(provider[0])).wait_registered("n1", timeout=30)
    assert NODE in fake.objects


def test_who_waits_for_a_node_hears_of_the_one_in_its_place(there, fake):
    assert list(there.nodes()) == ["n1"]
    fake.put(OTHER, READY)
    fake.put(LEASE, {"metadata": {"managedFields": [{"manager": "kubelet", "time": "2026-11-21T06:00:11Z"}]}})
    there.wait_ready("n1", "v1.26.15", None, timeout=30)


def test_a_node_that_was_deleted_and_registers_anew_is_looked_for_anew(there, fake, provider):
    there.delete_node("n1")
    fake.put(OTHER, node(provider[1]))
    there.delete_node("n1")
    assert OTHER not in fake.objects


def test_without_such_a_cloud_nobody_asks_how_a_node_is_called(api, fake):
    fake.put(OTHER, node("n1"))
    Kubernetes(api, cluster("{name: external}")).delete_node("n1")
    assert [path for method, path in fake.asked if method == "GET"] == []


def test_a_look_that_failed_is_not_repeated_by_all_who_wait_but_after_two_seconds(api, fake):
    def fail(method: str, path: str) -> None:
        raise Fault(403, "Forbidden", "no")

    fake.before = fail
    now = 0.0
    found = HostNodes(api, cluster("{name: aws}"), clock=lambda: now)
    with pytest.raises(ApiError):
        found.awaited("n1")
    now = 1.9
    assert found.awaited("n1") == "n1"
    now = 2.0
    with pytest.raises(ApiError):
        found.awaited("n1")

from __future__ import annotations

from dataclasses import replace

import pytest

from rke_py.cluster.upgrade_model import DrainInput
from rke_py.errors import ApiError
from rke_py.kube.drain import CORDONED, cordon, drain, uncordon

from .fake_api import Fault

NODE = "/api/v1/nodes/node-1"
PODS = "/api/v1/namespaces/default/pods"
ALL = DrainInput(force=True, delete_local_data=True, timeout=0)


def pod(name: str, *, owner: str = "ReplicaSet", phase: str = "Running", empty_dir: bool = False, mirror: bool = False):
    owners = [{"apiVersion": "apps/v1", "kind": owner, "name": "o", "uid": "1", "controller": True}] if owner else []
    return {
        "metadata": {
            "uid": name,
            "ownerReferences": owners,
            "annotations": {"kubernetes.io/config.mirror": "x"} if mirror else {},
        },
        "spec": {"containers": [], "volumes": [{"name": "v", "emptyDir": {}}] if empty_dir else []},
        "status": {"phase": phase},
    }


@pytest.fixture
def evicted(fake):
    """Let evictions delete pods at once; collect their names."""
    names = []

    def evict(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/eviction"):
            names.append(path.split("/")[-2])
            del fake.objects[path.removesuffix("/eviction")]

    fake.before = evict
    return names


@pytest.mark.parametrize("version", ["v1beta1", "v1"])
def test_pods_are_evicted_in_the_version_that_the_api_takes(api, fake, evicted, version):
    more = {"name": "pods/eviction", "group": "policy", "version": version, "kind": "Eviction"}
    fake.texts["/api/v1"] = (200, {"resources": [more]})
    fake.put(f"{PODS}/p", pod("p"))
    drain(api, "node-1", ALL)
    assert evicted == ["p"]
    assert fake.bodies[-1]["apiVersion"] == f"policy/{version}"


def test_we_uncordon_what_we_cordoned(api, fake):
    fake.put(NODE, {"spec": {}})
    cordon(api, "node-1")
    assert fake.objects[NODE]["spec"] == {"unschedulable": True}
    uncordon(api, "node-1")
    assert fake.objects[NODE]["spec"] == {}
    assert CORDONED not in fake.objects[NODE]["metadata"]["annotations"]


def test_what_somebody_else_cordoned_stays_cordoned(api, fake):
    fake.put(NODE, {"spec": {"unschedulable": True}})
    cordon(api, "node-1")
    uncordon(api, "node-1")
    assert fake.objects[NODE]["spec"] == {"unschedulable": True}
    assert fake.log == []


@pytest.mark.parametrize(
    ("found", "leaves"),
    [
        pytest.param(pod("p"), True, id="of-a-replica-set"),
        pytest.param(pod("p", owner="DaemonSet"), False, id="of-a-daemon-set"),
        pytest.param(pod("p", owner="Node", mirror=True), False, id="static"),
        pytest.param(pod("p", owner=""), True, id="without-controller"),
        pytest.param(pod("p", empty_dir=True), True, id="with-local-data"),
    ],
)
def test_who_has_to_leave(api, fake, evicted, found, leaves):
    fake.put(f"{PODS}/p", found)
    drain(api, "node-1", ALL)
    assert evicted == (["p"] if leaves else [])


@pytest.mark.parametrize(
    ("found", "options", "fault"),
    [
        (pod("p", owner=""), DrainInput(), "no controller"),
        (pod("p", empty_dir=True), DrainInput(), "emptyDir"),
        (pod("p", owner="DaemonSet"), DrainInput(ignore_daemonsets=False), "DaemonSet"),
    ],
)
def test_nothing_is_evicted_when_something_would_be_lost(api, fake, evicted, found, options, fault):
    fake.put(f"{PODS}/p", found)
    fake.put(f"{PODS}/harmless", pod("harmless"))
    with pytest.raises(ApiError, match="node-1 cannot be drained") as error:
        drain(api, "node-1", options)
    assert len(error.value.evidence) == 1
    assert fault in error.value.evidence[0]
    assert evicted == []


def test_a_finished_pod_without_controller_is_no_loss(api, fake, evicted):
    fake.put(f"{PODS}/p", pod("p", owner="", phase="Succeeded"))
    drain(api, "node-1", DrainInput(timeout=0))
    assert evicted == ["p"]


def test_a_disruption_budget_that_blocks_is_named(api, fake):
    fake.put(f"{PODS}/p", pod("p"))
    cause = {"message": "The disruption budget web needs 2 healthy pods and has 2 currently"}

    def refuse(method: str, path: str) -> None:
        if method == "POST":
            raise Fault(429, "TooManyRequests", "Cannot evict pod", (cause,))

    fake.before = refuse
    with pytest.raises(ApiError, match="could not be drained") as error:
        drain(api, "node-1", ALL)
    assert error.value.evidence == (f"default/p: {cause['message']}",)


def test_a_pod_whose_namespace_is_being_deleted_is_waited_for_while_others_are_evicted(api, fake, evicted):
    fake.put(f"{PODS}/p", pod("p"))
    fake.put(f"{PODS}/q", pod("q"))
    evict = fake.before

    def refuse(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/p/eviction"):
            del fake.objects[f"{PODS}/p"]
            raise Fault(403, "Forbidden", "pods p is forbidden: the namespace is being terminated")
        evict(method, path)

    fake.before = refuse
    drain(api, "node-1", replace(ALL, timeout=2))
    assert evicted == ["q"]


@pytest.mark.parametrize(
    "message",
    [
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
        'Internal error occurred: failed calling webhook "guard.example": no endpoints available',
    ],
)
def test_a_pod_that_the_api_cannot_evict_keeps_no_other_from_leaving(api, fake, evicted, message):
    fake.put(f"{PODS}/p", pod("p"))
    fake.put(f"{PODS}/q", pod("q"))
    evict = fake.before

    def refuse(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/p/eviction"):
            raise Fault(500, "InternalError", message)
        evict(method, path)

    fake.before = refuse
    with pytest.raises(ApiError, match="node node-1 could not be drained within 2 s") as error:
        drain(api, "node-1", replace(ALL, timeout=2))
    assert evicted == ["q"]
    (told,) = error.value.evidence
    assert told.startswith("default/p: ")
    assert message in told


def test_a_pod_of_the_same_name_that_came_back_is_another_one(api, fake):
    fake.put(f"{PODS}/p", pod("p"))

    def evict(method: str, path: str) -> None:
        if method == "POST":
            fake.put(f"{PODS}/p", pod("another"))

    fake.before = evict
    drain(api, "node-1", ALL)


def test_pods_that_would_lose_something_are_spared_where_they_are_made_anew_in_place(api, fake, evicted):
    for name, found in {"free": pod("p"), "alone": pod("q", owner=""), "data": pod("r", empty_dir=True)}.items():
        fake.put(f"{PODS}/{name}", found)
    drain(api, "node-1", DrainInput(timeout=0), spare=True)
    assert evicted == ["free"]


def test_a_jobs_pod_that_would_not_start_again_in_place_is_evicted_with_its_data(api, fake, evicted):
    found = pod("p", owner="Job", empty_dir=True)
    found["spec"]["restartPolicy"] = "Never"
    fake.put(f"{PODS}/job", found)
    drain(api, "node-1", DrainInput(timeout=0), spare=True)
    assert evicted == ["job"]


def test_only_the_very_pod_is_evicted_and_asked_for_once(api, fake):
    fake.put(NODE, {"spec": {}})
    fake.put(f"{PODS}/db-0", {**pod("old", owner="StatefulSet"), "spec": {"containers": [], "nodeName": "node-1"}})
    asked = []

    def evict(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/eviction"):
            asked.append(path)

    fake.before = evict
    with pytest.raises(ApiError, match="could not be drained"):
        drain(api, "node-1", replace(ALL, timeout=2))
    assert len(asked) == 1
    (options,) = (body["deleteOptions"] for body in fake.bodies if body.get("kind") == "Eviction")
    assert options["preconditions"]["uid"] == "old"


def test_a_pod_that_came_back_elsewhere_in_between_is_left_alone(api, fake):
    fake.put(NODE, {"spec": {}})
    fake.put(f"{PODS}/db-0", {**pod("old", owner="StatefulSet"), "spec": {"containers": [], "nodeName": "node-1"}})

    def evict(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/eviction"):
            fake.put(f"{PODS}/db-0", {**pod("new"), "spec": {"containers": [], "nodeName": "node-2"}})
            raise Fault(409, "Conflict", "the UID in the precondition (old) does not match the UID in record (new)")

    fake.before = evict
    drain(api, "node-1", replace(ALL, timeout=2))
    assert fake.objects[f"{PODS}/db-0"]["metadata"]["uid"] == "new"

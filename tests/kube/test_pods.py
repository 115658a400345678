from __future__ import annotations

import pytest

from rke_py.kube.account import account
from rke_py.kube.pods import system_pods

PODS = "/api/v1/namespaces/kube-system/pods"


def pod(*, ready: str = "True", phase: str = "Running", status: dict | None = None):
    return {
        "metadata": {"labels": {"k8s-app": "kube-dns"}},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "env": [{"name": "A", "value": "hidden"}]}]},
        "status": {"phase": phase, "conditions": [{"type": "Ready", "status": ready}], **(status or {})},
    }


def container(state: dict, restarts: int = 0):
    one = {"name": "c", "image": "i", "imageID": "", "ready": False, "restartCount": restarts, "state": state}
    return {"containerStatuses": [one]}


WAITING = container({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}, restarts=4)
ENDED = container({"terminated": {"exitCode": 137, "reason": "OOMKilled"}})


@pytest.mark.parametrize(
    ("found", "ready", "reason", "restarts"),
    [
        pytest.param(pod(), True, "", 0, id="ready"),
        pytest.param(pod(ready="False", status=WAITING), False, "CrashLoopBackOff", 4, id="waiting"),
        pytest.param(pod(ready="False", status=ENDED), False, "ended with 137", 0, id="ended"),
        pytest.param(pod(ready="False", phase="Pending"), False, "Ready", 0, id="pending"),
    ],
)
def test_how_a_pod_of_the_system_is(api, fake, found, ready, reason, restarts):
    fake.put(f"{PODS}/coredns-1", found)
    (seen,) = system_pods(api)
    assert (seen.app, seen.node) == ("kube-dns", "n1")
    assert (seen.ready, seen.reason, seen.restarts) == (ready, reason, restarts)


def test_a_pod_that_ended_well_is_none(api, fake):
    fake.put(f"{PODS}/job-1", pod(phase="Succeeded"))
    assert system_pods(api) == ()


@pytest.mark.parametrize(("controller", "seen"), [(True, 0), (False, 1)])
def test_a_pod_that_was_evicted_is_none_once_its_controller_makes_another(api, fake, controller, seen):
    evicted = pod(ready="False", phase="Failed", status={"reason": "Evicted"})
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "dns", "uid": "1", "controller": controller}
    evicted["metadata"]["ownerReferences"] = [owner]
    fake.put(f"{PODS}/coredns-1", evicted)
    assert len(system_pods(api)) == seen


def test_an_account_has_no_environment(api, fake):
    fake.served["v1"] = (*fake.served["v1"], ("events", "Event", True))
    fake.texts["/version"] = (200, '{"gitVersion": "v1.34.4"}')
    fake.put(f"{PODS}/coredns-1", pod())
    fake.put("/api/v1/nodes/n1", {"metadata": {}, "spec": {"podCIDRs": ["10.42.0.0/24"]}, "status": {"images": [1]}})
    found = account(api)
    assert found["version"] == "v1.34.4"
    assert found["pods"][0]["node"] == "n1"
    assert found["nodes"][0]["podCIDRs"] == ["10.42.0.0/24"]
    assert "hidden" not in str(found)
    assert "images" not in found["nodes"][0]["status"]

from __future__ import annotations

import pytest

from rke_py.errors import ApiError
from rke_py.kube.apply.working import Failed, missing_of, wait
from rke_py.kube.objects import Objects

WEB = "/apis/apps/v1/namespaces/demo/deployments/web"
POD = "/api/v1/namespaces/demo/pods/web-1"
MANIFEST = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "demo"}}


def live(kind: str, spec=None, status=None, generation: int = 2):
    status = {"observedGeneration": 2} | (status or {})
    return {"kind": kind, "metadata": {"name": "x", "generation": generation}, "spec": spec or {}, "status": status}


def condition(kind: str, status: str = "True", **more: str):
    return {"conditions": [{"type": kind, "status": status, **more}]}


DONE = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
EVERYWHERE = {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 3}


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        (None, "is not there"),
        (live("Deployment", {"replicas": 2}, DONE), ""),
        (live("Deployment", {"replicas": 2}, DONE, generation=3), "its controller has not seen it yet"),
        (live("Deployment", {"replicas": 2}, DONE | {"updatedReplicas": 1}), "1 of 2 pods are new"),
        (live("Deployment", {"replicas": 2}, DONE | {"replicas": 3}), "old pods are still there"),
        (live("Deployment", {"replicas": 2}, DONE | {"availableReplicas": 1}), "1 of 2 pods are available"),
        (live("Deployment", {"replicas": 0}), ""),
        (live("DaemonSet", status=EVERYWHERE), ""),
        (live("DaemonSet", status={"desiredNumberScheduled": 0}), ""),
        (live("DaemonSet", status=EVERYWHERE | {"numberAvailable": 2}), "2 of 3 pods are available"),
        (live("DaemonSet", status=EVERYWHERE | {"updatedNumberScheduled": 1}), "1 of 3 pods are new"),
        (
            live(
                "DaemonSet",
                {"updateStrategy": {"type": "OnDelete"}},
                EVERYWHERE | {"updatedNumberScheduled": 1},
            ),
            "",
        ),
        (live("StatefulSet", {"replicas": 2}, {"readyReplicas": 2, "updatedReplicas": 2}), ""),
        (live("StatefulSet", {"replicas": 2}, {"readyReplicas": 1, "updatedReplicas": 2}), "1 of 2 pods are ready"),
        (
            live(
                "StatefulSet",
                {"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}},
                {"readyReplicas": 2, "updatedReplicas": 1},
            ),
            "",
        ),
        (live("Job", status=condition("Complete")), ""),
        (live("Job"), "not Complete"),
        (live("CustomResourceDefinition", status=condition("Established")), ""),
        (
            live(
                "APIService",
                status=condition("Available", "False", reason="MissingEndpoints", message="no endpoints"),
            ),
            "not Available: MissingEndpoints: no endpoints",
        ),
        (live("Pod", status={"phase": "Running"} | condition("Ready")), ""),
        (live("Pod", status={"phase": "Succeeded"}), ""),
        (live("ConfigMap"), ""),
    ],
)
def test_what_an_object_lacks(found, missing):
    assert missing_of(found) == missing


@pytest.mark.parametrize(
    "found",
    [
        live("Job", status=condition("Failed", message="BackoffLimitExceeded")),
        live("Pod", status={"phase": "Failed"}),
    ],
)
def test_what_will_never_work_is_not_waited_for(found):
    with pytest.raises(Failed):
        missing_of(found)


def test_the_wait_ends_when_everything_works(api, fake):
    fake.put(WEB, live("Deployment", {"replicas": 2}, DONE))
    wait(Objects(api), "demo", [MANIFEST, {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a"}}], 0)


def rolling_out(fake, seen: int):
    """Let a DaemonSet have one pod more of the generation that was seen with each look, and return its manifest."""
    path, looks = "/apis/apps/v1/namespaces/demo/daemonsets/net", iter(range(1, 20))

    def another_pod(_method: str, asked: str) -> None:
        if asked == path:
            status = {"desiredNumberScheduled": 5, "numberAvailable": 5, "updatedNumberScheduled": next(looks)}
            fake.put(path, live("DaemonSet", status=status | {"observedGeneration": seen}))

    fake.put(path, live("DaemonSet"))
    fake.before = another_pod
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "net", "namespace": "demo"}}


def test_a_roll_out_that_gets_on_may_take_longer_than_the_wait(api, fake):
    wait(Objects(api), "demo", [rolling_out(fake, seen=2)], 0)


def test_pods_of_the_version_before_are_no_progress(api, fake):
    with pytest.raises(ApiError, match="its controller has not seen it yet"):
        wait(Objects(api), "demo", [rolling_out(fake, seen=1)], 0)


def test_what_old_pods_may_take_to_end_comes_on_top_of_the_wait(api, fake):
    path = "/apis/apps/v1/namespaces/demo/daemonsets/net"
    manifest = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "net", "namespace": "demo"}}
    manifest["spec"] = {"template": {"spec": {"terminationGracePeriodSeconds": 90}}}
    done = live("DaemonSet", status=EVERYWHERE)
    looks = iter((live("DaemonSet", status={"desiredNumberScheduled": 3}), done))

    def another_look(_method: str, asked: str) -> None:
        if asked == path:
            fake.put(path, next(looks))

    fake.put(path, done)
    fake.before = another_look
    wait(Objects(api), "demo", [manifest], 0)
    assert next(looks, None) is None


def on_three_nodes(fake, third: str, new: int = 2, **rolling):
    """Let a DaemonSet lack its pod on the third of its nodes, and return its manifest."""
    spec = {"selector": {"matchLabels": {"app": "net"}}, "updateStrategy": {"rollingUpdate": rolling}}
    found = live("DaemonSet", spec, EVERYWHERE | {"updatedNumberScheduled": new, "numberAvailable": 2})
    fake.put("/apis/apps/v1/namespaces/demo/daemonsets/net", found)
    for number, ready in enumerate(("True", "True", third), 1):
        fake.put(f"/api/v1/nodes/n{number}", {"status": {"conditions": [{"type": "Ready", "status": ready}]}})
        pod = {"metadata": {"labels": {"app": "net"}}, "spec": {"nodeName": f"n{number}"}}
        fake.put(f"/api/v1/namespaces/demo/pods/net-{number}", pod)
    return {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "net", "namespace": "demo"}}


def test_no_pod_is_waited_for_on_a_node_that_went_silent(api, fake):
    wait(Objects(api), "demo", [on_three_nodes(fake, "Unknown")], 0)


@pytest.mark.parametrize("rolling", [{}, {"maxUnavailable": 1}, {"maxUnavailable": "10%"}], ids=["default", "1", "10%"])
def test_a_silent_node_that_holds_up_a_roll_out_is_named(api, fake, rolling):
    with pytest.raises(ApiError, match="1 of 2 pods are new") as caught:
        wait(Objects(api), "demo", [on_three_nodes(fake, "Unknown", new=1, **rolling)], 0)
    assert "pods of net on n3" in caught.value.hint
    assert "maxUnavailable" in caught.value.hint


@pytest.mark.parametrize("rolling", [{"maxUnavailable": 2}, {"maxUnavailable": "50%"}, {"maxSurge": 1}], ids=str)
def test_a_silent_node_that_leaves_room_for_others_is_not(api, fake, rolling):
    with pytest.raises(ApiError) as caught:
        wait(Objects(api), "demo", [on_three_nodes(fake, "Unknown", new=1, **rolling)], 0)
    assert not caught.value.hint


def test_one_is_on_a_node_that_says_it_is_not_ready(api, fake):
    with pytest.raises(ApiError, match="2 of 3 pods are new"):
        wait(Objects(api), "demo", [on_three_nodes(fake, "False")], 0)


def test_a_wait_that_ends_without_success_shows_pods_events_and_logs(api, fake):
    fake.put(WEB, live("Deployment", {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}}))
    fake.put(
        POD,
        {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"nodeName": "node-1"},
            "status": {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}],
                "containerStatuses": [
                    {
                        "name": "c",
                        "ready": False,
                        "restartCount": 3,
                        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s"}},
                    }
                ],
            },
        },
    )
    fake.put(
        "/api/v1/namespaces/demo/events/e",
        {"reason": "BackOff", "message": "Back-off restarting", "lastTimestamp": "1"},
    )
    fake.texts[f"{POD}/log"] = (200, "starting\nno such file")
    with pytest.raises(ApiError, match=r"demo does not work after 0 s: Deployment demo/web: 0 of 1") as error:
        wait(Objects(api), "demo", [MANIFEST], 0)
    assert error.value.evidence == (
        "event BackOff: Back-off restarting",
        "pod web-1: Running on node-1; Ready is False (ContainersNotReady); c waiting: CrashLoopBackOff back-off 20s",
        "event BackOff: Back-off restarting",
        "log web-1/c: starting",
        "log web-1/c: no such file",
    )


def test_a_failed_job_ends_the_wait_at_once(api, fake):
    job = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "once", "namespace": "demo"}}
    fake.put("/api/v1/namespaces/demo/pods/once", live("Pod", status={"phase": "Failed"}))
    with pytest.raises(ApiError, match="demo failed: Pod x failed"):
        wait(Objects(api), "demo", [job], 600)

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from rke_py.cluster.model import Taint
from rke_py.errors import ApiError
from rke_py.kube.nodes import delete_node, nodes, set_node, wait_ready, wait_registered
from rke_py.plan.node_object import OWNED, WantedNode

NODE = "/api/v1/nodes/node-1"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1"
STARTED = datetime(2026, 11, 21, 6, 0, 10, 400000, tzinfo=UTC)
BEFORE, AFTER = "2026-11-21T06:00:09Z", "2026-11-21T06:00:11Z"


def written(moment: str, subresource: str = "", manager: str = "kubelet"):
    entry = {"manager": manager, "time": moment, "operation": "Update"}
    return entry | ({"subresource": subresource} if subresource else {})


def node(*, ready: str = "True", version: str = "v1.34.4", reported: str = AFTER, **spec):
    return {
        "metadata": {
            "labels": {"kubernetes.io/os": "linux"},
            "managedFields": [written("2026-11-21T06:00:30Z"), written(reported, "status")],
        },
        "spec": spec,
        "status": {
            "nodeInfo": {
                "kubeletVersion": version,
                **dict.fromkeys(
                    (
                        "architecture",
                        "bootID",
                        "containerRuntimeVersion",
                        "kernelVersion",
                        "kubeProxyVersion",
                        "machineID",
                        "operatingSystem",
                        "osImage",
                        "systemUUID",
                    ),
                    "x",
                ),
            },
            "conditions": [{"type": "Ready", "status": ready, "reason": "KubeletNotReady", "message": "no CNI"}],
            "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
        },
    }


def lease(renewed: str = AFTER):
    return {
        "metadata": {"managedFields": [written(renewed)]},
        # The kubelet's own clock, which is wrong here and counts for nothing.
        "spec": {"renewTime": "2031-01-01T00:00:00.000000Z"},
    }


def test_nodes_are_listed_with_their_leases(api, fake):
    fake.put(NODE, node(unschedulable=True, taints=[{"key": "a", "effect": "NoSchedule"}]))
    fake.put(LEASE, lease())
    found = nodes(api)["node-1"]
    assert found.ready
    assert found.unschedulable
    assert found.kubelet_version == "v1.34.4"
    assert found.taints == (Taint(key="a", effect="NoSchedule"),)
    assert found.renewed_at == datetime(2026, 11, 21, 6, 0, 11, tzinfo=UTC)
    assert found.internal_ip == "10.0.0.1"


@pytest.mark.parametrize("after", [None, STARTED])
def test_a_fresh_node_is_ready(api, fake, after):
    fake.put(NODE, node())
    fake.put(LEASE, lease())
    wait_ready(api, lambda: "node-1", "v1.34.4", after, timeout=0)


@pytest.mark.parametrize(
    ("found", "renewed", "missing"),
    [
        pytest.param(node(ready="False"), AFTER, "KubeletNotReady: no CNI", id="not-ready"),
        pytest.param(node(version="v1.33.13"), AFTER, "reports v1.33.13, not v1.34.4", id="older"),
        pytest.param(node(), BEFORE, "lease was not renewed", id="lease-of-the-old-kubelet"),
        pytest.param(node(reported=BEFORE), AFTER, "status was not reported", id="status-of-the-old-kubelet"),
    ],
)
def test_what_is_missing_is_said(api, fake, found, renewed, missing):
    fake.put(NODE, found)
    fake.put(LEASE, lease(renewed))
    with pytest.raises(ApiError, match=missing):
        wait_ready(api, lambda: "node-1", "v1.34.4", STARTED, timeout=0)


def test_the_wait_ends_when_the_kubelet_reports(api, fake):
    fake.put(NODE, node(reported=BEFORE))
    fake.put(LEASE, lease())

    def report(method: str, path: str) -> None:
        if len(fake.asked) == 3:
            fake.put(NODE, node())

    fake.before = report
    wait_ready(api, lambda: "node-1", "v1.34.4", STARTED, timeout=30)


def test_a_node_that_does_not_register(api):
    with pytest.raises(ApiError, match="node-1 has not registered"):
        wait_registered(api, lambda: "node-1", timeout=0)


def test_a_node_registers_without_a_lease_yet(api, fake):
    fake.put(NODE, node())
    wait_registered(api, lambda: "node-1", timeout=0)


def owned(labels, taints=()):
    return {OWNED: json.dumps({"labels": sorted(labels), "taints": sorted(f"{t.key}:{t.effect}" for t in taints)})}


def want(labels, taints, annotations, **applied):
    return WantedNode(labels=labels, taints=tuple(taints), annotations=annotations, **applied)


MINE = Taint(key="mine", effect="NoSchedule", value="yes")
FOREIGN = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "timeAdded": "2026-11-21T06:00:00Z"}


def test_a_node_gets_what_it_has_to_carry_and_keeps_the_rest(api, fake):
    fake.put(NODE, node(taints=[FOREIGN]))
    set_node(api, "node-1", want({"tier": "front"}, [MINE], owned({"tier"}, [MINE])))
    found = fake.objects[NODE]
    assert found["metadata"]["labels"] == {"kubernetes.io/os": "linux", "tier": "front"}
    assert found["metadata"]["annotations"] == owned({"tier"}, [MINE])
    assert found["spec"]["taints"] == [FOREIGN, {"key": "mine", "value": "yes", "effect": "NoSchedule"}]


def test_what_an_earlier_run_set_is_taken_away(api, fake):
    fake.put(NODE, node(taints=[FOREIGN]))
    set_node(api, "node-1", want({"tier": "front", "rack": "7"}, [MINE], owned({"tier", "rack"}, [MINE])))
    set_node(api, "node-1", want({"rack": "8"}, [], owned({"rack"})))
    found = fake.objects[NODE]
    assert found["metadata"]["labels"] == {"kubernetes.io/os": "linux", "rack": "8"}
    assert found["spec"]["taints"] == [FOREIGN]


def test_what_rke_set_without_a_note_is_taken_away(api, fake):
    fake.put(NODE, node(taints=[FOREIGN, {"key": "mine", "value": "yes", "effect": "NoSchedule"}]))
    applied = {"applied_labels": frozenset({"kubernetes.io/os"}), "applied_taints": frozenset({"mine:NoSchedule"})}
    set_node(api, "node-1", want({"tier": "front"}, [], owned({"tier"}), **applied))
    found = fake.objects[NODE]
    assert found["metadata"]["labels"] == {"tier": "front"}
    assert found["spec"]["taints"] == [FOREIGN]


def test_nothing_is_written_when_nothing_differs(api, fake):
    fake.put(NODE, node())
    set_node(api, "node-1", want({"tier": "front"}, [MINE], owned({"tier"}, [MINE])))
    fake.log.clear()
    set_node(api, "node-1", want({"tier": "front"}, [MINE], owned({"tier"}, [MINE])))
    assert fake.log == []


def test_a_change_by_somebody_else_in_between_is_not_lost(api, fake):
    fake.put(NODE, node())

    def taint(method: str, path: str) -> None:
        if (method, len(fake.log)) == ("PATCH", 0):
            fake.put(NODE, node(taints=[FOREIGN]))

    fake.before = taint
    set_node(api, "node-1", want({}, [MINE], {}))
    assert [taint["key"] for taint in fake.objects[NODE]["spec"]["taints"]] == [FOREIGN["key"], "mine"]


def test_a_node_is_deleted_and_one_that_is_gone_already_is_no_fault(api, fake):
    fake.put(NODE, node())
    delete_node(api, "node-1")
    assert NODE not in fake.objects
    delete_node(api, "node-1")

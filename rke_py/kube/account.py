"""What somebody who is to help wants to see of a cluster's objects: no Secret, no ConfigMap, no environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rke_py.kube.client import Api
from rke_py.kube.pods import NAMESPACES

_FIELDS = ("name", "namespace", "labels", "creationTimestamp", "deletionTimestamp")
_EVENT = ("type", "reason", "message", "count", "firstTimestamp", "lastTimestamp", "involvedObject")


def account(api: Api) -> Mapping[str, object]:
    """Return version, nodes, pods of the system and its events, each reduced to what tells how it is."""
    pods, events = [], []
    for namespace in NAMESPACES:
        pods += [_shown(pod) for pod in api.get(f"/api/v1/namespaces/{namespace}/pods")["items"]]
        events += [_event(event) for event in api.get(f"/api/v1/namespaces/{namespace}/events")["items"]]
    return {
        "version": api.version(),
        "nodes": [_node(node) for node in api.get("/api/v1/nodes")["items"]],
        "pods": pods,
        "events": events,
    }


def _shown(thing: Mapping[str, Any]) -> dict[str, Any]:
    metadata = thing.get("metadata", {})
    return {
        "metadata": {name: metadata[name] for name in _FIELDS if name in metadata},
        "node": thing.get("spec", {}).get("nodeName", ""),
        "status": thing.get("status", {}),
    }


def _node(node: Mapping[str, Any]) -> dict[str, Any]:
    spec, status = node.get("spec", {}), dict(node.get("status", {}))
    status.pop("images", None)
    return {**_shown(node), "status": status, "taints": spec.get("taints", []), "podCIDRs": spec.get("podCIDRs", [])}


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: event[name] for name in _EVENT if name in event}

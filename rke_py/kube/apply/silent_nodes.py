"""DaemonSets without their pods on nodes whose kubelets went silent: nobody brings those up, or can tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rke_py.kube.objects import Manifest, Objects

_TEMPLATE, _OF_POD = "deprecated.daemonset.template.generation", "pod-template-generation"


def without_silent_nodes(objects: Objects, live: Manifest) -> Manifest:
    """Return a DaemonSet whose status counts no pod on a node that is known to be silent.

    One that is merely not Ready counts: its pod network may be what is waited for.
    """
    silent = {node["metadata"]["name"] for node in objects.listed("/api/v1/nodes") if _silent(node)}
    labels = (live["spec"].get("selector") or {}).get("matchLabels") or {}
    if not silent or not labels:
        return live
    metadata, status = live["metadata"], live.get("status", {})
    pods = objects.listed(
        f"/api/v1/namespaces/{metadata['namespace']}/pods",
        labelSelector=",".join(f"{key}={value}" for key, value in labels.items()),
    )
    lost = [pod for pod in pods if pod["spec"].get("nodeName") in silent]
    newest = (metadata.get("annotations") or {}).get(_TEMPLATE)
    new = [pod for pod in lost if newest and (pod["metadata"].get("labels") or {}).get(_OF_POD) == newest]
    counted = {
        "desiredNumberScheduled": status.get("desiredNumberScheduled", 0) - len(lost),
        "updatedNumberScheduled": status.get("updatedNumberScheduled", 0) - len(new),
    }
    return {**live, "status": {**status, **counted}}


def _silent(node: Mapping[str, Any]) -> bool:
    """Tell whether its kubelet stopped telling of it, which is what ``Unknown`` says."""
    conditions = node.get("status", {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "Unknown" for one in conditions)

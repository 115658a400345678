"""DaemonSets without their pods on nodes whose kubelets went silent: nobody brings those up, or can tell of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from rke_py.errors import ApiError
from rke_py.kube.objects import Manifest, Objects

_TEMPLATE, _OF_POD = "deprecated.daemonset.template.generation", "pod-template-generation"


def without_silent_nodes(objects: Objects, live: Manifest) -> Manifest:
    """Return a DaemonSet whose status counts no pod on a node that is known to be silent.

    One that is merely not Ready counts: its pod network may be what is waited for.
    """
    lost = _lost_pods(objects, live)
    metadata, status = live["metadata"], live.get("status", {})
    newest = (metadata.get("annotations") or {}).get(_TEMPLATE)
    new = [pod for pod in lost if newest and (pod["metadata"].get("labels") or {}).get(_OF_POD) == newest]
    counted = {
        "desiredNumberScheduled": status.get("desiredNumberScheduled", 0) - len(lost),
        "updatedNumberScheduled": status.get("updatedNumberScheduled", 0) - len(new),
    }
    return {**live, "status": {**status, **counted}}


def advice(objects: Objects, manifest: Manifest) -> str:
    """Say what to do about silent nodes that hold up a DaemonSet's roll-out; empty when none do, or nobody can tell.

    Kubernetes counts a pod that nobody can bring up as unavailable, and makes none anew beyond ``maxUnavailable``.
    """
    try:
        live = objects.read(manifest) if manifest["kind"] == "DaemonSet" else None
        silent = _holding_up(objects, live) if live is not None else ()
    except ApiError:
        return ""
    if not silent:
        return ""
    name, down = manifest["metadata"]["name"], len(silent)
    return (
        f"Nobody answers for the pods of {name} on {', '.join(silent)}, and Kubernetes makes no other anew while "
        f"{down} or more are down. Bring these nodes up or take them out of cluster.yml, or let more be down: "
        "update_strategy.rollingUpdate.maxUnavailable."
    )


def _holding_up(objects: Objects, live: Manifest) -> Sequence[str]:
    strategy = live["spec"].get("updateStrategy") or {}
    rolling = strategy.get("rollingUpdate") or {}
    if strategy.get("type") == "OnDelete" or rolling.get("maxSurge", 0) not in (0, "0%"):
        return ()
    silent = sorted({pod["spec"]["nodeName"] for pod in _lost_pods(objects, live)})
    allowed = _count(rolling.get("maxUnavailable", 1), live.get("status", {}).get("desiredNumberScheduled", 0))
    return silent if len(silent) >= allowed else ()


def _count(limit: int | str, of: int) -> int:
    """Return a count, or a share as one; the DaemonSet controller rounds up."""
    return limit if isinstance(limit, int) else ceil(int(limit.removesuffix("%")) * of / 100)


def _lost_pods(objects: Objects, live: Manifest) -> Sequence[Mapping[str, Any]]:
    silent = {node["metadata"]["name"] for node in objects.listed("/api/v1/nodes") if _silent(node)}
    labels = (live["spec"].get("selector") or {}).get("matchLabels") or {}
    if not silent or not labels:
        return ()
    pods = objects.listed(
        f"/api/v1/namespaces/{live['metadata']['namespace']}/pods",
        labelSelector=",".join(f"{key}={value}" for key, value in labels.items()),
    )
    return [pod for pod in pods if pod["spec"].get("nodeName") in silent]


def _silent(node: Mapping[str, Any]) -> bool:
    """Tell whether its kubelet stopped telling of it, which is what ``Unknown`` says."""
    conditions = node.get("status", {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "Unknown" for one in conditions)

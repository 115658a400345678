"""Looks into rendered objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rke_py.cluster.model import Cluster
from rke_py.pki.model import Credential
from rke_py.render.addons import render_addons

Objects = Mapping[tuple[str, str], Any]


def objects_of(cluster: Cluster, addon: str, credentials: Mapping[str, Credential] | None = None) -> Objects:
    """Return the objects of one add-on by kind and name."""
    addons = {found.name: found.objects for found in render_addons(cluster, credentials or {})}
    return {(item["kind"], item["metadata"]["name"]): item for item in map(dict, addons[addon])}


def pod_of(workload: Any) -> Any:
    """Return a workload's pod specification."""
    return workload["spec"]["template"]["spec"]


def container(workload: Any, name: str) -> Any:
    """Return one of its containers."""
    pod = pod_of(workload)
    return next(one for one in (*pod.get("initContainers", ()), *pod["containers"]) if one["name"] == name)


def env(workload: Any, name: str) -> dict[str, str]:
    """Return the variables of one of its containers that are written out."""
    return {entry["name"]: entry["value"] for entry in container(workload, name)["env"] if "value" in entry}

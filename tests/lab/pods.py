"""Pods for the tests, of the lab's own image: Debian with sh, curl, python3 and getent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vagrant.lab.images import REGISTRY

from .kubectl import Object

IMAGE = f"{REGISTRY}/lab-test:13"
SERVE = "cd /srv && hostname > index.html && echo serving && trap exit TERM; python3 -m http.server 8080 & wait"
"""Serves its own name over HTTP; says so in its log first, and ends when it is told to."""

IDLE = "trap exit TERM; sleep infinity & wait"


def pod(
    name: str,
    *,
    host: str = "",
    script: str = IDLE,
    labels: Mapping[str, str] | None = None,
    volumes: Mapping[str, Mapping[str, Any]] | None = None,
    mounts: Sequence[Mapping[str, Any]] = (),
    container: Mapping[str, Any] | None = None,
    grace: int = 1,
) -> Object:
    """Return a pod.

    Args:
        name: Its name.
        host: Where it has to run; empty leaves it to the scheduler.
        script: What its container runs, shell text.
        labels: Beside ``app``, which is its name.
        volumes: By name, without the name.
        mounts: Of the container.
        container: Further fields of the container.
        grace: Seconds it gets to end.
    """
    return {"apiVersion": "v1", "kind": "Pod", "metadata": _metadata(name, labels)} | {
        "spec": spec(name, host=host, script=script, volumes=volumes, mounts=mounts, container=container, grace=grace)
    }


def spec(
    name: str,
    *,
    host: str = "",
    script: str = IDLE,
    volumes: Mapping[str, Mapping[str, Any]] | None = None,
    mounts: Sequence[Mapping[str, Any]] = (),
    container: Mapping[str, Any] | None = None,
    grace: int = 1,
) -> dict[str, Any]:
    """Return what such a pod is made from."""
    only = {"name": name, "image": IMAGE, "command": ["sh", "-c", script], "volumeMounts": list(mounts)}
    return {
        "terminationGracePeriodSeconds": grace,
        "nodeSelector": {"kubernetes.io/hostname": host} if host else {},
        "containers": [only | dict(container or {})],
        "volumes": [{"name": volume, **source} for volume, source in (volumes or {}).items()],
    }


def on_every_host(name: str) -> Object:
    """Return a DaemonSet of idle pods."""
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": _metadata(name),
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": spec(name)},
        },
    }


def service(name: str) -> Object:
    """Return the Service, on port 80, of pods that serve."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(name),
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]},
    }


def config_map(name: str, data: Mapping[str, str]) -> Object:
    """Return a ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _metadata(name), "data": dict(data)}


def _metadata(name: str, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    return {"name": name, "labels": {"app": name, **(labels or {})}}

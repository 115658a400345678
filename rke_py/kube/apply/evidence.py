"""Why an object does not work: its pods' conditions, the events, the last log lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rke_py.errors import ApiError
from rke_py.kube.objects import Manifest, Objects

_PODS = 3
_EVENTS = 5
_LOG_LINES = 5
_WORKLOADS = frozenset({"DaemonSet", "Deployment", "Job", "StatefulSet"})


def evidence(objects: Objects, manifest: Manifest) -> tuple[str, ...]:
    """Return lines that show why an object does not work; what cannot be read is left out."""
    try:
        return tuple(_lines(objects, manifest))
    except ApiError as error:
        return (f"no more could be read: {error.what}",)


def _lines(objects: Objects, manifest: Manifest) -> Iterator[str]:
    ref = objects.ref(manifest)
    yield from _events(objects, ref.namespace or "default", ref.name)
    live = objects.read(manifest) if ref.kind in _WORKLOADS else None
    if live is None:
        return
    for pod in _unready_pods(objects, ref.namespace, live["spec"].get("selector") or {}):
        name = pod["metadata"]["name"]
        yield f"pod {name}: {_state(pod)}"
        yield from _events(objects, ref.namespace, name)
        yield from _log(objects, ref.namespace, pod)


def _unready_pods(objects: Objects, namespace: str, selector: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    labels = selector.get("matchLabels") or {}
    pods = objects.listed(
        f"/api/v1/namespaces/{namespace}/pods",
        labelSelector=",".join(f"{key}={value}" for key, value in labels.items()),
    )
    return [pod for pod in pods if not _ready(pod)][:_PODS]


def _ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _state(pod: Mapping[str, Any]) -> str:
    """Say what keeps a pod from being ready: the conditions that are false, and what its containers wait for."""
    status = pod.get("status", {})
    parts = [f"{status.get('phase', 'Pending')} on {pod['spec'].get('nodeName') or 'no node yet'}"]
    parts += [
        f"{condition['type']} is {condition['status']} ({condition.get('message') or condition.get('reason', '')})"
        for condition in status.get("conditions") or ()
        if condition["status"] != "True"
    ]
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        for state in ("waiting", "terminated"):
            told = container.get("state", {}).get(state)
            if told and told.get("reason") != "Completed":
                parts.append(
                    f"{container['name']} {state}: {told.get('reason', '')} {told.get('message', '')}".rstrip()
                )
    return "; ".join(parts)


def _events(objects: Objects, namespace: str, name: str) -> Iterator[str]:
    found = objects.listed(f"/api/v1/namespaces/{namespace}/events", fieldSelector=f"involvedObject.name={name}")
    events = sorted(found, key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")
    for event in events[-_EVENTS:]:
        yield f"event {event.get('reason', '')}: {event.get('message', '')}"


def _log(objects: Objects, namespace: str, pod: Mapping[str, Any]) -> Iterator[str]:
    """Yield the last log lines of containers that started but are not ready."""
    for container in pod.get("status", {}).get("containerStatuses") or ():
        if container.get("ready") or not (container.get("started") or container.get("restartCount")):
            continue
        name = pod["metadata"]["name"]
        for line in objects.log(namespace, name, container["name"], _LOG_LINES):
            yield f"log {name}/{container['name']}: {line}"

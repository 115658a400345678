"""Who still uses API versions that a later release does not serve: what API servers were asked for, and objects.

An API server counts since it started which deprecated APIs it was asked for, and in which release they go
(``apiserver_requested_deprecated_apis``, stable since 1.19). An object tells by its managed fields, or by what kubectl
applied last, in which API version somebody wrote it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rke_py.catalog.removed import Removed
from rke_py.errors import ApiError
from rke_py.kube.client import Api
from rke_py.kube.objects import Objects
from rke_py.plan.observed import ObservedUse

_METRIC = re.compile(r"apiserver_requested_deprecated_apis\{(?P<labels>[^}]*)\} (?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_MADE_BY_KUBERNETES = frozenset({"CSINode", "EndpointSlice", "Event", "Lease", "VolumeAttachment"})
"""Kinds whose objects its own components write, in the version that they know; there may be thousands."""

_NO_OBJECTS = (404, 405)
"""The API server does not serve the kind; or it can only be created, as reviews can, and nothing is kept of it."""


def removed_uses(
    api: Api, objects: Objects, wanted: tuple[int, int], rows: Sequence[Removed]
) -> tuple[ObservedUse, ...]:
    """Return the uses of what a release does not serve.

    Args:
        api: The cluster's API.
        objects: The same, for objects of any kind.
        wanted: The minor release.
        rows: What the way to it takes away.
    """
    texts = api.each("/metrics")
    asked: dict[tuple[str, str], set[str]] = {}
    for server, text in texts.items():
        for use in requested(text, wanted):
            asked.setdefault(use, set()).add(server)
    requests = (
        ObservedUse(api_version=version, what=resource, servers=tuple(sorted(servers)))
        for (version, resource), servers in sorted(asked.items())
    )
    return (*requests, *_written(objects, rows))


def requested(text: str, wanted: tuple[int, int]) -> Iterator[tuple[str, str]]:
    """Yield API version and resource of what an API server was asked for and a release does not serve.

    Args:
        text: Its metrics, in Prometheus' text form.
        wanted: The minor release.
    """
    for match in _METRIC.finditer(text):
        labels = dict(_LABEL.findall(match["labels"]))
        removal = re.fullmatch(r"(\d+)\.(\d+)", labels.get("removed_release", ""))
        if removal and (int(removal[1]), int(removal[2])) <= wanted and float(match["value"]):
            version = "/".join(filter(None, (labels.get("group", ""), labels["version"])))
            yield version, labels["resource"]


def _written(objects: Objects, rows: Sequence[Removed]) -> Iterator[ObservedUse]:
    for row in rows:
        if row.kind in _MADE_BY_KUBERNETES:
            continue
        found = tuple(_objects_of(objects, row))
        if found:
            yield ObservedUse(api_version=row.api_version, what=row.kind, objects=found)


def _objects_of(objects: Objects, row: Removed) -> Iterator[str]:
    try:
        kind = objects.kind(row.instead or row.api_version, row.kind)
        items = list(objects.listed(kind.path))
    except ApiError as error:
        if error.status not in _NO_OBJECTS:
            raise
        return
    for item in items:
        writers = sorted(_writers(item["metadata"], row.api_version))
        if writers:
            metadata = item["metadata"]
            place = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
            yield f"{row.kind} {place}{metadata['name']} (by {', '.join(writers)})"


def _writers(metadata: Mapping[str, Any], api_version: str) -> Iterator[str]:
    """Yield who wrote an object in an API version."""
    managers = {entry.get("manager", "") for entry in metadata.get("managedFields", ()) if _is(entry, api_version)}
    if not managers and _is(_applied(metadata), api_version):
        managers = {"kubectl"}
    yield from filter(None, managers)


def _applied(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what kubectl applied last, nothing where somebody else wrote that annotation."""
    try:
        applied = json.loads((metadata.get("annotations") or {}).get(_APPLIED) or "{}")
    except ValueError:
        return {}
    return applied if isinstance(applied, dict) else {}


def _is(entry: Mapping[str, Any], api_version: str) -> bool:
    return entry.get("apiVersion") == api_version

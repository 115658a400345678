"""What ``kubectl apply`` manages of an object, handed over: a field that leaves its manifest then leaves the object.

RKE's jobs apply add-ons with kubectl, which notes its fields as those of an ordinary writer. Server-side apply beside
it would only share them, and could never take one away. So the note becomes that of our own apply, as kubectl makes it
its own on the way to server-side apply (client-go, ``csaupgrade``). kubectl before v1.20 noted them under another name,
and what two of them noted is handed over together: a field that only one of the notes still has would never go.

Of objects that were made before Kubernetes v1.18 nobody notes anything until the first server-side apply, which gives
all that is there to a manager of its own, for ever. So with them what kubectl last applied is first applied once more,
as ours, and that manager goes: what was ours then goes with our next apply.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import reduce
from typing import Any

from rke_py.errors import ApiError, ApiUnavailable
from rke_py.kube.client import FIELD_MANAGER
from rke_py.kube.objects import Manifest, NoSuchKind, Objects
from rke_py.kube.waiting import wait_until

_CONFLICT = 409
_SECONDS = 15.0
_KUBECTL = ("kubectl-client-side-apply", "Update")
_LAST_APPLIED = "f:kubectl.kubernetes.io/last-applied-configuration"
"""Every kubectl writes down with the object what it applied."""

_UNNOTED = ("before-first-apply", "Update")
"""The API server's manager of what was there before the first server-side apply."""


class _Changed(ApiError):
    """Somebody wrote the object between the two moments; a controller does so all the time."""


def take_over(objects: Objects, manifest: Manifest) -> None:
    """Make ours what kubectl manages of a live object; nothing happens where there is nothing of it.

    A ConfigMap whose manifest does not speak of entries is for others to fill, and they may do so with kubectl too.
    """
    if manifest["kind"] == "ConfigMap" and "data" not in manifest:
        return
    with suppress(NoSuchKind):
        wait_until(lambda: _try(objects, manifest), timeout=_SECONDS, retry=(_Changed, ApiUnavailable))


def _try(objects: Objects, manifest: Manifest) -> None:
    live = objects.read(manifest)
    if live is None:
        return
    live = _noted(objects, live)
    entries = live["metadata"].get("managedFields") or []
    ours = _without_unnoted(entries) if any(map(applied_by_us, entries)) else _handed_over(entries)
    if ours == entries:
        return
    try:
        objects.replace_managers(manifest, ours, live["metadata"]["resourceVersion"])
    except ApiError as error:
        if error.status != _CONFLICT:
            raise
        raise _Changed(error.what, status=error.status, reason=error.reason) from error


def _noted(objects: Objects, live: dict[str, Any]) -> dict[str, Any]:
    """Return a live object with notes of who manages it; what cannot be applied once more stays without."""
    metadata = live["metadata"]
    applied = (metadata.get("annotations") or {}).get(_LAST_APPLIED.removeprefix("f:"))
    if metadata.get("managedFields") or not applied:
        return live
    try:
        return objects.apply(json.loads(applied))
    except ApiError as error:
        if not error.answered:
            raise
        return live


def _without_unnoted(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in entries if (entry.get("manager"), entry.get("operation")) != _UNNOTED]


def _handed_over(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return entries of managed fields with those of kubectl as one of ours, in the place and form of the newest.

    An older one may be in an API version that is served no more, and would be lost.
    """
    old = [entry for entry in entries if _is_kubectls(entry)]
    if not old:
        return entries
    fields = reduce(_together, (entry.get("fieldsV1") or {} for entry in old))
    newest = max(old, key=lambda entry: str(entry.get("time") or ""))
    ours = {**newest, "manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": fields}
    return [ours if entry is newest else entry for entry in entries if entry is newest or entry not in old]


def _is_kubectls(entry: Mapping[str, Any]) -> bool:
    if entry.get("operation") != "Update" or entry.get("subresource"):
        return False
    metadata = (entry.get("fieldsV1") or {}).get("f:metadata") or {}
    named = (entry.get("manager"), entry.get("operation")) == _KUBECTL
    return named or _LAST_APPLIED in (metadata.get("f:annotations") or {})


def _together(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of both: a field is a key, what is below it its value."""
    return {key: _together(one.get(key, {}), other.get(key, {})) for key in {**one, **other}}


def applied_by_us(entry: Mapping[str, Any]) -> bool:
    """Tell whether an entry of managed fields says that we applied the object."""
    return (entry.get("manager"), entry.get("operation")) == (FIELD_MANAGER, "Apply")

"""A workload whose selector another tool chose: it cannot be changed, so the object is made anew around its pods.

Deleted as an orphan's parent it leaves its pods, and a Deployment its ReplicaSets, running and unowned; the new object
adopts what its own selector finds, and goes on from there with its ordinary roll-out.
"""

from __future__ import annotations

from typing import Any

from rke_py.errors import ApiError, ApiUnavailable
from rke_py.kube.objects import Manifest, NoSuchKind, Objects
from rke_py.kube.waiting import wait_until

_SECONDS = 60.0
_WORKLOADS = frozenset({"DaemonSet", "Deployment", "StatefulSet"})


class _There(ApiError):
    """The garbage collector has not let go of it yet."""


def make_room(objects: Objects, manifest: Manifest) -> None:
    """Delete a live workload without its pods where its selector is another one and the wanted one finds these pods.

    Nothing happens to one whose pods the wanted selector would not find: applying it fails then, and says why.
    """
    if manifest["kind"] not in _WORKLOADS:
        return
    try:
        live = objects.read(manifest)
    except NoSuchKind:
        return
    if live is None or not _adopts(manifest, live):
        return
    objects.delete(manifest, orphan=True)
    wait_until(lambda: _gone(objects, manifest), timeout=_SECONDS, retry=(_There, ApiUnavailable))


def _adopts(manifest: Manifest, live: dict[str, Any]) -> bool:
    """Tell whether the selectors differ, and the wanted one finds the pods that are there."""
    wanted, there = manifest["spec"].get("selector") or {}, live["spec"].get("selector") or {}
    labels = live["spec"]["template"]["metadata"].get("labels") or {}
    plain = wanted.keys() == {"matchLabels"}
    return wanted != there and plain and wanted["matchLabels"].items() <= labels.items()


def _gone(objects: Objects, manifest: Manifest) -> None:
    if objects.read(manifest) is not None:
        raise _There(f"the {objects.ref(manifest)} is still being deleted")

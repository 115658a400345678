"""An add-on's objects beside the live ones, without changing anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rke_py.errors import ApiError
from rke_py.kube.apply.applyset import ApplySet, members, parent_of, recorded_kinds
from rke_py.kube.apply.order import KEPT
from rke_py.kube.apply.working import Failed, missing_of
from rke_py.kube.objects import Manifest, NoSuchKind, Objects, Ref
from rke_py.kube.threads import in_parallel
from rke_py.plan.observed import ObjectState, ObservedObject

_SERVERS_OWN = frozenset({"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"})


def compare(objects: Objects, addon: str, manifests: Sequence[Manifest]) -> tuple[ObservedObject, ...]:
    """Compare an add-on's manifests with the live objects, and name those that are to be pruned.

    SAME means that applying the manifest would change nothing; the API server itself says so, by a dry run. An object
    about which it cannot say so counts as different.

    Args:
        objects: The cluster's objects.
        addon: The add-on's name.
        manifests: Its objects; empty for an add-on that is not wanted any more.
    """
    objects.learn(manifests)
    applyset = ApplySet(addon=addon)
    wanted: list[Manifest] = [applyset.member(manifest) for manifest in manifests]
    known = frozenset(ref for manifest in wanted if (ref := _ref(objects, manifest)))
    live = objects.read(applyset.parent((), ()))
    found = members(objects, applyset, recorded_kinds(live))
    left = {ref: item for ref, item in found.items() if ref not in known}
    kept = frozenset(ref for ref in left if ref.kind in KEPT)
    stale = [item for ref, item in left.items() if ref not in kept]
    if manifests:
        wanted.append(parent_of(applyset, known | kept))
    elif live is not None:
        stale.append(live)
    known_live = found if live is None else {**found, objects.ref(live): live}
    results = in_parallel(lambda manifest: _compared(objects, addon, manifest, known_live), wanted)
    return (*results, *(_observed(addon, item, ObjectState.STALE) for item in stale))


def differences(found: Manifest, applied: Manifest) -> tuple[str, ...]:
    """Return the paths at which two objects differ, without what the server keeps for itself."""
    return tuple(_paths(_comparable(found), _comparable(applied), ""))


def _compared(objects: Objects, addon: str, manifest: Manifest, known: Mapping[Ref, Manifest]) -> ObservedObject:
    """Compare one object; ``known`` are live objects that need not be read again."""
    ref = _ref(objects, manifest)
    if ref is None:
        return _observed(addon, manifest, ObjectState.ABSENT)
    found = known.get(ref)
    if found is None or found["apiVersion"] != manifest["apiVersion"]:
        found = objects.read(manifest)
    if found is None:
        return _observed(addon, manifest, ObjectState.ABSENT)
    try:
        changed = differences(found, objects.apply(manifest, dry_run=True))
    except ApiError as error:
        if not error.answered:
            raise
        return _observed(addon, manifest, ObjectState.DIFFERENT, error.evidence or (error.what,))
    state = ObjectState.DIFFERENT if changed else ObjectState.SAME
    return replace(_observed(addon, manifest, state, changed), missing=_missing(found))


def _missing(live: Manifest) -> str:
    """Return what a live object lacks to work."""
    try:
        return missing_of(live)
    except Failed as error:
        return error.what


def _ref(objects: Objects, manifest: Manifest) -> Ref | None:
    """Return which object a manifest describes, None while its kind is not known to the server."""
    try:
        return objects.ref(manifest)
    except NoSuchKind:
        return None


def _observed(addon: str, manifest: Manifest, state: ObjectState, changed: tuple[str, ...] = ()) -> ObservedObject:
    metadata = manifest["metadata"]
    return ObservedObject(
        addon=addon,
        kind=manifest["kind"],
        api_version=manifest["apiVersion"],
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        state=state,
        changed=changed,
    )


def _comparable(item: Manifest) -> dict[str, Any]:
    metadata = {key: value for key, value in item["metadata"].items() if key not in _SERVERS_OWN}
    return {key: value for key, value in item.items() if key != "status"} | {"metadata": metadata}


def _paths(found: object, applied: object, path: str) -> Iterator[str]:
    if isinstance(found, Mapping) and isinstance(applied, Mapping):
        for key in sorted({*found, *applied}):
            yield from _paths(found.get(key), applied.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(found, list) and isinstance(applied, list) and len(found) == len(applied):
        for index, (one, other) in enumerate(zip(found, applied, strict=True)):
            yield from _paths(one, other, f"{path}[{index}]")
    elif found != applied:
        yield path

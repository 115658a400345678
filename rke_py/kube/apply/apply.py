"""Making the cluster carry an add-on's objects, and only those."""

from __future__ import annotations

from collections.abc import Sequence

from rke_py.errors import ApiError, ApiUnavailable, WebhookAway
from rke_py.kube.apply.applyset import (
    ApplySet,
    group_kind,
    members,
    parent_of,
    recorded_kinds,
    recorded_namespaces,
)
from rke_py.kube.apply.kubectl import take_over
from rke_py.kube.apply.order import DEFINITIONS, KEPT, waves
from rke_py.kube.apply.selectors import make_room
from rke_py.kube.apply.working import wait
from rke_py.kube.objects import Manifest, NoSuchKind, Objects, Ref
from rke_py.kube.threads import in_parallel
from rke_py.kube.waiting import wait_until

_UNPROCESSABLE = 422
_ESTABLISHED_SECONDS = 30.0
_LATER_SECONDS = 15.0
_WEBHOOK_SECONDS = 180.0


def apply(objects: Objects, addon: str, manifests: Sequence[Manifest], *, also_kept: bool = False) -> None:
    """Apply an add-on's objects in order and prune those that left it; without manifests remove the add-on.

    What kubectl applied before is taken over with the first time, before there is a parent: one says that this is done.
    A workload that has another selector then is made anew around its pods.
    The parent of the set lists every kind before the first object of it exists, so an interrupted run leaves nothing
    that the next one does not find.

    Args:
        objects: The cluster's objects.
        addon: The add-on's name.
        manifests: Its objects.
        also_kept: Prune Namespaces, CustomResourceDefinitions, PersistentVolumes and their claims as well.
    """
    applyset = ApplySet(addon=addon)
    objects.learn(manifests)
    live = objects.read(applyset.parent((), ()))
    if live is None:
        in_parallel(lambda manifest: take_over(objects, manifest), manifests)
        in_parallel(lambda manifest: make_room(objects, manifest), manifests)
    if manifests:
        _apply_one(objects, _widened(applyset, manifests, live), frozenset())
    defined = frozenset(manifest["spec"]["group"] for manifest in manifests if manifest["kind"] in DEFINITIONS)
    for wave in waves([applyset.member(manifest) for manifest in manifests]):
        in_parallel(lambda manifest: _apply_one(objects, manifest, defined), wave)
        if wave[0]["kind"] in DEFINITIONS:
            wait(objects, addon, wave, _ESTABLISHED_SECONDS)
    refs = frozenset(objects.ref(manifest) for manifest in manifests)
    remaining = _prune(objects, applyset, live, refs, frozenset() if also_kept else KEPT)
    if refs:
        objects.apply(parent_of(applyset, refs | remaining))
    else:
        objects.delete(applyset.parent((), ()))


def _widened(applyset: ApplySet, manifests: Sequence[Manifest], live: Manifest | None) -> Manifest:
    """Return a parent that covers what is there and what is going to be."""
    kinds = {group_kind(manifest) for manifest in manifests}
    namespaces = {manifest["metadata"].get("namespace") or "default" for manifest in manifests}
    return applyset.parent(kinds | recorded_kinds(live), namespaces | recorded_namespaces(live))


def _apply_one(objects: Objects, manifest: Manifest, defined: frozenset[str]) -> None:
    """Apply one object; a kind of ours takes a moment to be served after its definition was established.

    A webhook that is asked about it may come with an add-on of the same run, which takes longer.
    """
    group, _ = group_kind(manifest)
    retry = (NoSuchKind, ApiUnavailable) if group in defined else (ApiUnavailable,)
    try:
        wait_until(
            lambda: wait_until(lambda: objects.apply(manifest), timeout=_LATER_SECONDS, retry=retry),
            timeout=_WEBHOOK_SECONDS,
            retry=WebhookAway,
        )
    except ApiError as error:
        if error.status == _UNPROCESSABLE:
            error.hint = f"If a field cannot be changed: delete the {objects.ref(manifest)}; the next run makes it anew"
        raise


def _prune(
    objects: Objects, applyset: ApplySet, live: Manifest | None, wanted: frozenset[Ref], kept: frozenset[str]
) -> frozenset[Ref]:
    """Delete the members that are no longer wanted, in the opposite order of applying; return those that stay."""
    found = members(objects, applyset, recorded_kinds(live))
    left = {ref: item for ref, item in found.items() if ref not in wanted}
    leaving = [item for ref, item in left.items() if ref.kind not in kept]
    for wave in reversed(waves(leaving)):
        in_parallel(objects.delete, wave)
    return frozenset(ref for ref in left if ref.kind in kept)

"""Which objects belong to an add-on, written down as kubectl's ApplySets are (KEP-3659).

Every member carries the label of its set; a ConfigMap in kube-system is the set's parent and says which kinds the
members have, so that they are found again when the add-on does not list them any more.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from rke_py.kube.apply.kubectl import applied_by_us
from rke_py.kube.client import Api
from rke_py.kube.objects import Kind, Manifest, NoSuchKind, Objects, Ref
from rke_py.kube.threads import in_parallel
from rke_py.plan.conventions import SET_PREFIX

NAMESPACE = "kube-system"
PART_OF = "applyset.kubernetes.io/part-of"

_ID = "applyset.kubernetes.io/id"
_TOOLING = "applyset.kubernetes.io/tooling"
_KINDS = "applyset.kubernetes.io/contains-group-kinds"
_NAMESPACES = "applyset.kubernetes.io/additional-namespaces"
_CONFIG_MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"

GroupKind = tuple[str, str]
"""A kind's group and name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplySet:
    """The set of an add-on's objects."""

    addon: str

    @property
    def name(self) -> str:
        """The parent's name."""
        return f"{SET_PREFIX}{self.addon}"

    @property
    def id(self) -> str:
        """The value of the members' label: a digest of the parent's name, namespace, kind and group."""
        digest = hashlib.sha256(f"{self.name}.{NAMESPACE}.ConfigMap.".encode()).digest()
        return f"applyset-{base64.urlsafe_b64encode(digest).decode().rstrip('=')}-v1"

    def member(self, manifest: Manifest) -> dict[str, Any]:
        """Return a manifest that carries the label of the set."""
        metadata = manifest["metadata"]
        labels = {**(metadata.get("labels") or {}), PART_OF: self.id}
        return {**manifest, "metadata": {**metadata, "labels": labels}}

    def parent(self, kinds: Iterable[GroupKind], namespaces: Iterable[str]) -> Manifest:
        """Return the parent of members that have these kinds and live in these namespaces."""
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": self.name,
                "namespace": NAMESPACE,
                "labels": {_ID: self.id},
                "annotations": {
                    _TOOLING: "rke-py/v1",
                    _KINDS: ",".join(sorted(f"{name}.{group}" if group else name for group, name in kinds)),
                    _NAMESPACES: ",".join(sorted({*namespaces} - {NAMESPACE, ""})),
                },
            },
        }


def parent_of(applyset: ApplySet, refs: Iterable[Ref]) -> Manifest:
    """Return the parent of exactly these members."""
    refs = tuple(refs)
    return applyset.parent({(ref.group, ref.kind) for ref in refs}, {ref.namespace for ref in refs})


def group_kind(manifest: Manifest) -> GroupKind:
    """Return the group and name of a manifest's kind."""
    group, _, _version = manifest["apiVersion"].rpartition("/")
    return group, manifest["kind"]


def recorded_kinds(parent: Manifest | None) -> frozenset[GroupKind]:
    """Return the kinds that a live parent lists."""
    return frozenset(_read_kind(text) for text in _recorded(parent, _KINDS))


def recorded_namespaces(parent: Manifest | None) -> frozenset[str]:
    """Return the namespaces that a live parent lists besides its own."""
    return frozenset(_recorded(parent, _NAMESPACES))


def members(objects: Objects, applyset: ApplySet, kinds: Iterable[GroupKind]) -> Mapping[Ref, Manifest]:
    """Return the live objects of these kinds that carry the label of the set, without those that are on their way out.

    Controllers copy labels to what they make (the slices of a Service, the Certificate of an Ingress), and so do people
    who copy an object: only what was applied by us, and has no controller, is ours. A kind that is not served any more
    has no objects any more.
    """
    label = f"{PART_OF}={applyset.id}"
    served = [kind for group, name in sorted(kinds) if (kind := _served(objects, group, name))]
    found = in_parallel(lambda kind: tuple(objects.labelled(kind, label)), served)
    return {objects.ref(item): item for item in chain.from_iterable(found) if _is_ours(item["metadata"])}


def addons(api: Api) -> tuple[str, ...]:
    """Return the names of the add-ons that have a set in the cluster."""
    found = api.get(_CONFIG_MAPS, labelSelector=_ID)["items"]
    names = (item["metadata"]["name"] for item in found)
    return tuple(sorted(name.removeprefix(SET_PREFIX) for name in names if name.startswith(SET_PREFIX)))


def _is_ours(metadata: Mapping[str, Any]) -> bool:
    applied = any(map(applied_by_us, metadata.get("managedFields") or ()))
    controlled = any(owner.get("controller") for owner in metadata.get("ownerReferences") or ())
    return applied and not controlled and "deletionTimestamp" not in metadata


def _served(objects: Objects, group: str, name: str) -> Kind | None:
    try:
        return objects.preferred(group, name)
    except NoSuchKind:
        return None


def _recorded(parent: Manifest | None, annotation: str) -> list[str]:
    annotations = (parent or {}).get("metadata", {}).get("annotations") or {}
    return [text for text in annotations.get(annotation, "").split(",") if text]


def _read_kind(text: str) -> GroupKind:
    """Read ``Deployment.apps`` or ``ConfigMap``."""
    name, _, group = text.partition(".")
    return group, name

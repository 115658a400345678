"""What RKE needs in a cluster and nobody else does: its add-on jobs with their texts, the rights it gave, old objects.

A ConfigMap has the text of what each job applied. What stands there and is no part of our add-ons (the autoscaler of
CoreDNS, an account under another name) would go on beside ours, so it goes with the job; the texts of the user's own
add-ons are left out, since these are his.

RKE's nodes share one name, which the Node authorizer does not know, so RKE binds the whole group of nodes to a role by
which every node reads every Secret. Kubernetes makes a binding of that name, for nobody, when it is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import yaml

from rke_py.kube.apply.order import KEPT, waves
from rke_py.kube.objects import Manifest, NoSuchKind, Objects, Ref
from rke_py.plan.observed import ObjectState, ObservedObject

_NAMESPACE = "kube-system"
_RBAC = "rbac.authorization.k8s.io/v1"
_ADDONS = (
    *("rke-network-plugin", "rke-coredns-addon", "rke-kube-dns-addon", "rke-nodelocal-addon", "rke-metrics-addon"),
    "rke-ingress-controller",
)
_USERS = ("rke-user-addon", "rke-user-includes-addons")
_DEPLOYS, _DELETES = "-deploy-job", "-delete-job"
_INSTALLED = "rke-py.io/installed"
"""On the text of a job that is gone: what it applied is there, as nothing else of RKE's tells any more."""

_NODES, _GROUP = "system:node", "system:nodes"


def left_by_rke(objects: Objects, wanted: Sequence[Manifest]) -> tuple[ObservedObject, ...]:
    """Return all of it that is there, in the order in which it can go.

    Args:
        objects: The cluster's objects.
        wanted: Those of all our add-ons.
    """
    known = dict(_described(objects, wanted)).keys()
    applied = (item for name in _ADDONS for item in _applied(objects, name, known, certain=False))
    return tuple(_observed(manifest) for manifest in (*applied, *_own(objects)))


def left_of_jobs(
    objects: Objects, names: Sequence[str], wanted: Sequence[Manifest], certain: Collection[str]
) -> tuple[ObservedObject, ...]:
    """Return what some of RKE's jobs left, in the order in which it can go.

    Args:
        objects: The cluster's objects.
        names: The jobs, as their ConfigMaps are called.
        wanted: The objects that stay.
        certain: Those of the jobs that were surely the last to apply something of that kind: nothing else has to tell
            so, and what they applied goes even where nothing of ours comes in its place.
    """
    known = dict(_described(objects, wanted)).keys()
    applied = (item for name in names for item in _applied(objects, name, known, certain=name in certain))
    own = (item for name in names for item in _work(objects, name))
    return tuple(_observed(manifest) for manifest in (*applied, *own))


def finished_jobs(objects: Objects) -> tuple[ObservedObject, ...]:
    """Return RKE's jobs that have done their work; one that runs may be a run of RKE's, one that failed is evidence."""
    return tuple(_observed(job) for name in (*_ADDONS, *_USERS) for job in _jobs(objects, name, _done))


def forget(objects: Objects, found: Sequence[ObservedObject]) -> None:
    """Delete these objects in their order: what a text names before the text itself, the rights of nodes last."""
    texts = {item.name for item in found if item.kind == "ConfigMap"}
    for item in found:
        name = item.name.removesuffix(_DEPLOYS)
        if item.kind == "Job" and name != item.name and name not in texts:
            _note_installed(objects, name)
        objects.delete(_object(item.api_version, item.kind, item.name, item.namespace))


def _own(objects: Objects) -> Iterator[Manifest]:
    """Yield what RKE itself made."""
    for name in (*_ADDONS, *_USERS):
        yield from _work(objects, name)
    yield from _live(objects, _object(_RBAC, "ClusterRoleBinding", "job-deployer"))
    yield from _live(objects, _object("v1", "ServiceAccount", "rke-job-deployer", _NAMESPACE))
    yield from _live(objects, _object(_RBAC, "ClusterRoleBinding", "proxy-role-binding-kubernetes-master"))
    yield from _live(objects, _object(_RBAC, "ClusterRole", "proxy-clusterrole-kubeapiserver"))
    nodes = _object(_RBAC, "ClusterRoleBinding", _NODES)
    live = objects.read(nodes)
    if live is not None and any(subject.get("name") == _GROUP for subject in live.get("subjects") or ()):
        yield nodes


def _work(objects: Objects, name: str) -> Iterator[Manifest]:
    """Yield the jobs of an add-on, and the ConfigMap with their text."""
    yield from _jobs(objects, name)
    yield from _live(objects, _object("v1", "ConfigMap", name, _NAMESPACE))


def _applied(objects: Objects, name: str, known: Collection[Ref], *, certain: bool) -> Iterator[Manifest]:
    """Yield what RKE's job applied and our add-ons do not have; what holds data of users stays.

    RKE keeps the text of an add-on that it took away, and only its job tells that one is installed, or the note in the
    place of one that was cleaned up. What is there by the names of such a text may be the owner's own by now, as with
    an add-on in whose place none of ours comes.
    """
    text = objects.read(_object("v1", "ConfigMap", name, _NAMESPACE)) or {}
    applied = dict(_described(objects, _documents(text)))
    if not certain and (not _installed(objects, name, text) or applied.keys().isdisjoint(known)):
        return
    left = [manifest for ref, manifest in applied.items() if ref not in known and ref.kind not in KEPT]
    for wave in reversed(waves(left)):
        for manifest in wave:
            ref = objects.ref(manifest)
            yield from _live(objects, _object(manifest["apiVersion"], ref.kind, ref.name, ref.namespace))


def _installed(objects: Objects, name: str, text: Manifest) -> bool:
    noted = _INSTALLED in ((text.get("metadata") or {}).get("annotations") or {})
    return noted or any(_live(objects, _job(name, _DEPLOYS)))


def _note_installed(objects: Objects, name: str) -> None:
    for text in _live(objects, _object("v1", "ConfigMap", name, _NAMESPACE)):
        objects.apply({**text, "metadata": {**text["metadata"], "annotations": {_INSTALLED: "true"}}})


def _jobs(objects: Objects, name: str, such: Callable[[Manifest], bool] = bool) -> Iterator[Manifest]:
    """Yield the jobs of an add-on that are there, and are such as is asked for."""
    for does in (_DEPLOYS, _DELETES):
        yield from _live(objects, _job(name, does), such)


def _done(job: Manifest) -> bool:
    return any(
        condition.get("type") == "Complete" and condition.get("status") == "True"
        for condition in (job.get("status") or {}).get("conditions") or ()
    )


def _job(name: str, does: str) -> Manifest:
    return _object("batch/v1", "Job", f"{name}{does}", _NAMESPACE)


def _documents(config_map: dict[str, Any]) -> Iterator[Manifest]:
    """Yield the manifests of a job's text; one that cannot be read has none."""
    for text in (config_map.get("data") or {}).values():
        with suppress(yaml.YAMLError):
            for document in yaml.load_all(text, Loader=yaml.CSafeLoader):
                if isinstance(document, dict) and {"apiVersion", "kind", "metadata"} <= document.keys():
                    yield document


def _described(objects: Objects, manifests: Iterable[Manifest]) -> Iterator[tuple[Ref, Manifest]]:
    """Yield manifests with the objects that they describe, of kinds that are served."""
    for manifest in manifests:
        with suppress(NoSuchKind):
            yield objects.ref(manifest), manifest


def _live(objects: Objects, manifest: Manifest, such: Callable[[Manifest], bool] = bool) -> Iterator[Manifest]:
    with suppress(NoSuchKind):
        found = objects.read(manifest)
        if found is not None and such(found):
            yield manifest


def _object(api_version: str, kind: str, name: str, namespace: str = "") -> Manifest:
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **place}}


def _observed(manifest: Manifest) -> ObservedObject:
    metadata = manifest["metadata"]
    return ObservedObject(
        addon="",
        kind=manifest["kind"],
        api_version=manifest["apiVersion"],
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        state=ObjectState.STALE,
    )

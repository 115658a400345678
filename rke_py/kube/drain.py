"""Emptying a node before its turn: cordon, evict within the disruption budgets, uncordon what we cordoned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lightkube.models.core_v1 import NodeSpec, PodSpec, PodStatus
from lightkube.models.meta_v1 import ObjectMeta, OwnerReference
from lightkube.resources.core_v1 import Node, Pod
from lightkube.types import PatchType

from rke_py.cluster.upgrade_model import DrainInput
from rke_py.errors import ApiError, ApiUnavailable, WebhookAway
from rke_py.kube.client import Api, translated
from rke_py.kube.pods import pods_on
from rke_py.kube.waiting import wait_until
from rke_py.plan.node_object import CORDONED

_EVICTION, _NEWEST = "pods/eviction", "policy/v1"
_MIRROR = "kubernetes.io/config.mirror"
_INTERVAL_SECONDS = 1.0
_LONGEST_SECONDS = 5.0
_NOT_NOW = (403, 429, 500)
"""A namespace is just being deleted, or somebody's policy says no; a disruption budget keeps the pod, or two do."""
_GONE = (404, 409)
"""There is no pod of that name, or another one has it."""


class _NotYet(ApiError):
    """Pods are still on the node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaving:
    """A pod that has to leave the node."""

    namespace: str
    name: str
    uid: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def cordon(api: Api, name: str) -> None:
    """Keep new pods away from a node; one that somebody else cordoned stays theirs."""
    with translated(f"cordon node {name}"):
        node = api.typed.get(Node, name)
        if (node.spec or NodeSpec()).unschedulable:
            return
        patch = {"metadata": {"annotations": {CORDONED: "true"}}, "spec": {"unschedulable": True}}
        api.typed.patch(Node, name, patch, patch_type=PatchType.MERGE)


def uncordon(api: Api, name: str) -> None:
    """Let pods onto a node again, if it was we who kept them away."""
    with translated(f"uncordon node {name}"):
        node = api.typed.get(Node, name)
        if CORDONED not in ((node.metadata or ObjectMeta()).annotations or {}):
            return
        patch = {"metadata": {"annotations": {CORDONED: None}}, "spec": {"unschedulable": None}}
        api.typed.patch(Node, name, patch, patch_type=PatchType.MERGE)


def drain(api: Api, name: str, options: DrainInput, *, spare: bool = False) -> None:
    """Evict every pod of a cordoned node that has to leave, and wait until it is gone.

    Mirror pods stay, and pods of DaemonSets, which would come back at once.

    Args:
        api: The cluster's API.
        name: The node.
        options: What may be lost and how long it may take.
        spare: Leave pods that would lose something, and evict the others.

    Raises:
        ApiError: Before anything was evicted, when pods would be lost that the options do not allow to lose; or when
            pods are still there after the time, with the disruption budgets that keep them.
    """
    pods = pods_on(api, name)
    faults = [fault for pod in pods if (fault := _fault(pod, options))]
    if spare:
        pods = [pod for pod in pods if not _fault(pod, options) or _begins_anew(pod)]
    elif faults:
        raise ApiError(
            f"node {name} cannot be drained",
            evidence=faults,
            hint="upgrade_strategy.node_drain_input says what may be lost: force, delete_local_data, ignore_daemonsets",
        )
    version = _eviction_version(api)
    waiting = {_leaving(pod) for pod in pods if not _stays(pod)}
    accepted: set[_Leaving] = set()

    def attempt() -> None:
        told = []
        for pod in sorted(waiting - accepted, key=str):
            if message := _evict(api, pod, version, options.grace_period):
                told.append(message)
            else:
                accepted.add(pod)
        there = {_leaving(pod) for pod in pods_on(api, name)}
        waiting.intersection_update(there)
        if waiting:
            shown = told or [f"{pod} is still shutting down" for pod in sorted(waiting, key=str)]
            raise _NotYet(f"node {name} could not be drained within {options.timeout} s", evidence=shown)

    _within(options.timeout, attempt)


def _within(timeout: int, attempt: Callable[[], None]) -> None:
    wait_until(
        attempt,
        timeout=timeout,
        retry=(_NotYet, ApiUnavailable),
        interval=_INTERVAL_SECONDS,
        longest=_LONGEST_SECONDS,
    )


def _eviction_version(api: Api) -> str:
    """Return the version in which this API takes evictions: ``policy/v1`` only from Kubernetes 1.22 on."""
    resources = api.get("/api/v1").get("resources", ())
    return next((f"policy/{one['version']}" for one in resources if one["name"] == _EVICTION), _NEWEST)


def _evict(api: Api, pod: _Leaving, version: str, grace: int) -> str:
    """Ask for an eviction of this very pod; return why it is not allowed now, naming the budget, or nothing.

    One of a StatefulSet comes back under the same name, on another node, as soon as it ended: that one is not meant.
    """
    options: dict[str, object] = {"preconditions": {"uid": pod.uid}}
    if grace >= 0:
        options["gracePeriodSeconds"] = grace
    metadata = {"name": pod.name, "namespace": pod.namespace}
    eviction = {"apiVersion": version, "kind": "Eviction", "metadata": metadata, "deleteOptions": options}
    path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/eviction"
    try:
        api.request("POST", path, body=eviction, what=f"evict {pod}")
    except ApiError as error:
        if error.status in _NOT_NOW or isinstance(error, WebhookAway):
            return f"{pod}: {'; '.join(error.evidence) or error.what}"
        if error.status not in _GONE:
            raise
    return ""


def _stays(pod: Pod) -> bool:
    annotations = (pod.metadata or ObjectMeta()).annotations or {}
    controller = _controller(pod)
    return _MIRROR in annotations or (controller is not None and controller.kind == "DaemonSet")


def _begins_anew(pod: Pod) -> bool:
    """Tell whether a pod is its Job's to make anew wherever it ends: on the node it would end as Failed anyway."""
    controller = _controller(pod)
    never = (pod.spec or PodSpec(containers=[])).restartPolicy == "Never"
    return controller is not None and controller.kind == "Job" and never


def _fault(pod: Pod, options: DrainInput) -> str:
    """Return what would be lost with a pod that the options do not allow to lose."""
    controller, name = _controller(pod), str(_leaving(pod))
    if controller is not None and controller.kind == "DaemonSet":
        return "" if options.ignore_daemonsets else f"{name} belongs to a DaemonSet and would come back"
    if _stays(pod) or (pod.status or PodStatus()).phase in ("Succeeded", "Failed"):
        return ""
    if controller is None and not options.force:
        return f"{name} has no controller that would make it anew elsewhere"
    if _has_local_data(pod) and not options.delete_local_data:
        return f"{name} keeps data in an emptyDir, which would be lost"
    return ""


def _controller(pod: Pod) -> OwnerReference | None:
    owners = (pod.metadata or ObjectMeta()).ownerReferences or ()
    return next((owner for owner in owners if owner.controller), None)


def _has_local_data(pod: Pod) -> bool:
    volumes = (pod.spec or PodSpec(containers=[])).volumes or ()
    return any(volume.emptyDir is not None for volume in volumes)


def _leaving(pod: Pod) -> _Leaving:
    metadata = pod.metadata or ObjectMeta()
    return _Leaving(namespace=metadata.namespace or "", name=metadata.name or "", uid=metadata.uid or "")

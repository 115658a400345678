"""The pods of the system: of kube-system and of the ingress controllers that rke-py brings."""

from __future__ import annotations

from collections.abc import Sequence

from lightkube.models.core_v1 import ContainerStatus, PodStatus
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Pod

from rke_py.kube.client import Api, translated
from rke_py.plan.observed import ObservedPod

NAMESPACES = ("kube-system", "ingress-nginx", "traefik")
_LABELS = ("k8s-app", "app.kubernetes.io/name", "app")


def system_pods(api: Api) -> tuple[ObservedPod, ...]:
    """Return every pod of the system that works or is to: none that ended well, and none that has a successor."""
    with translated("list the pods of the system"):
        found = [pod for namespace in NAMESPACES for pod in api.typed.list(Pod, namespace=namespace)]
    return tuple(_observed(pod) for pod in found if not _over(pod))


def _over(pod: Pod) -> bool:
    """Tell whether a pod is over: one that was evicted stays, and its controller has made another long ago."""
    phase, owners = (pod.status or PodStatus()).phase, (pod.metadata or ObjectMeta()).ownerReferences or ()
    return phase == "Succeeded" or (phase == "Failed" and any(owner.controller for owner in owners))


def pods_on(api: Api, node: str) -> Sequence[Pod]:
    """Return every pod that is bound to a node."""
    with translated(f"list the pods of node {node}"):
        return list(api.typed.list(Pod, namespace="*", fields={"spec.nodeName": node}))


def _observed(pod: Pod) -> ObservedPod:
    metadata, status = pod.metadata or ObjectMeta(), pod.status or PodStatus()
    labels = metadata.labels or {}
    reason, message = why_not_ready(status)
    return ObservedPod(
        namespace=metadata.namespace or "",
        name=metadata.name or "",
        app=next((labels[label] for label in _LABELS if label in labels), ""),
        node=(pod.spec.nodeName if pod.spec else "") or "",
        ready=is_ready(status),
        restarts=sum(one.restartCount for one in status.containerStatuses or ()),
        reason=reason,
        message=message,
    )


def is_ready(status: PodStatus) -> bool:
    """Tell whether a pod is Ready."""
    return any(one.type == "Ready" and one.status == "True" for one in status.conditions or ())


def why_not_ready(status: PodStatus) -> tuple[str, str]:
    """Return why a pod is not ready, reason and message.

    It is what its first container that waits or ended says, else its first condition.
    """
    containers: Sequence[ContainerStatus] = (*(status.initContainerStatuses or ()), *(status.containerStatuses or ()))
    for one in containers:
        state = one.state
        if state and state.waiting and state.waiting.reason:
            return state.waiting.reason, state.waiting.message or ""
        if state and state.terminated and state.terminated.exitCode:
            return f"ended with {state.terminated.exitCode}", state.terminated.message or ""
    for condition in status.conditions or ():
        if condition.status != "True":
            return condition.reason or condition.type, condition.message or ""
    return status.reason or "", status.message or ""

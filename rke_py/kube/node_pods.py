"""The pods of a node that changes its runtime: which images they need, and when they are back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress

from lightkube.models.core_v1 import PodSpec, PodStatus
from lightkube.models.discovery_v1 import Endpoint
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Pod
from lightkube.resources.discovery_v1 import EndpointSlice

from rke_py.errors import ApiError, ApiUnavailable, HostError
from rke_py.kube.client import Api, found, translated
from rke_py.kube.pods import is_ready, pods_on, why_not_ready
from rke_py.kube.threads import in_parallel
from rke_py.kube.waiting import wait_until
from rke_py.plan.observed import PodImage

_ENDED = ("Succeeded", "Failed")
_IN_CONTAINERD, _IN_DOCKER = "containerd://", "docker://"
_PAGE = 500
_INTERVAL_SECONDS, _LONGEST_SECONDS = 0.5, 2.0


class _NotYet(ApiError):
    """Pods are not back."""


def images_of(api: Api, node: str) -> tuple[PodImage, ...]:
    """Return the images of a node's pods that have not ended, each once."""
    images: dict[str, PodImage] = {}
    for pod in _there(pods_on(api, node)):
        spec = pod.spec or PodSpec(containers=[])
        for one in (*(spec.initContainers or ()), *spec.containers):
            known = images.get(one.image or "")
            images[one.image or ""] = PodImage(
                name=one.image or "",
                always=one.imagePullPolicy == "Always" or (known is not None and known.always),
                private=bool(spec.imagePullSecrets) or (known is not None and known.private),
            )
    return tuple(image for name, image in sorted(images.items()) if name)


def unready_pods(api: Api) -> Mapping[str, str]:
    """Return the pods of all namespaces that are not Ready, and have not ended: ``namespace/name``, and their node."""
    with translated("list the pods"):
        every = list(api.typed.list(Pod, namespace="*", chunk_size=_PAGE))
    return {_title(pod): _node(pod) for pod in _there(every) if not is_ready(pod.status or PodStatus())}


def hold_pods_back(api: Api, node: str, timeout: float) -> None:
    """Let nobody be led to a node's pods any more, whose kubelet has stopped; wait until Services have heard of it.

    They are told to be not Ready, as Kubernetes itself does 40 s after a kubelet stopped (its node lifecycle
    controller); the next kubelet that looks at them says what is true. Services that list pods whatever they are go on.
    """
    moment = api.server_time().strftime("%Y-%m-%dT%H:%M:%SZ")
    with translated(f"tell that the pods of node {node} are not Ready"):
        ready = [pod for pod in _there(pods_on(api, node)) if is_ready(pod.status or PodStatus())]
        in_parallel(lambda pod: _not_ready(api, pod, moment), ready)

    def attempt() -> None:
        with translated("list endpoints"):
            slices = list(api.typed.list(EndpointSlice, namespace="*", chunk_size=_PAGE))
        if any(_leads_to(endpoint, node) for each in slices for endpoint in each.endpoints or ()):
            raise _NotYet(f"Services lead to pods of node {node}")

    with suppress(_NotYet):
        wait_until(attempt, timeout=timeout, retry=_NotYet, longest=_LONGEST_SECONDS)


def wait_pods_back(
    api: Api,
    node: str,
    without: Collection[str],
    timeout: float,
    in_docker: Callable[[], Collection[str]] | None = None,
) -> None:
    """Wait until the pods of a node that changed its runtime are Ready.

    What a kubelet that is gone wrote of a pod stays written until the next one looks at it: such pods name containers
    that are gone.

    Args:
        api: The cluster's API.
        node: The node.
        without: Pods that need not be, as ``namespace/name``.
        timeout: Seconds.
        in_docker: Returns the ids of the containers that the node's Docker has; None where pods run in containerd.

    Raises:
        ApiError: Some are not; each with the reason.
        HostError: Docker could not be asked to the end.
    """

    def attempt() -> None:
        pods = [pod for pod in _there(pods_on(api, node)) if _title(pod) not in without]
        missing = [pod for pod in pods if not is_ready(pod.status or PodStatus())]
        if not missing:  # not before, as Docker is asked for every container of a host that just makes them
            there = None if in_docker is None else in_docker()
            missing = [pod for pod in pods if not _is_anew(pod, there)]
        if missing:
            evidence = [f"{_title(pod)}: {_why(pod)}" for pod in missing]
            raise _NotYet(f"pods of node {node} are not Ready again", evidence=sorted(evidence))

    wait_until(
        attempt,
        timeout=timeout,
        retry=(_NotYet, ApiUnavailable, HostError),
        interval=_INTERVAL_SECONDS,
        longest=_LONGEST_SECONDS,
    )


def _not_ready(api: Api, pod: Pod, moment: str) -> None:
    told = {
        "type": "Ready",
        "status": "False",
        "reason": "NodeNotReady",
        "message": "its node goes to another container runtime",
        "lastTransitionTime": moment,
    }
    metadata = pod.metadata or ObjectMeta()
    found(
        lambda: api.typed.patch(
            Pod.Status, metadata.name or "", {"status": {"conditions": [told]}}, namespace=metadata.namespace
        )
    )


def _leads_to(endpoint: Endpoint, node: str) -> bool:
    ready = endpoint.conditions is None or endpoint.conditions.ready is not False
    return endpoint.nodeName == node and endpoint.targetRef is not None and ready


def _there(pods: Sequence[Pod]) -> Iterator[Pod]:
    """Yield the pods that are to run: they have not ended, and nobody told them to."""
    for pod in pods:
        if (pod.status or PodStatus()).phase not in _ENDED and not (pod.metadata or ObjectMeta()).deletionTimestamp:
            yield pod


def _is_anew(pod: Pod, in_docker: Collection[str] | None) -> bool:
    ids = [one.containerID or "" for one in (pod.status or PodStatus()).containerStatuses or ()]
    if in_docker is None:
        return all(each.startswith(_IN_CONTAINERD) for each in ids)
    return all(each.removeprefix(_IN_DOCKER) in in_docker for each in ids)


def _why(pod: Pod) -> str:
    return ": ".join(filter(None, why_not_ready(pod.status or PodStatus()))) or "it was not made anew"


def _node(pod: Pod) -> str:
    return (pod.spec.nodeName if pod.spec else "") or ""


def _title(pod: Pod) -> str:
    metadata = pod.metadata or ObjectMeta()
    return f"{metadata.namespace}/{metadata.name}"

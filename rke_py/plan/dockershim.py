"""From dockershim to cri-dockerd within RKE's own releases: which hosts it concerns, and the steps of their turns.

How far a host has come is never written down: its kubelet shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields

from rke_py.cluster.model import Cluster
from rke_py.plan.arguments import flag_value
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.model import Stage
from rke_py.plan.observed import ObservedHost
from rke_py.plan.reconcile import old_name
from rke_py.plan.rke.components.kubelet import NAME as KUBELET
from rke_py.plan.rke.runtime import asks_for_cri_dockerd, through_cri_dockerd
from rke_py.plan.steps import LeaveDockershim, ReplaceContainer, Step
from rke_py.state.model import State

_PAUSE = "pod-infra-container-image"
"""The flag of the kubelet that RKE's entrypoint hands on to cri-dockerd."""

_ENDPOINT, _SOCKET = "container-runtime-endpoint", "/dockershim.sock"
"""The flag that names another runtime to a kubelet, and how its value ends where it names none."""


def leaving_dockershim(cluster: Cluster, state: State, hosts: Iterable[ObservedHost]) -> bool:
    """Tell whether pods are to go from dockershim to cri-dockerd.

    They are until a run reached all of it, and afterwards where a worker was silent meanwhile.
    """
    if not to_cri_dockerd(cluster):
        return False
    return not asks_for_cri_dockerd(state.configuration) or any(map(has_dockershim, hosts))


def to_cri_dockerd(cluster: Cluster) -> bool:
    """Tell whether pods are to be with cri-dockerd, be they there already."""
    return cluster.rke is not None and cluster.rke.cri_dockerd


def has_dockershim(host: ObservedHost) -> bool:
    """Tell whether a host has a kubelet with dockershim, be it one that an interrupted run put aside."""
    found = (host.containers.get(name) for name in (KUBELET, old_name(KUBELET)))
    return any(kubelet is not None and _through_dockershim(kubelet.spec) for kubelet in found)


def _through_dockershim(kubelet: ContainerSpec) -> bool:
    """Tell whether a kubelet reaches its pods through dockershim, and not through a runtime of the owner's own."""
    endpoint = flag_value((*kubelet.entrypoint, *kubelet.command), _ENDPOINT)
    return not through_cri_dockerd(kubelet) and (not endpoint or endpoint.endswith(_SOCKET))


def has_cri_dockerd(host: ObservedHost) -> bool:
    """Tell whether the kubelet of a host, if it has one, reaches pods through cri-dockerd."""
    kubelet = host.containers.get(KUBELET)
    return kubelet is not None and through_cri_dockerd(kubelet.spec)


def leaves_dockershim(cluster: Cluster, host: ObservedHost) -> bool:
    """Tell whether the pods of a host are still to go from dockershim to cri-dockerd."""
    return to_cri_dockerd(cluster) and has_dockershim(host)


def with_pods_anew(cluster: Cluster, step: Step, before: str) -> Step:
    """Return a step of a host that leaves dockershim: the one that exchanges the kubelet takes the pods with it.

    Args:
        cluster: The cluster.
        step: The step.
        before: The version that the kubelet with dockershim reported, empty where nobody knows.
    """
    if not isinstance(step, ReplaceContainer) or step.name != KUBELET:
        return step
    known = {each.name: getattr(step, each.name) for each in fields(ReplaceContainer)}
    pause = flag_value(step.spec.entrypoint, _PAUSE) or cluster.images.pod_infra_container
    return LeaveDockershim(**known, tools=cluster.images.tools, pause=pause, version_before=before)


def dockershim_costs(stages: Iterable[Stage]) -> Iterator[str]:
    """Yield what it costs to leave dockershim."""
    steps = (step for stage in stages for turn in stage.turns for step in turn.steps)
    moved = [step.host for step in steps if isinstance(step, LeaveDockershim)]
    if moved:
        yield (
            f"pods go from dockershim to cri-dockerd on {', '.join(moved)}, host by host: those that nothing is lost "
            "with are evicted first, within their budgets, the others are made anew where they are"
        )

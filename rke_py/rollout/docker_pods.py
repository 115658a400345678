"""Pods whose containers are Docker's own, as those of RKE's releases are: taken off a host, or made anew there."""

from __future__ import annotations

from rke_py.plan.containers import FoundContainer
from rke_py.transport.interface import Engine
from rke_py.transport.parallel import apart, for_each

_POD, _SANDBOX = "io.kubernetes.pod.uid", "k8s_POD_"
"""A label of every container of a pod, and how the name of that begins which holds the pod's network."""

_APART = "none"
"""The network mode of a container that holds a place in the pod network: a plugin puts it there, not Docker."""

_SANDBOX_GRACE = 10
_GRACE, _LONGEST = "annotation.io.kubernetes.pod.terminationGracePeriod", 120


def docker_pods(engine: Engine) -> tuple[FoundContainer, ...]:
    """Return every container of a pod."""
    return tuple(one for one in engine.containers() if _POD in one.spec.labels)


def has_pods_older_than(engine: Engine, other: FoundContainer) -> bool:
    """Tell whether a pod holds its place on the host since before another container was made."""
    made = [one.created_at for one in docker_pods(engine) if _is_sandbox(one)]
    since = other.created_at
    return since is not None and any(moment is not None and moment < since for moment in made)


def remove_docker_pods(engine: Engine, grace: int = 0) -> None:
    """Remove every pod of a host; its kubelet, and the runtime in it, have to be gone.

    The container that holds a pod's network goes last.

    Args:
        engine: The host's Docker.
        grace: Seconds between SIGTERM and SIGKILL for pods that ask for no time of their own; 0 kills all at once.
    """
    found = docker_pods(engine)
    if grace:
        working = {one.name: _grace(one, grace) for one in found if one.running and not _is_sandbox(one)}
        for_each(working, lambda name: engine.stop(name, working[name]))  # what does not stop is killed with its end
    for last in (False, True):
        _, faults = apart(for_each([one.name for one in found if _is_sandbox(one) is last], engine.remove))
        for fault in faults.values():
            raise fault


def renew_docker_pods(engine: Engine) -> tuple[str, ...]:
    """Have the kubelet make every pod anew that is in the pod network; return the containers that could not be stopped.

    Only what holds a pod's network is stopped, as after a reboot: the kubelet then ends the pod in its own way, gives
    its address back, and starts it with the network and the DNS that there are now.

    Args:
        engine: The host's Docker.
    """
    held = {one.name for one in docker_pods(engine) if one.running and _holds_a_network(one)}
    for_each(held, lambda name: engine.stop(name, _SANDBOX_GRACE))
    return tuple(sorted(one.name for one in docker_pods(engine) if one.name in held and one.running))


def _grace(found: FoundContainer, usual: int) -> int:
    """Return the seconds that a pod asked for, as its kubelet wrote them down, within bounds."""
    asked = found.spec.labels.get(_GRACE, "")
    return min(int(asked), _LONGEST) if asked.isdigit() else usual


def _is_sandbox(found: FoundContainer) -> bool:
    return found.name.startswith(_SANDBOX)


def _holds_a_network(found: FoundContainer) -> bool:
    """Tell whether a container holds a place in the pod network, and not that of the host."""
    return _is_sandbox(found) and found.spec.network_mode == _APART

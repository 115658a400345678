"""Takes every pod off a host through its container runtime."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol

from rke_py.tools.cri import Sandbox
from rke_py.tools.errors import CriError, ToolError

_AT_ONCE = 8
_STARTING = "is in starting state"
_STARTED, _BETWEEN = 15.0, 0.1


class PodRuntime(Protocol):
    """What of a container runtime is needed here."""

    def sandboxes(self) -> tuple[Sandbox, ...]:
        """Return every pod sandbox."""

    def in_pod_network(self, sandbox: Sandbox) -> bool:
        """Tell whether a pod has a network of its own."""

    def running_containers(self, sandbox: Sandbox | None = None) -> tuple[str, ...]:
        """Return the ids of the containers that run, all or those of one pod."""

    def stop_container(self, container: str, grace: int) -> None:
        """Stop one, with SIGKILL after ``grace`` seconds."""

    def stop_sandbox(self, sandbox: Sandbox) -> None:
        """Kill what still runs in it and take down its network."""

    def remove_sandbox(self, sandbox: Sandbox) -> None:
        """Stop it and remove it with its containers."""


def remove_pods(runtime: PodRuntime, grace: int) -> dict[str, Any]:
    """Stop and remove every pod sandbox, its containers and its place in the pod network.

    The kubelet has to be gone, or it makes them anew. A pod that cannot be removed does not keep the others.

    Args:
        runtime: The host's.
        grace: Seconds between SIGTERM and SIGKILL.

    Returns:
        ``removed``: pods as ``namespace/name``.

    Raises:
        ToolError: Some could not be removed; it says which and why.
    """
    try:
        sandboxes = runtime.sandboxes()
    except CriError as error:
        if error.unimplemented:
            return {"removed": []}  # without its CRI plugin the runtime never had pods
        raise
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        stopping = [pool.submit(runtime.stop_container, container, grace) for container in runtime.running_containers()]
        for stopped in stopping:
            stopped.exception()  # what could not be stopped gently is killed with its sandbox, which also tells why
        removing = [(sandbox.title, pool.submit(_take_down, runtime, sandbox)) for sandbox in sandboxes]
        faults = [f"{title}: {fault}" for title, removed in removing if (fault := removed.exception())]
    if faults:
        raise ToolError(f"pods could not be removed: {'; '.join(sorted(faults))}")
    return {"removed": sorted({sandbox.title for sandbox in sandboxes})}


def _take_down(runtime: PodRuntime, sandbox: Sandbox) -> None:
    """Remove a pod; a container for which a kubelet asked in its last moment can only be removed once it started."""
    deadline = time.monotonic() + _STARTED
    while True:
        try:
            runtime.remove_sandbox(sandbox)
        except CriError as fault:
            if _STARTING not in str(fault) or time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(_BETWEEN)


def renew_pods(runtime: PodRuntime, grace: int) -> tuple[str, ...]:
    """Stop and remove every pod that is in the pod network: the kubelet makes them anew, in the network as it is now.

    Args:
        runtime: The host's.
        grace: Seconds between SIGTERM and SIGKILL.

    Returns:
        Pods that could not be removed, with the reason.
    """
    try:
        found = [sandbox for sandbox in runtime.sandboxes() if runtime.in_pod_network(sandbox)]
    except CriError as error:
        if error.unimplemented:
            return ()
        raise
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        removing = [(sandbox.title, pool.submit(_remove, runtime, sandbox, grace)) for sandbox in found]
        return tuple(sorted(f"pod {title}: {fault}" for title, removed in removing if (fault := removed.exception())))


def _remove(runtime: PodRuntime, sandbox: Sandbox, grace: int) -> None:
    """Stop one pod's containers and take it down; the kubelet removes what is down too, often at the same moment."""
    for container in runtime.running_containers(sandbox):
        with suppress(CriError):  # what could not be stopped gently is killed with its sandbox
            runtime.stop_container(container, grace)
    runtime.stop_sandbox(sandbox)
    with suppress(CriError):
        runtime.remove_sandbox(sandbox)

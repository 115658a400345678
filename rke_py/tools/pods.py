"""Takes every pod off a host through its container runtime."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from rke_py.tools.cri import Sandbox
from rke_py.tools.errors import CriError

_AT_ONCE = 8


class PodRuntime(Protocol):
    """What of a container runtime is needed here."""

    def sandboxes(self) -> tuple[Sandbox, ...]:
        """Return every pod sandbox."""

    def running_containers(self) -> tuple[str, ...]:
        """Return the ids of the containers that run."""

    def stop_container(self, container: str, grace: int) -> None:
        """Stop one, with SIGKILL after ``grace`` seconds."""

    def remove_sandbox(self, sandbox: Sandbox) -> None:
        """Remove one with its containers and its network."""


def remove_pods(runtime: PodRuntime, grace: int) -> dict[str, Any]:
    """Stop and remove every pod sandbox, its containers and its place in the pod network.

    The kubelet has to be gone, or it makes them anew. A failure leaves the others to be removed.

    Args:
        runtime: The host's.
        grace: Seconds between SIGTERM and SIGKILL.

    Returns:
        ``removed`` and ``failed``: pods as ``namespace/name``, the failed ones with the runtime's words.
    """
    sandboxes = runtime.sandboxes()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        stopping = [pool.submit(runtime.stop_container, container, grace) for container in runtime.running_containers()]
        for stopped in stopping:
            stopped.exception()  # what could not be stopped gently is killed with its sandbox, which also tells why
        removing = {sandbox.title: pool.submit(runtime.remove_sandbox, sandbox) for sandbox in sandboxes}
        faults = {title: removed.exception() for title, removed in removing.items()}
    _raise_unexpected(faults.values())
    return {
        "removed": sorted(title for title, fault in faults.items() if fault is None),
        "failed": {title: str(fault) for title, fault in sorted(faults.items()) if fault is not None},
    }


def _raise_unexpected(faults: Iterable[BaseException | None]) -> None:
    for fault in faults:
        if fault is not None and not isinstance(fault, CriError):
            raise fault

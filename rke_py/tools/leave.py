"""Removes what an add-on that is gone left on a host: another pod network, or a DNS cache that nobody asks any more."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rke_py.tools.cri import SOCKET, Runtime
from rke_py.tools.files import delete, remove_folders
from rke_py.tools.mounts import below, mount_points
from rke_py.tools.namespaces import HOST_ROOT, unmount
from rke_py.tools.network import found_interfaces, found_rules, remove_interfaces, remove_routes, remove_rules
from rke_py.tools.pods import renew_pods
from rke_py.tools.traces import Traces


def leave(traces: Traces, networks: Sequence[str], *, grace: int | None) -> dict[str, Any]:
    """Remove an add-on's traces; its own pods have to be gone.

    First its CNI configuration, so that no pod gets a place in the old network any more; then the pods that have one,
    which the kubelet makes anew; then what held the old network together.

    Args:
        traces: What to remove.
        networks: The pods' ranges.
        grace: Seconds that pods get to end before they are made anew; None leaves them as they are.

    Returns:
        ``removed``: a line for each thing that was there; ``left``: a line for each that is still there.
    """
    removed = [f"file {file}" for file in delete(traces.files, HOST_ROOT)]
    left = [] if grace is None else list(_renew_pods(grace))
    removed += [f"rules {rule}" for rule in remove_rules(traces)]
    removed += [f"interface {name}" for name in remove_interfaces(traces, networks)]
    remove_routes(traces, networks)
    points = mount_points(Path("/proc/1/mountinfo").read_text())
    unmount([point for folder in traces.folders for point in below(folder, points)])
    removed += [f"folder {folder}" for folder in remove_folders(traces.folders, (), Path(HOST_ROOT))]
    left += [f"rules {rule}" for rule in found_rules(traces)]
    left += [f"interface {name}" for name in found_interfaces(traces, networks)]
    return {"removed": removed, "left": left}


def _renew_pods(grace: int) -> tuple[str, ...]:
    """Have the pods made anew where containerd runs them; RKE's older releases run them in Docker."""
    if not os.path.exists(SOCKET):
        return ()
    with Runtime() as runtime:
        return renew_pods(runtime, grace)

"""Leaves a host as it was before it carried a part of a cluster, and tells what is not so yet."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rke_py.tools.cgroups import found_cgroups, remove_cgroups
from rke_py.tools.cri import Runtime
from rke_py.tools.errors import CriError
from rke_py.tools.files import (
    FOLDERS,
    SNAPSHOTS,
    by_root,
    left_folders,
    placed,
    remove_empty_parents,
    remove_files,
    remove_folders,
    remove_made_folders,
)
from rke_py.tools.mounts import below, mount_points
from rke_py.tools.namespaces import enter_host_root, unmount
from rke_py.tools.network import (
    forget_connections,
    found_interfaces,
    found_rules,
    remove_interfaces,
    remove_routes,
    remove_rules,
)
from rke_py.tools.traces import EVERYTHING

_MOUNTINFO = Path("/proc/1/mountinfo")


def clean(networks: Iterable[str], *, snapshots: bool, prefix: str = "/") -> dict[str, Any]:
    """Remove rules, interfaces, mounts, folders and control groups of a cluster; containers and pods have to be gone.

    Args:
        networks: The pods' and Services' ranges.
        snapshots: Whether the etcd snapshots go too.
        prefix: Where the host keeps some of the folders.

    Returns:
        ``removed``: a line for each thing that was there.
    """
    networks = tuple(networks)
    removed = [f"rules {rule}" for rule in remove_rules(EVERYTHING)]
    removed += [f"interface {name}" for name in remove_interfaces(EVERYTHING, networks)]
    remove_routes(EVERYTHING, networks)
    forget_connections(networks)
    folders = _folders(snapshots=snapshots)
    removed += [f"mount {point}" for point in _unmount_below(_places(folders, prefix))]
    enter_host_root()
    mounted = mount_points(_MOUNTINFO.read_text())
    for root, inside in by_root(folders, prefix).items():
        points = [point.removeprefix(root.rstrip("/")) for point in mounted if point.startswith(root)]
        removed += [f"folder {placed(folder, root)}" for folder in remove_folders(inside, points, Path(root))]
    if prefix != "/":
        remove_empty_parents(prefix)
    removed += [f"folder {folder}" for folder in remove_made_folders()]
    removed += [f"file {file}" for file in remove_files()]
    removed += [f"cgroup {group}" for group in remove_cgroups()]
    return {"removed": removed}


def verify(*, snapshots: bool, prefix: str = "/") -> dict[str, Any]:
    """Return what of a cluster is still on the host, containers of Docker excepted: ``left``, a line for each thing."""
    left = [f"rules {rule}" for rule in found_rules(EVERYTHING)]
    left += [f"interface {name}" for name in found_interfaces(EVERYTHING, ())]
    left += _pods()
    enter_host_root()
    folders = _folders(snapshots=snapshots)
    points = mount_points(_MOUNTINFO.read_text())
    left += [f"mount {point}" for place in _places(folders, prefix) for point in below(place, points)]
    for root, inside in by_root(folders, prefix).items():
        left += [f"folder {placed(folder, root)}" for folder in left_folders(inside, Path(root))]
    left += [f"cgroup {group}" for group in found_cgroups()]
    return {"left": left}


def _folders(*, snapshots: bool) -> tuple[str, ...]:
    return (*FOLDERS, SNAPSHOTS) if snapshots else FOLDERS


def _places(folders: Iterable[str], prefix: str) -> tuple[str, ...]:
    return tuple(str(placed(folder, root)) for root, inside in by_root(folders, prefix).items() for folder in inside)


def _unmount_below(folders: Iterable[str]) -> tuple[str, ...]:
    points = mount_points(_MOUNTINFO.read_text())
    inside = [point for folder in folders for point in below(folder, points)]
    unmount(inside)
    return tuple(inside)


def _pods() -> list[str]:
    """Return the pods that the runtime still knows; a runtime that does not answer has none to show."""
    try:
        with Runtime() as runtime:
            return [f"pod {sandbox.title}" for sandbox in runtime.sandboxes()]
    except CriError:
        return []

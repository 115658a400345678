"""Where a host keeps the cluster's folders: at their usual places, or below a prefix where those are not to be written.

In plans, steps and containers folders are called by their usual names; only what is said to the host itself has the
prefix: binds, the kubelet's paths (it lives in the host's mount namespace), the tools container's.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from rke_py.cluster.model import Cluster

MOVED = ("/etc/kubernetes", "/var/lib/etcd", "/var/lib/kubelet", "/var/log/kube-audit")
"""What a prefix moves. CNI's folders are containerd's to choose, and snapshots lie below ``/opt`` anyway."""

ROOT = PurePosixPath("/")

_OF_SYSTEMS = {
    "Boot2Docker": PurePosixPath("/mnt/sda1/rke"),
    "RancherOS": PurePosixPath("/opt/rke"),
    "CoreOS": PurePosixPath("/opt/rke"),
    "Flatcar": PurePosixPath("/opt/rke"),
}
"""RKE's prefixes for systems with a root that is not to be written, by a part of the system's name."""


def prefix_of(cluster: Cluster, operating_system: str) -> PurePosixPath:
    """Return the prefix of a host: ``prefix_path``, else its operating system's, else the root folder.

    Args:
        cluster: The cluster.
        operating_system: As Docker calls it; empty when it is not known.
    """
    if cluster.prefix_path != ROOT:
        return cluster.prefix_path
    return next((prefix for part, prefix in _OF_SYSTEMS.items() if part in operating_system), ROOT)


def on_host(path: str, prefix: PurePosixPath) -> str:
    """Return where a path lies on a host."""
    moved = any(path == folder or path.startswith(f"{folder}/") for folder in MOVED)
    return str(prefix / path.lstrip("/")) if moved else path


def bind_on_host(bind: str, prefix: PurePosixPath) -> str:
    """Return a bind with its host's part where it lies."""
    folder, sign, rest = bind.partition(":")
    return f"{on_host(folder, prefix)}{sign}{rest}"

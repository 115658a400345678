"""What only a look at the host itself can tell; the answer has the fields of ``plan.observed.DeepFacts``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rke_py.tools.cni import outdated
from rke_py.tools.cri import Runtime
from rke_py.tools.errors import CriError
from rke_py.tools.files import ETCD_DATA, placed
from rke_py.tools.mounts import below, mount_points
from rke_py.tools.namespaces import enter_host_root
from rke_py.tools.network import paths
from rke_py.tools.ports import listening
from rke_py.tools.resolvers import resolv_conf
from rke_py.tools.restoring import bytes_in

_HELPER_FOLDERS = ("sbin", "usr/sbin", "bin", "usr/bin")
_KUBELET = "/var/lib/kubelet"


def probe(
    folders: Iterable[str], plugins: Mapping[str, bytes], prefix: str = "/", programs_folder: str = ""
) -> dict[str, Any]:
    """Look at the host; from here on every path of this process is the host's.

    Args:
        folders: Where to measure free space; one that does not exist yet counts as the folder it will be made in.
        plugins: The standard CNI plugins as the host should have them.
        prefix: Where the host keeps some of the cluster's folders.
        programs_folder: Where to look for programs; empty looks nowhere.
    """
    runtime, network, etcd = _runtime(), paths(), str(placed(ETCD_DATA, prefix))
    enter_host_root()
    points = mount_points(Path("/proc/1/mountinfo").read_text())
    return {
        **runtime,
        "tunnel": network["tunnel"],
        "tunnel_mtu": network["tunnel_mtu"],
        "mtu": network["mtu"],
        "conntrack": _number("/proc/sys/net/netfilter/nf_conntrack_count"),
        "conntrack_max": _number("/proc/sys/net/netfilter/nf_conntrack_max"),
        "swap": swap(Path("/proc/swaps").read_text()),
        "free": {folder: free(folder) for folder in folders},
        "resolv_conf": resolv_conf(),
        "etcd_data": has_log(f"{etcd}/member/wal"),
        "etcd_size": bytes_in(Path(etcd) / "member"),
        "etcd_data_mounted": etcd in points,
        "kubelet_mounts": below(str(placed(_KUBELET, prefix)), points),
        "mount_helpers": mount_helpers(Path("/")),
        "cni_outdated": outdated(plugins),
        "programs": programs(programs_folder),
        "listening": listening(),
    }


def _number(path: str) -> int:
    """Return the number in a file of the kernel's, 0 when there is no such file."""
    try:
        return int(Path(path).read_text())
    except (OSError, ValueError):
        return 0


def _runtime() -> dict[str, Any]:
    """Ask the container runtime."""
    try:
        with Runtime() as runtime:
            version, configuration = runtime.version(), runtime.configuration()
            systemd = runtime.systemd_cgroup()
    except CriError as error:
        return {"cri": False, "cri_error": str(error)}
    return {
        "cri": True,
        "cri_version": version,
        "systemd_cgroup": configured_systemd_cgroup(configuration) if systemd is None else systemd,
        "sandbox_image": sandbox_image(configuration),
    }


def configured_systemd_cgroup(configuration: Mapping[str, Any]) -> bool:
    """Tell whether containerd's default runtime uses the systemd cgroup driver, by the configuration it tells."""
    containerd = configuration.get("containerd") or {}
    name = containerd.get("defaultRuntimeName") or "runc"
    runtime = (containerd.get("runtimes") or {}).get(name) or {}
    return bool((runtime.get("options") or {}).get("SystemdCgroup"))


def sandbox_image(configuration: Mapping[str, Any]) -> str:
    """Return the pause image of containerd's configuration; empty with containerd 2, which does not tell it."""
    return str(configuration.get("sandboxImage") or "")


def swap(table: str) -> int:
    """Return the bytes of swap that are switched on, from the text of ``/proc/swaps``."""
    return sum(int(line.split()[2]) * 1024 for line in table.splitlines()[1:])


def free(folder: str) -> int:
    """Return the bytes that are free where the folder is or will be."""
    path = Path(folder)
    while not path.exists():
        path = path.parent
    numbers = os.statvfs(path)
    return numbers.f_bavail * numbers.f_frsize


def mount_helpers(root: Path) -> tuple[str, ...]:
    """Return the names of the programs that mount network file systems for the kubelet: ``mount.nfs``."""
    found = {path.name for folder in _HELPER_FOLDERS for path in (root / folder).glob("mount.*")}
    return tuple(sorted(found))


def programs(folder: str) -> tuple[str, ...]:
    """Return the names of the programs in a folder, none where there is no folder."""
    if not folder or not Path(folder).is_dir():
        return ()
    return tuple(sorted(entry.name for entry in os.scandir(folder) if entry.is_file() and os.access(entry, os.X_OK)))


def has_log(folder: str) -> bool:
    """Tell whether an etcd member's write-ahead log is there: one that refuses to start leaves other files behind."""
    try:
        return any(name.endswith(".wal") for name in os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return False

"""Whether there is room on the disks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.errors import Problem
from rke_py.plan.checks.words import amount
from rke_py.plan.observed import HostFacts, Observed
from rke_py.plan.prefix import ROOT, on_host, prefix_of

_MIB, _GIB = 1 << 20, 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """How many bytes a folder needs: below ``least`` the run fails, below ``enough`` the node soon does."""

    least: int
    enough: int


_FOLDERS = {
    "/etc/kubernetes": _Room(least=16 * _MIB, enough=64 * _MIB),
    "/var/lib/containerd": _Room(least=_GIB, enough=5 * _GIB),
    "/var/lib/kubelet": _Room(least=256 * _MIB, enough=2 * _GIB),
    "/var/log": _Room(least=256 * _MIB, enough=_GIB),
}
_DOCKER = _Room(least=_GIB, enough=5 * _GIB)
_ETCD = {"/var/lib/etcd": _Room(least=_GIB, enough=4 * _GIB)}
"""The database may grow to its quota of 2 GiB; the log and the snapshots beside it take as much again."""


def measured_folders(facts: HostFacts | None, prefix: PurePosixPath = ROOT) -> tuple[str, ...]:
    """Return the folders whose free space is to be looked up on a host, where they lie."""
    docker = (facts.docker_root,) if facts is not None else ()
    return (*(on_host(folder, prefix) for folder in (*_FOLDERS, *_ETCD)), *docker)


def disk_problems(cluster: Cluster, observed: Observed) -> Iterable[Problem]:
    """Name folders without room; those with equally many free bytes are on one disk and named together."""
    for host in cluster.hosts:
        there = observed.hosts[host.name]
        if there.deep is None or there.facts is None:
            continue
        prefix = prefix_of(cluster, there.facts.operating_system)
        needed = {on_host(folder, prefix): room for folder, room in _needed(host, there.facts).items()}
        short: dict[int, list[str]] = {}
        for folder, free in sorted(there.deep.free.items()):
            if folder in needed and free < needed[folder].enough:
                short.setdefault(free, []).append(folder)
        for free, folders in short.items():
            least = max(needed[folder].least for folder in folders)
            enough = max(needed[folder].enough for folder in folders)
            yield Problem(
                where=host.name,
                what=f"{amount(free)} are free for {', '.join(folders)}",
                hint=f"Make room: at least {amount(least)}, better {amount(enough)}.",
                warning=free >= least,
            )


def _needed(host: Host, facts: HostFacts) -> Mapping[str, _Room]:
    etcd = _ETCD if host.has(Role.ETCD) else {}
    return {**_FOLDERS, facts.docker_root: _DOCKER, **etcd}

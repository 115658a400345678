"""Which TCP ports are listened on, and by what."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from rke_py.tools.errors import ToolError

_LISTEN = "0A"
SURVEY = "rke-py-survey"
"""What a process calls itself that holds ports for a moment, for other hosts to try."""
_KUBELET = 10250


def listening_sockets(table: str) -> Mapping[str, int]:
    """Return the port of each listening socket by the socket's inode.

    Args:
        table: Text of ``/proc/PID/net/tcp`` or ``tcp6``; state 0A is LISTEN (proc_net_tcp in the kernel's documents).
    """
    sockets = {}
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9 and fields[3] == _LISTEN:
            sockets[fields[9]] = int(fields[1].rpartition(":")[2], 16)
    return sockets


def listening(proc: Path = Path("/proc")) -> Mapping[int, str]:
    """Return the ports that are listened on in the host's network, each with the name of a process that does.

    The name is empty where none was found: the kernel itself listens, or the process ended meanwhile. What a survey
    holds is free: one that a killed run left goes on for two minutes, another operator's at the same time as well.
    """
    sockets: dict[str, int] = {}
    for name in ("tcp", "tcp6"):
        table = proc / "1" / "net" / name
        if table.exists():
            sockets |= listening_sockets(table.read_text())
    names = _names(proc, set(sockets))
    ports: dict[int, str] = {}
    for inode, port in sockets.items():
        if names.get(inode) == SURVEY:
            continue
        ports[port] = ports.get(port) or names.get(inode, "")
    return dict(sorted(ports.items()))


def refuse_kubelet(ports: Mapping[int, str]) -> None:
    """Raise ToolError while a kubelet runs on the host: ours is gone by now, so it is another cluster's.

    Its pods and folders would be deleted with what this cluster left.

    Args:
        ports: What is listened on, and by which process.
    """
    if _KUBELET in ports:
        holder = ports[_KUBELET] or "some process"
        raise ToolError(f"the host serves another cluster: {holder} listens on port {_KUBELET} as a kubelet does")


def _names(proc: Path, inodes: set[str]) -> Mapping[str, str]:
    """Return the name of a process that holds each socket."""
    names: dict[str, str] = {}
    for process in proc.iterdir():
        if names.keys() >= inodes:
            break
        if process.name.isdigit():
            held = inodes.intersection(_sockets_of(process))
            if held:
                names |= dict.fromkeys(held, _name_of(process))
    return names


def _sockets_of(process: Path) -> Iterator[str]:
    """Yield the inodes of a process's sockets; nothing for one that has ended meanwhile."""
    try:
        descriptors = os.listdir(process / "fd")
    except OSError:
        return
    for descriptor in descriptors:
        try:
            target = os.readlink(process / "fd" / descriptor)
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]


def _name_of(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return ""

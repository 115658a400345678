"""Which resolv.conf pods can use."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

ORDINARY = "/etc/resolv.conf"
UPSTREAM = "/run/systemd/resolve/resolv.conf"
"""What systemd-resolved itself asks; ``/etc/resolv.conf`` then only names its stub on the host's loopback."""


def name_servers(text: str) -> tuple[str, ...]:
    """Return the name servers of a resolv.conf."""
    lines = (line.split() for line in text.splitlines())
    return tuple(words[1] for words in lines if len(words) > 1 and words[0] == "nameserver")


def resolv_conf(root: Path = Path("/")) -> str:
    """Return the file whose name servers a pod can reach.

    A pod has a loopback of its own: a name server there would be the pod itself, and CoreDNS would ask itself. So the
    host's ordinary file unless all it names is on loopback and systemd-resolved keeps another.
    """
    if _usable(root, ORDINARY) or not _usable(root, UPSTREAM):
        return ORDINARY
    return UPSTREAM


def _usable(root: Path, path: str) -> bool:
    try:
        servers = name_servers((root / path.lstrip("/")).read_text())
    except OSError:
        return False
    return any(not _on_loopback(server) for server in servers)


def _on_loopback(server: str) -> bool:
    try:
        return ip_address(server.partition("%")[0]).is_loopback
    except ValueError:
        return False

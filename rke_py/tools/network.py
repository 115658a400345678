"""Interfaces, packet filter rules and connections that a cluster leaves in the host's network.

Everything here runs programs of the tools image, so it comes before the process makes the host's root folder its own.
The network is the host's all the time.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rke_py.tools.iptables import NFT_TABLES, chains_of_ours, removal

_INTERFACE = re.compile(r"flannel\.\d+|flannel-v6\.\d+|flannel-wg(-v6)?|cni0|kube-ipvs0")
_LEGACY_TABLES = {"iptables-legacy": "ip_tables_names", "ip6tables-legacy": "ip6_tables_names"}


def interfaces_of_ours(links: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Return the interfaces of the pod network: bridge and tunnel, and the pods' own that are still on the bridge.

    Args:
        links: What ``ip -json link`` prints.
    """
    return tuple(
        link["ifname"] for link in links if _INTERFACE.fullmatch(link["ifname"]) or link.get("master") == "cni0"
    )


def remove_interfaces() -> tuple[str, ...]:
    """Delete the interfaces of the pod network and return their names."""
    removed = []
    for name in found_interfaces():
        # A veth goes with its other end, a port with its bridge's owner: gone already is as good as removed.
        answer = subprocess.run(["ip", "link", "delete", name], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            removed.append(name)
    return tuple(removed)


def found_interfaces() -> tuple[str, ...]:
    """Return the interfaces of the pod network that exist."""
    return interfaces_of_ours(json.loads(_output("ip", "-json", "link")))


def remove_rules() -> tuple[str, ...]:
    """Delete our chains, the rules that lead to them and our nftables tables; return what was deleted."""
    removed = found_rules()
    for backend in _backends():
        commands = removal(_output(f"{backend}-save"))
        if commands:
            _run([f"{backend}-restore", "--noflush", "--wait"], commands)
    for family, table in _nft_tables():
        _run(["nft", "delete", "table", family, table])
    return removed


def found_rules() -> tuple[str, ...]:
    """Return our chains and tables that exist: ``iptables-nft nat/KUBE-SERVICES``, ``nft ip kube-proxy``."""
    chains = [f"{backend} {chain}" for backend in _backends() for chain in chains_of_ours(_output(f"{backend}-save"))]
    return (*chains, *(f"nft {family} {table}" for family, table in _nft_tables()))


def forget_connections(networks: Iterable[str]) -> None:
    """Make the kernel forget connections from and to the addresses of pods and Services: no rule serves them now."""
    for network in networks:
        for side in ("--orig-src", "--orig-dst"):
            family = "ipv6" if ":" in network else "ipv4"
            # Exit status 1 says that there was none.
            subprocess.run(["conntrack", "-D", "-f", family, side, network], capture_output=True, check=False)


def _backends() -> tuple[str, ...]:
    """Return the packet filters in use; asking the legacy one where it is not would load its modules."""
    legacy = (backend for backend, names in _LEGACY_TABLES.items() if _text(Path("/proc/1/net") / names).strip())
    return ("iptables-nft", "ip6tables-nft", *legacy)


def _nft_tables() -> tuple[tuple[str, str], ...]:
    listed = json.loads(_output("nft", "--json", "list", "tables"))
    tables = [entry["table"] for entry in listed["nftables"] if "table" in entry]
    return tuple((table["family"], table["name"]) for table in tables if table["name"] in NFT_TABLES)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _run(command: Sequence[str], text: str = "") -> None:
    subprocess.run(command, input=text, capture_output=True, text=True, check=True)

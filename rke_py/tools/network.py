"""Interfaces, packet filter rules, routes and connections that a cluster leaves in the host's network.

Everything here runs programs of the tools image, so it comes before the process makes the host's root folder its own.
The network is the host's all the time.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from rke_py.tools.iptables import found_in, removal
from rke_py.tools.traces import Traces, matches

_LEGACY_TABLES = {"iptables-legacy": "ip_tables_names", "ip6tables-legacy": "ip6_tables_names"}


def interfaces_of_ours(links: Sequence[dict[str, Any]], traces: Traces) -> tuple[str, ...]:
    """Return the interfaces of the pod network: bridge and tunnel, and the pods' own that are still on the bridge.

    Args:
        links: What ``ip -json link`` prints.
        traces: What to look for.
    """
    return tuple(
        link["ifname"]
        for link in links
        if matches(traces.interfaces, link["ifname"]) or link.get("master") in traces.bridges
    )


def tunnels_of_ours(links: Sequence[dict[str, Any]], traces: Traces, networks: Iterable[str]) -> tuple[str, ...]:
    """Return the kernel's own tunnels that carry an address of the pod network.

    Args:
        links: What ``ip -json address`` prints.
        traces: What to look for.
        networks: The pods' ranges.
    """
    ranges = [ip_network(network) for network in networks]
    return tuple(
        link["ifname"]
        for link in links
        if link["ifname"] in traces.tunnels
        and any(ip_address(one["local"]) in subnet for one in link.get("addr_info", ()) for subnet in ranges)
    )


_TUNNELS = ("flannel.1", "vxlan.calico", "tunl0", "weave", "wireguard.cali", "flannel-wg")
"""Interfaces through which the pod networks lead to other hosts, each with an address of its own there."""


def paths() -> dict[str, Any]:
    """Return ``tunnel``, ``tunnel_mtu`` and ``mtu`` of ``plan.observed.DeepFacts``."""
    routes: list[dict[str, Any]] = json.loads(_output("ip", "-json", "route", "show", "default"))
    return paths_of(_links(), routes)


def paths_of(links: Sequence[dict[str, Any]], routes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the pod network's address and the MTUs.

    Args:
        links: What ``ip -json address`` prints.
        routes: What ``ip -json route show default`` prints.
    """
    by_name = {link["ifname"]: link for link in links}
    outside = next((by_name[route["dev"]] for route in routes if route.get("dev") in by_name), {})
    found = {"tunnel": "", "tunnel_mtu": 0, "mtu": outside.get("mtu", 0)}
    for name in _TUNNELS:
        for address in by_name.get(name, {}).get("addr_info", ()):
            if address.get("family") == "inet":
                return {**found, "tunnel": address["local"], "tunnel_mtu": by_name[name].get("mtu", 0)}
    return found


def remove_interfaces(traces: Traces, networks: Iterable[str]) -> tuple[str, ...]:
    """Delete the interfaces of the pod network and return their names; the kernel's own go down instead."""
    removed = []
    for name in interfaces_of_ours(_links(), traces):
        # A veth goes with its other end, a port with its bridge's owner: gone already is as good as removed.
        answer = subprocess.run(["ip", "link", "delete", name], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            removed.append(name)
    for name in tunnels_of_ours(_links(), traces, networks):
        _run(["ip", "address", "flush", "dev", name])
        _run(["ip", "link", "set", name, "down"])
        removed.append(name)
    return tuple(removed)


def found_interfaces(traces: Traces, networks: Iterable[str]) -> tuple[str, ...]:
    """Return the interfaces of the pod network that exist."""
    links = _links()
    return (*interfaces_of_ours(links, traces), *tunnels_of_ours(links, traces, networks))


def remove_routes(traces: Traces, networks: Iterable[str]) -> None:
    """Delete routes to pods that a routing daemon of the pod network made."""
    for network in networks:
        family = "-6" if ":" in network else "-4"
        for protocol in traces.protocols:
            _run(["ip", family, "route", "flush", "root", network, "proto", protocol])


def remove_rules(traces: Traces) -> tuple[str, ...]:
    """Delete our chains, the rules that lead to them, our nftables tables and sets; return what was deleted."""
    removed = found_rules(traces)
    for backend in _backends():
        commands = removal(_output(f"{backend}-save"), traces)
        if commands:
            _run([f"{backend}-restore", "--noflush", "--wait"], commands)
    for family, table in _nft_tables(traces):
        _run(["nft", "delete", "table", family, table])
    for name in _sets(traces):
        # Calico's and weave's sets hold one another: the second pass gets what the first could not.
        subprocess.run(["ipset", "destroy", name], capture_output=True, check=False)
    for name in _sets(traces):
        subprocess.run(["ipset", "destroy", name], capture_output=True, check=False)
    return removed


def found_rules(traces: Traces) -> tuple[str, ...]:
    """Return our chains, tables and sets that exist: ``iptables-nft nat/KUBE-SERVICES``, ``nft ip kube-proxy``."""
    chains = [f"{backend} {one}" for backend in _backends() for one in found_in(_output(f"{backend}-save"), traces)]
    tables = (f"nft {family} {table}" for family, table in _nft_tables(traces))
    return (*chains, *tables, *(f"ipset {name}" for name in _sets(traces)))


def forget_connections(networks: Iterable[str]) -> None:
    """Make the kernel forget connections from and to the addresses of pods and Services: no rule serves them now."""
    for network in networks:
        for side in ("--orig-src", "--orig-dst"):
            family = "ipv6" if ":" in network else "ipv4"
            # Exit status 1 says that there was none.
            subprocess.run(["conntrack", "-D", "-f", family, side, network], capture_output=True, check=False)


def _links() -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = json.loads(_output("ip", "-json", "address"))
    return links


def _backends() -> tuple[str, ...]:
    """Return the packet filters in use; asking the legacy one where it is not would load its modules."""
    legacy = (backend for backend, names in _LEGACY_TABLES.items() if _text(Path("/proc/1/net") / names).strip())
    return ("iptables-nft", "ip6tables-nft", *legacy)


def _nft_tables(traces: Traces) -> tuple[tuple[str, str], ...]:
    listed = json.loads(_output("nft", "--json", "list", "tables"))
    tables = [entry["table"] for entry in listed["nftables"] if "table" in entry]
    return tuple((table["family"], table["name"]) for table in tables if table["name"] in traces.tables)


def _sets(traces: Traces) -> tuple[str, ...]:
    """Return our sets; a host without the kernel's module for them has none."""
    answer = subprocess.run(["ipset", "list", "-name"], capture_output=True, text=True, check=False)
    return tuple(name for name in answer.stdout.split() if matches(traces.sets, name))


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _run(command: Sequence[str], text: str = "") -> None:
    subprocess.run(command, input=text, capture_output=True, text=True, check=True)

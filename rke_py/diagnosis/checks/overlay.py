"""Hosts whose pods cannot reach one another."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding

_PORTS = {
    "canal": "UDP port 8472 (VXLAN)",
    "flannel": "UDP port 8472 (VXLAN)",
    "calico": "IP protocol 4 (IP in IP), or UDP port 4789 (VXLAN), and TCP port 179",
    "weave": "TCP and UDP port 6783, and UDP port 6784",
}


def unreached(examined: Examined) -> Iterable[Finding]:
    """Find pairs of hosts between which the pod network carries nothing."""
    lost: dict[str, list[str]] = {}
    for echo in examined.echoes:
        if not echo.small:
            lost.setdefault(echo.target, []).append(echo.source)
    plugin = examined.cluster.network.plugin
    for target, sources in lost.items():
        yield Finding(
            check="overlay",
            where=target,
            cause="pods of other hosts do not reach the pods of this host",
            evidence=(f"no answer over the pod network to {', '.join(sources)}",),
            remedy=f"Let {_PORTS.get(plugin, 'the pod network')} through between all hosts, in both directions.",
        )

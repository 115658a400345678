"""Nodes that are not Ready."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding


def not_ready(examined: Examined) -> Iterable[Finding]:
    """Find nodes that are missing or not Ready, and those under pressure."""
    if not examined.observed.api:
        return
    for host in examined.cluster.hosts:
        node = examined.observed.nodes.get(host.name)
        if node is None:
            remedy = "Look at: docker logs kubelet on the host; then rke-py up"
            yield Finding(check="node", where=host.name, cause="the node is not registered", remedy=remedy)
        elif not node.ready:
            yield Finding(
                check="node",
                where=host.name,
                cause="the node is not Ready",
                evidence=node.troubles,
                remedy="Look at kubelet on the host (docker logs kubelet), its container runtime and its pod network.",
            )
        elif node.troubles:
            yield Finding(
                check="node",
                where=host.name,
                cause="the node is Ready but in trouble",
                evidence=node.troubles,
                remedy="Pressure evicts pods: make room on the host, or give pods requests and limits.",
            )

"""Pods of the system that do not work."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding

_ELSEWHERE = frozenset({"kube-dns", "canal", "calico-node", "flannel", "weave-net"})
"""Pods that the checks of DNS and of the pod network speak of."""


def failing(examined: Examined) -> Iterable[Finding]:
    """Find pods of add-ons that are not ready on nodes that are."""
    for pod in examined.pods:
        node = examined.observed.nodes.get(pod.node)
        if pod.ready or pod.app in _ELSEWHERE or (node is not None and not node.ready):
            continue
        yield Finding(
            check="pods",
            where=f"{pod.namespace}/{pod.name}",
            cause="a pod of the system is not ready" + (f", restarted {pod.restarts} times" if pod.restarts else ""),
            evidence=tuple(filter(None, (f"on {pod.node}" if pod.node else "", f"{pod.reason} {pod.message}".strip()))),
            remedy=f"Look at: kubectl -n {pod.namespace} describe pod {pod.name}",
        )

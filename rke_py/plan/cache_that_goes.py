"""Before a DNS cache on nodes goes, kubelets no longer tell pods to ask it."""

from __future__ import annotations

from rke_py.plan.stage_names import node_turn
from rke_py.plan.wanted import Wanted


def kubelets_are_told(wanted: Wanted) -> frozenset[str]:
    """Return the turns in which kubelets hear of another DNS server than a cache that goes.

    Where one of them fails the cache stays for the next run: new pods of that host would find no names.
    """
    return frozenset(node_turn(host) for host in wanted.reachable()) if wanted.left_nodelocal else frozenset()

"""Whether Rancher manages the nodes: what one of two changes, the other puts back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.plan.observed import ObservedNode

_LABEL, _BY_RANCHER = "cattle.io/creator", "norman"


def rancher_problems(cluster: Cluster, nodes: Mapping[str, ObservedNode]) -> Iterator[Problem]:
    """Find nodes that Rancher made with its own copy of RKE; a cluster that was only imported into it has none.

    Args:
        cluster: The cluster as wanted.
        nodes: Its Node objects by name; none while no API server answers.
    """
    if not cluster.made_by_rke and cluster.rke is None:
        return
    for name, node in nodes.items():
        if node.labels.get(_LABEL) == _BY_RANCHER:
            hint = "Upgrade it in Rancher, or move what it runs to a cluster that Rancher's newer tools make."
            what = "Rancher made this node and would put RKE's containers back: two must not manage one cluster"
            yield Problem(where=name, what=what, hint=hint)

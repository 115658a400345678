"""Who brings the pod network, without which no node is Ready and no pod starts."""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.plan.observed import Observed


def network_is_awaited(cluster: Cluster, observed: Observed) -> bool:
    """Tell whether somebody else has still to bring the pod network: cluster.yml asks for none, and no node is Ready.

    An add-on of the user's may be one.
    """
    asked_for = cluster.network.plugin != "none" or cluster.addons
    return not asked_for and not any(node.ready for node in observed.nodes.values())

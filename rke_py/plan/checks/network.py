"""Whether nodes can become Ready at all."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.plan.network import network_is_awaited
from rke_py.plan.observed import Observed


def network_problems(cluster: Cluster, observed: Observed) -> Iterable[Problem]:
    """Warn of a cluster in which no pod starts until somebody brings a pod network."""
    if network_is_awaited(cluster, observed):
        yield Problem(
            where="network.plugin",
            what="it is none and no add-on is named: no node becomes Ready and no pod starts without a pod network",
            hint="Install one with kubectl, or name its manifest in addons_include.",
            warning=True,
        )

"""Whether nodes are registered under the names that cluster.yml has for their hosts."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.cluster.model import Cluster, Host
from rke_py.errors import Problem
from rke_py.plan.components.kubelet import NAME as KUBELET
from rke_py.plan.observed import Observed, ObservedNode

_HOSTNAME = "kubernetes.io/hostname"


def node_name_problems(cluster: Cluster, observed: Observed) -> Iterator[Problem]:
    """Name hosts whose kubelet registered another name, as it does where a cloud gives it.

    RKE looks such a Node up by its label or address; here each would count as a host that has not registered.
    """
    known = {host.name for host in cluster.every}
    others = [node for node in observed.nodes.values() if node.name not in known]
    for host in cluster.hosts:
        there = observed.hosts[host.name]
        if host.name in observed.nodes or KUBELET not in there.containers:
            continue
        node = next((node for node in others if _is_of(node, host)), None)
        if node is not None:
            yield Problem(
                where=host.name,
                what=f"its node is called {node.name}, and rke-py works only with nodes called as in cluster.yml",
                hint="A node keeps its name as long as it lives, and RKE goes on with it. For rke-py exchange the "
                "hosts, with RKE and one by one, for machines that have the cloud's name as hostname_override.",
            )


def _is_of(node: ObservedNode, host: Host) -> bool:
    return node.labels.get(_HOSTNAME, "").lower() == host.name or node.internal_ip == host.internal_address

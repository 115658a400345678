"""Which Node object is a host's: a cloud that is part of Kubernetes may give nodes the names of its own machines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from rke_py.cluster.cloud_model import EXTERNAL_AWS
from rke_py.cluster.model import Cluster, Host
from rke_py.plan.observed import ObservedNode

HOSTNAME = "kubernetes.io/hostname"
"""The label that has what the kubelet was told to be called, in lower case."""

_NEVER = datetime.min.replace(tzinfo=UTC)


def named_by_cloud(cluster: Cluster) -> bool:
    """Tell whether nodes may have other names than their hosts; only RKE's kubelets leave that to a cloud."""
    return cluster.rke is not None and cluster.cloud.names_nodes


def nodes_of_hosts(cluster: Cluster, nodes: Mapping[str, ObservedNode]) -> Mapping[str, ObservedNode]:
    """Return nodes by the names of their hosts.

    As RKE finds them: by the label, with ``external-aws`` also by the internal address. One that is no host's of ours
    keeps what its label says, which is how it was called in an earlier cluster.yml.

    Args:
        cluster: Its hosts, those that leave among them.
        nodes: Every node by its own name.
    """
    if not named_by_cloud(cluster):
        return nodes
    # Of two for one host, as a change of the cloud leaves them, the kubelet lives that renewed its lease last.
    oldest_first = sorted(nodes.values(), key=lambda node: node.renewed_at or _NEVER)
    return {_host_of(node, cluster): node for node in oldest_first}


def has_address_of(node: ObservedNode, host: Host) -> bool:
    """Tell whether a host's internal address is one of a node's."""
    return host.internal_address in node.internal_ips


def _host_of(node: ObservedNode, cluster: Cluster) -> str:
    called = node.labels.get(HOSTNAME, node.name).lower()
    if cluster.cloud.name != EXTERNAL_AWS or any(host.name == called for host in cluster.every):
        return called
    return next((host.name for host in cluster.every if has_address_of(node, host)), called)

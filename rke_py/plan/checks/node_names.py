"""Whether nodes keep their names: a kubelet that is told another one registers a second node, and the first stays."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rke_py.cluster.cloud_model import AWS, EXTERNAL_AWS
from rke_py.cluster.model import Cluster, Host
from rke_py.errors import Problem
from rke_py.plan.checks.words import listed
from rke_py.plan.components.kubelet import NAME as KUBELET
from rke_py.plan.node_name import node_of, tells_provider
from rke_py.plan.node_object import EXTERNAL_IP, INTERNAL_IP
from rke_py.plan.nodes_of_hosts import HOSTNAME, has_address_of, named_by_cloud
from rke_py.plan.observed import Observed, ObservedNode
from rke_py.state.model import State
from rke_py.state.nodes import remembered_nodes

_AMAZONS = re.compile(r"(ip-\d|i-[0-9a-f])")
"""How Amazon's names of machines begin: by their address, or by their id."""

_JOIN_AGAIN = (
    "A node keeps its name as long as it lives. Let the hosts leave and join again before, one by one, with the "
    "cloud's name as hostname_override; or leave cloud_provider as it was."
)


def node_name_problems(cluster: Cluster, state: State, observed: Observed) -> Iterator[Problem]:
    """Name hosts whose kubelets would register a second node beside the one they have."""
    if named_by_cloud(cluster):
        yield from _to_be_amazons(cluster, observed)
        yield from _not_to_be_found(cluster, observed)
        yield from _of_old_machines(cluster, state, observed)
    else:
        yield from _of_a_cloud(cluster, observed)


def _of_a_cloud(cluster: Cluster, observed: Observed) -> Iterator[Problem]:
    """Find nodes that a cloud named, in a cluster where none does any more."""
    known = {host.name for host in cluster.every}
    others = [node for node in observed.nodes.values() if node.name not in known]
    for host in cluster.hosts:
        there = observed.hosts[host.name]
        if host.name in observed.nodes or KUBELET not in there.containers:
            continue
        node = next((node for node in others if _is_of(node, host)), None)
        if node is not None:
            what = (
                f"its node is called {node.name}, as the cloud called it, and would register once more as {host.name}"
            )
            yield Problem(where=host.name, what=what, hint=_JOIN_AGAIN)


def _to_be_amazons(cluster: Cluster, observed: Observed) -> Iterator[Problem]:
    """Find nodes that are called as their hosts, where Amazon is to name them from now on."""
    if cluster.cloud.name != AWS and not cluster.cloud.metadata_hostname:
        return
    for host in cluster.hosts:
        there, node = observed.hosts[host.name], observed.nodes.get(host.name)
        if node is None or node.name != host.name or _AMAZONS.match(host.name):
            continue
        if node_of(there) and not tells_provider(there):
            what = f"its node is called {host.name}, and would register once more as Amazon calls the machine"
            yield Problem(where=host.name, what=what, hint=_JOIN_AGAIN)


def _not_to_be_found(cluster: Cluster, observed: Observed) -> Iterator[Problem]:
    """Find nodes known by a label that Amazon's name takes the place of, and not by their address, as then."""
    if cluster.cloud.name != EXTERNAL_AWS:
        return
    for host in cluster.hosts:
        node = observed.nodes.get(host.name)
        if node is None or node.name == host.name or KUBELET not in observed.hosts[host.name].containers:
            continue
        if not has_address_of(node, host):
            found = f"has {listed(node.internal_ips)}" if node.internal_ips else "tells none"
            yield Problem(
                where=host.name,
                what=f"its node {node.name} is known by its internal address alone where Amazon's metadata names it, "
                f"and {found}, not {host.internal_address}",
                hint=f"Write the node's as internal_address of {host.name}: kubectl get node {node.name} -o wide",
            )


def _of_old_machines(cluster: Cluster, state: State, observed: Observed) -> Iterator[Problem]:
    """Find nodes of machines that others replace under their names: a cloud gives each machine a node of its own."""
    for host in cluster.hosts:
        if KUBELET in observed.hosts[host.name].containers:
            continue
        before = {host.moved_from, *_forgotten(host, state)} - {"", host.address}
        for name, node in observed.nodes.items():
            moved = name == host.name and node.annotations.get(INTERNAL_IP) not in (None, host.internal_address)
            if moved or node.annotations.get(EXTERNAL_IP) in before:
                yield Problem(
                    where=host.name,
                    what=f"its old machine's node {node.name} is still there, and the new one gets a node of its own",
                    hint=f"Is the old machine dead: kubectl delete node {node.name}, and run the same again; the "
                    "cloud's controller does that once a machine is terminated. Otherwise give the new one another "
                    "name (hostname_override).",
                )


def _forgotten(host: Host, state: State) -> Iterator[str]:
    """Yield the addresses of machines that had the host's name and left without being cleaned."""
    for record in state.hosts.values():
        if record.forgotten and any(node.name == host.name for node in remembered_nodes({"nodes": [record.node]})):
            yield record.address


def _is_of(node: ObservedNode, host: Host) -> bool:
    return node.labels.get(HOSTNAME, "").lower() == host.name or has_address_of(node, host)

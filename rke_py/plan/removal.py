"""The plan that takes a cluster away again: workers, then the control plane, then etcd."""

from __future__ import annotations

from collections.abc import Container, Mapping

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.plan.conventions import is_ours
from rke_py.plan.migration import kubelet_of_rke, node_of_rke
from rke_py.plan.model import OnFailure, Plan, Stage, Turn
from rke_py.plan.observed import Observed, ObservedHost
from rke_py.plan.steps import CleanHost, RemoveContainer, RemovePods, Step

_ORDER = ("kubelet", "old-kubelet")
"""What goes first: a kubelet would start the pods again that are removed."""

_LAST = ("etcd", "old-etcd")
"""What goes last: the API server writes until it has stopped."""

_GRACE = 5
"""Seconds: nobody is served any more, so nobody is waited for."""

WORKERS, CONTROL_PLANE, ETCD = "remove workers", "remove control plane", "remove etcd"


def make_removal(cluster: Cluster, observed: Observed, *, snapshots: bool) -> Plan:
    """Return what removes every part of the cluster from the hosts that answered.

    Args:
        cluster: The cluster to remove.
        observed: What one look found.
        snapshots: Whether the etcd snapshots on the hosts go too.
    """
    groups: Mapping[str, list[Host]] = {WORKERS: [], CONTROL_PLANE: [], ETCD: []}
    for host in cluster.every:
        if observed.hosts[host.name].reachable:
            groups[_group(host)].append(host)
    stages = tuple(
        Stage(
            name=name,
            turns=tuple(
                Turn(
                    stage=name,
                    host=host.name,
                    steps=cleaning(cluster, observed.hosts[host.name], snapshots=snapshots),
                    disrupts=False,
                )
                for host in hosts
            ),
            limit=0,
            on_failure=OnFailure.COUNT,
            after=frozenset(_before(name)),
        )
        for name, hosts in groups.items()
        if hosts
    )
    return Plan(stages=stages)


def our_containers(host: ObservedHost) -> tuple[str, ...]:
    """Return the names of the host's containers that belong to a cluster of ours, in the order in which they go."""
    names = [container.name for container in host.containers.values() if is_ours(container)]
    return tuple(sorted(names, key=lambda name: (name not in _ORDER, name in _LAST, name)))


def _before(stage: str) -> tuple[str, ...]:
    order = (WORKERS, CONTROL_PLANE, ETCD)
    return order[: order.index(stage)]


def _group(host: Host) -> str:
    if host.may_carry(Role.ETCD):
        return ETCD
    return CONTROL_PLANE if host.may_carry(Role.CONTROLPLANE) else WORKERS


def _runtimes(cluster: Cluster, host: ObservedHost) -> tuple[bool, ...]:
    """Return whether a host's pods are in Docker: one that is half way out of RKE's releases may have them in both."""
    if cluster.rke is not None or not node_of_rke(host):
        return (cluster.rke is not None,)
    return (True,) if kubelet_of_rke(host) else (True, False)


def cleaning(
    cluster: Cluster,
    host: ObservedHost,
    *,
    snapshots: bool,
    without_kubelet: tuple[Step, ...] = (),
    done: Container[str] = (),
) -> tuple[Step, ...]:
    """Return the steps that leave a host as it was found.

    Args:
        cluster: Gives the tools image and the networks.
        host: The host as observed.
        snapshots: Whether its etcd snapshots go too.
        without_kubelet: What follows right after the end of its kubelet.
        done: Names of containers that are gone by then.
    """
    names = tuple(name for name in our_containers(host) if name not in done)
    services, tools = cluster.services, cluster.images.tools
    networks = tuple(str(subnet) for subnet in (*services.cluster_cidr, *services.service_cluster_ip_range))
    return (
        *(RemoveContainer(host=host.name, name=name, grace=_GRACE) for name in names if name in _ORDER),
        *without_kubelet,
        *(RemovePods(host=host.name, tools=tools, in_docker=docker) for docker in _runtimes(cluster, host)),
        *(RemoveContainer(host=host.name, name=name, grace=_GRACE) for name in names if name not in _ORDER),
        CleanHost(host=host.name, tools=tools, networks=networks, snapshots=snapshots),
    )

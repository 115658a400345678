"""What every host is to carry, worked out from cluster.yml alone: containers, files, ports, labels, taints.

Nothing is asked of a host, so a machine is taken for an ordinary one until its facts are given. Certificates are not
among the files: they are made when a cluster is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rke_py.cluster.model import Cluster, Host, Role, Taint
from rke_py.cluster.rke.model import RkeSettings
from rke_py.plan.components import apiserver, etcd, kubelet
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.conventions import CLOUD_CONFIG
from rke_py.plan.node import configuration, containers
from rke_py.plan.node_object import address_annotations, role_labels, wanted_node
from rke_py.plan.observed import HostFacts
from rke_py.plan.rke.components.apiserver import ENCRYPTION_FILE
from rke_py.plan.rke.node import rke_containers
from rke_py.plan.rke.place import place
from rke_py.render.apiserver import encryption_text

UNKNOWN_TOKEN = "made-by-up"  # noqa: S105 - it says that there is none yet
"""Stands for the etcd cluster's random token where no state knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """A file on a host; ``content`` is None when it is made together with the cluster."""

    name: str
    content: bytes | None = field(repr=False)
    secret: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedHost:
    """Everything one host is to carry.

    Attributes:
        ports: TCP ports that other hosts reach.
        labels, taints, annotations: Of its Node object.
    """

    host: Host
    containers: tuple[ContainerSpec, ...]
    files: tuple[PlannedFile, ...]
    ports: tuple[int, ...]
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    annotations: Mapping[str, str]


def planned_hosts(
    cluster: Cluster, facts: Mapping[str, HostFacts] | None = None, token: str = UNKNOWN_TOKEN
) -> tuple[PlannedHost, ...]:
    """Return what every host is to carry, in the file's order.

    Args:
        cluster: The cluster as wanted, of either family.
        facts: What is known of machines, by node name; any other is Linux on x86_64 with Docker's usual folder.
        token: The etcd cluster's own token.
    """
    known = facts or {}
    if cluster.rke is not None:
        return tuple(_rke_host(cluster, cluster.rke, host, known.get(host.name)) for host in cluster.hosts)
    return tuple(_upstream_host(cluster, host, known.get(host.name), token) for host in cluster.hosts)


def _rke_host(cluster: Cluster, settings: RkeSettings, host: Host, facts: HostFacts | None) -> PlannedHost:
    """Return a host of RKE's own releases: its taints are set through the API and are not part of RKE's plan."""
    return PlannedHost(
        host=host,
        containers=rke_containers(place(cluster, settings, host, facts)),
        files=tuple(_rke_files(cluster)),
        ports=_ports(host),
        labels={**host.labels, **role_labels(host)},
        taints=(),
        annotations=address_annotations(host),
    )


def _rke_files(cluster: Cluster) -> Iterable[PlannedFile]:
    cloud = cluster.cloud
    yield PlannedFile(name=CLOUD_CONFIG, content=cloud.config.get_secret_value().encode(), secret=cloud.secret)
    yield from _encryption(cluster)


def _encryption(cluster: Cluster) -> Iterable[PlannedFile]:
    """Yield the keys that Secrets are encrypted with; those that rke-py makes are made with the cluster."""
    if cluster.api.encryption is not None:
        text = encryption_text(cluster.api.encryption)
        yield PlannedFile(name=ENCRYPTION_FILE, content=None if text is None else text.encode())


def _upstream_host(cluster: Cluster, host: Host, facts: HostFacts | None, token: str) -> PlannedHost:
    node = wanted_node(host)
    files = [
        PlannedFile(name=file.path, content=file.content, secret=file.secret)
        for file in configuration(cluster, host, facts, None)
    ]
    if host.has(Role.CONTROLPLANE):
        files += _encryption(cluster)
    return PlannedHost(
        host=host,
        containers=containers(cluster, host, token, facts),
        files=tuple(files),
        ports=_ports(host),
        labels=node.labels,
        taints=node.taints,
        annotations=address_annotations(host),
    )


def _ports(host: Host) -> tuple[int, ...]:
    """Return the ports RKE checks on a host before it begins; both families use them."""
    return (
        kubelet.PORT,
        *((apiserver.PORT,) if host.has(Role.CONTROLPLANE) else ()),
        *((etcd.CLIENT_PORT, etcd.PEER_PORT) if host.has(Role.ETCD) else ()),
    )

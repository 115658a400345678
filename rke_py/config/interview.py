"""What a new cluster.yml is made of → its text: short, commented, and valid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import yaml

from rke_py.config.checks.addressing import (
    DEFAULT_CLUSTER_CIDR,
    DEFAULT_CLUSTER_DOMAIN,
    DEFAULT_SERVICE_CLUSTER_IP_RANGE,
    subnets,
)

ROLES = ("controlplane", "etcd", "worker")
_MEMBERS = 3
"""As many hosts carry etcd and the control plane where there are as many: one of them may fail."""

_DNS_HOST = 10
_HEAD = """\
# Every option with its default: rke-py config init --full --print
# Check this file with:          rke-py config validate
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNode:
    """One machine of a new cluster; what is empty is left out of the file."""

    address: str
    user: str = "ubuntu"
    role: tuple[str, ...] = ()
    port: str = ""
    internal_address: str = ""
    hostname_override: str = ""
    ssh_key_path: str = ""
    ssh_key: str = field(default="", repr=False)
    docker_socket: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCluster:
    """The answers of an operator; what is empty has its default and is left out of the file."""

    nodes: tuple[NewNode, ...]
    kubernetes_version: str
    cluster_name: str = ""
    ssh_key_path: str = ""
    network_plugin: str = ""
    authentication_strategy: str = ""
    authorization_mode: str = ""
    cluster_domain: str = ""
    service_cluster_ip_range: str = ""
    cluster_cidr: str = ""
    cluster_dns_server: str = ""
    addons_include: tuple[str, ...] = ()


SAMPLE = NewNode(address="192.0.2.11")


def with_roles(nodes: Sequence[NewNode]) -> tuple[NewNode, ...]:
    """Return the nodes with roles for those that have none, unless any has one already: then they are workers."""
    if any(node.role for node in nodes):
        return tuple(node if node.role else replace(node, role=("worker",)) for node in nodes)
    members = _MEMBERS if len(nodes) >= _MEMBERS else 1
    apart = len(nodes) > members and members == _MEMBERS
    first = ROLES[:2] if apart else ROLES
    return tuple(replace(node, role=first if number < members else ("worker",)) for number, node in enumerate(nodes))


def written(cluster: NewCluster) -> str:
    """Return the file."""
    return "\n".join(_lines(cluster)) + "\n"


def _lines(cluster: NewCluster) -> Iterator[str]:
    yield _HEAD
    if cluster.cluster_name:
        yield f"cluster_name: {_text(cluster.cluster_name)}"
    yield f"kubernetes_version: {_text(cluster.kubernetes_version)}"
    yield ""
    yield "nodes:"
    for node in with_roles(cluster.nodes):
        yield from _node(node)
    if cluster.ssh_key_path:
        yield ""
        yield f"ssh_key_path: {_text(cluster.ssh_key_path)} # for all nodes that do not say otherwise"
    yield from _section("network", (("plugin", cluster.network_plugin, "the pod network"),))
    yield from _services(cluster)
    yield from _section("authentication", (("strategy", cluster.authentication_strategy, ""),))
    yield from _section("authorization", (("mode", cluster.authorization_mode, ""),))
    if cluster.addons_include:
        yield ""
        yield "addons_include: # files, folders and URLs of manifests"
        yield from (f"  - {_text(place)}" for place in cluster.addons_include)


def _node(node: NewNode) -> Iterator[str]:
    yield f"  - address: {_text(node.address)} # the name or IP address you reach the host by"
    yield f"    user: {_text(node.user)} # may log in by SSH and is in group docker"
    yield f"    role: [{', '.join(map(_text, node.role))}]"
    for key in ("port", "internal_address", "hostname_override", "ssh_key_path", "docker_socket"):
        if value := getattr(node, key):
            yield f"    {key}: {_text(value)}"
    if node.ssh_key:
        yield "    ssh_key: |"
        yield from (f"      {line}" for line in node.ssh_key.splitlines())


def _services(cluster: NewCluster) -> Iterator[str]:
    if not (
        cluster.service_cluster_ip_range or cluster.cluster_cidr or cluster.cluster_domain or cluster.cluster_dns_server
    ):
        return
    yield ""
    yield "services:"
    services = cluster.service_cluster_ip_range
    yield from _inner("kube-api", (("service_cluster_ip_range", services, "addresses of Services"),))
    yield from _inner(
        "kube-controller",
        (("cluster_cidr", cluster.cluster_cidr, "addresses of pods"), ("service_cluster_ip_range", services, "")),
    )
    yield from _inner(
        "kubelet",
        (
            ("cluster_domain", cluster.cluster_domain, ""),
            ("cluster_dns_server", cluster.cluster_dns_server, "in the range of Services"),
        ),
    )


def _section(name: str, keys: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    if any(value for _, value, _ in keys):
        yield ""
        yield f"{name}:"
        yield from _keys(keys, "  ")


def _inner(name: str, keys: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    if any(value for _, value, _ in keys):
        yield f"  {name}:"
        yield from _keys(keys, "    ")


def _keys(keys: Sequence[tuple[str, str, str]], indent: str) -> Iterator[str]:
    for key, value, meaning in keys:
        if value:
            yield f"{indent}{key}: {_text(value)}{f' # {meaning}' if meaning else ''}"


def _text(value: str) -> str:
    """Return a text as YAML writes it on one line, in quotes where it must be."""
    dumped: str = yaml.safe_dump(value, width=float("inf"), allow_unicode=True)
    return dumped.removesuffix("...\n").rstrip("\n")


def dns_server(service_range: str) -> str:
    """Return the usual address of cluster DNS: the tenth of the Service range."""
    networks = subnets(service_range)
    return str(networks[0][_DNS_HOST]) if networks and networks[0].num_addresses > _DNS_HOST else ""


def beside_default(value: str, default: str) -> str:
    """Return an answer, or nothing when it is what happens anyway."""
    return "" if value == default else value


DEFAULTS = {
    "cluster_name": "local",
    "ssh_key_path": "~/.ssh/id_rsa",
    "cluster_domain": DEFAULT_CLUSTER_DOMAIN,
    "service_cluster_ip_range": DEFAULT_SERVICE_CLUSTER_IP_RANGE,
    "cluster_cidr": DEFAULT_CLUSTER_CIDR,
    "network_plugin": "flannel",
    "authentication_strategy": "x509",
    "authorization_mode": "rbac",
    "port": "22",
    "docker_socket": "/var/run/docker.sock",
    "user": "ubuntu",
}
"""What an operator gets who only presses Enter."""

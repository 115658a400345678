"""``nodes``: roles that exist, names and addresses that are one machine's own, access that can work."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from rke_py.config.checks.access import ssh_findings
from rke_py.config.checks.labels import label_findings, taint_findings
from rke_py.config.checks.syntax import is_host_name, is_ip, is_subdomain
from rke_py.config.findings import Finding, nearest
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.nodes import NodeConfig

ROLES = ("etcd", "controlplane", "worker")


def node_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with single nodes."""
    for index, node in enumerate(config.nodes):
        yield from _required(index, node)
        yield from _roles(index, node)
        yield from _names(index, node)
        yield from ssh_findings(("nodes", index), node)
        yield from label_findings(("nodes", index, "labels"), node.labels)
        yield from taint_findings(("nodes", index, "taints"), node.taints)
        if node.docker_socket and not _is_docker(node.docker_socket):
            path = ("nodes", index, "docker_socket")
            hint = "Write /var/run/docker.sock, or tcp://127.0.0.1:2376 where Docker listens on a port of the host."
            yield Finding(path=path, what="this is neither an absolute path nor tcp://ADDRESS:PORT", hint=hint)


def _is_docker(text: str) -> bool:
    """Tell whether it says where Docker is on a host: a unix socket's path, or a port."""
    if not text.startswith("tcp://"):
        return text.startswith("/")
    try:
        parts = urlsplit(text)
        return bool(parts.hostname and parts.port) and parts.path in ("", "/")
    except ValueError:
        return False


def node_set_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with the nodes taken together."""
    if not config.nodes:
        yield Finding(path=("nodes",), what="there are no nodes", hint="List at least one host under nodes.")
        return
    yield from _duplicates(config)
    if any(role not in ROLES for node in config.nodes for role in node.role):
        return  # a misspelt role may well be the one that seems missing
    count = {role: sum(role in node.role for node in config.nodes) for role in ROLES}
    for role in ("etcd", "controlplane"):
        if not count[role] and not (role == "etcd" and config.services.etcd.external_urls):
            yield Finding(path=("nodes",), what=f"no node has role {role}", hint=f"Give role {role} to at least one.")
    if not count["worker"]:
        what = "no node has role worker, so ordinary pods have nowhere to run"
        yield Finding(path=("nodes",), what=what, hint="Give role worker to a node.", warning=True)
    if count["etcd"] and count["etcd"] % 2 == 0:
        what = f"{count['etcd']} etcd members bear no more failures than {count['etcd'] - 1}"
        yield Finding(path=("nodes",), what=what, hint="Use 1, 3 or 5 nodes with role etcd.", warning=True)


def _required(index: int, node: NodeConfig) -> Iterator[Finding]:
    for key in ("address", "user", "role"):
        if not getattr(node, key):
            yield Finding(path=("nodes", index, key), what=f"the node has no {key}", hint=f"Write {key}: for it.")


def _roles(index: int, node: NodeConfig) -> Iterator[Finding]:
    for position, role in enumerate(node.role):
        if role not in ROLES:
            path = ("nodes", index, "role", position)
            yield Finding(path=path, what=f"'{role}' is not a role", hint=_role_hint(role))
        elif role in node.role[:position]:
            path = ("nodes", index, "role", position)
            yield Finding(path=path, what=f"{role} is here already", hint="Remove it.", warning=True)


def _role_hint(role: str) -> str:
    if role.lower().replace("-", "").replace("_", "").replace(" ", "") in ("controlplane", "master", "control"):
        return "Did you mean controlplane?"
    return nearest(role, ROLES)


def _names(index: int, node: NodeConfig) -> Iterator[Finding]:
    for key, address in (("address", node.address), ("internal_address", node.internal_address)):
        if address and not is_ip(address) and not is_host_name(address):
            what = f"'{address}' is neither an IP address nor a host name"
            hint = "The port has a key of its own: port." if address.rpartition(":")[2].isdecimal() else ""
            yield Finding(path=("nodes", index, key), what=what, hint=hint)
    if is_subdomain((node.hostname_override or node.address).lower()):
        return
    if node.hostname_override:
        what = f"'{node.hostname_override}' cannot be a node's name"
        hint = "Use letters, digits, '-' and '.', beginning and ending with a letter or digit (DNS-1123)."
        yield Finding(path=("nodes", index, "hostname_override"), what=what, hint=hint)
    elif is_ip(node.address) or is_host_name(node.address):
        called = "an IPv6 address" if ":" in node.address else f"'{node.address}'"
        what = f"{called} cannot be a node's name"
        yield Finding(path=("nodes", index, "address"), what=what, hint="Write hostname_override: for it.")


def _duplicates(config: ClusterConfig) -> Iterator[Finding]:
    """Yield a finding for each value that belongs to one machine and is used by two."""
    for key in ("address", "hostname_override", "internal_address"):
        first: dict[str, int] = {}
        for index, node in enumerate(config.nodes):
            value = _own(node, key)
            if not value:
                continue
            if value in first and getattr(node, key):
                what = f"nodes[{first[value]}] has {key} {value} already"
                hint = "Two entries for one machine: put its roles into one." if key == "address" else ""
                yield Finding(path=("nodes", index, key), what=what, hint=hint)
            first.setdefault(value, index)


def _own(node: NodeConfig, key: str) -> str:
    """Return the value as it will be used: names default to the address and are lower case."""
    if key == "hostname_override":
        return (node.hostname_override or node.address).lower()
    if key == "internal_address":
        return node.internal_address or node.address
    return node.address

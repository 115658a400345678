"""``nodes`` and ``bastion_host`` → hosts and how to reach them."""

from __future__ import annotations

from rke_py.cluster.model import Host, Role, SshAccess, Taint
from rke_py.config.checks.labels import RESERVED_TAINTS
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.nodes import NodeConfig, SshConfig, TaintConfig

DEFAULT_KEY_PATH = "~/.ssh/id_rsa"
DEFAULT_DOCKER_SOCKET = "/var/run/docker.sock"
DEFAULT_SSH_PORT = 22


def resolve_hosts(config: ClusterConfig, home: str) -> tuple[Host, ...]:
    """Return the hosts in the file's order."""
    return tuple(resolve_host(config, node, home) for node in config.nodes)


def resolve_bastion(config: ClusterConfig, home: str) -> SshAccess | None:
    """Return how to reach the bastion; None when there is none."""
    return _access(config, config.bastion_host, home) if config.bastion_host.address else None


def resolve_host(config: ClusterConfig, node: NodeConfig, home: str) -> Host:
    """Return one host; the configuration gives what its entry leaves open."""
    return Host(
        name=(node.hostname_override or node.address).lower(),
        address=node.address,
        internal_address=node.internal_address or node.address,
        roles=frozenset(Role(role) for role in node.role),
        ssh=_access(config, node, home),
        docker_socket=node.docker_socket or DEFAULT_DOCKER_SOCKET,
        labels=dict(node.labels),
        taints=_taints(node.taints),
    )


def _access(config: ClusterConfig, access: SshConfig, home: str) -> SshAccess:
    """Return how to log in; unlike RKE, a machine's own keys win over the cluster-wide ones in every case."""
    agent = config.ssh_agent_auth if access.ssh_agent_auth is None else access.ssh_agent_auth
    key_path = access.ssh_key_path or config.ssh_key_path or ("" if agent else DEFAULT_KEY_PATH)
    return SshAccess(
        address=access.address,
        port=int(access.port) if access.port else DEFAULT_SSH_PORT,
        user=access.user,
        key=access.ssh_key,
        key_path="" if access.ssh_key.get_secret_value() else _expanded(key_path, home),
        cert=access.ssh_cert,
        cert_path="" if access.ssh_cert else _expanded(access.ssh_cert_path or config.ssh_cert_path, home),
        agent=agent,
        host_key=access.host_key,
    )


def _expanded(path: str, home: str) -> str:
    return home.rstrip("/") + path[1:] if home and path.startswith("~/") else path


def _taints(taints: tuple[TaintConfig, ...]) -> tuple[Taint, ...]:
    """Return the user's taints; as in RKE the first of each key and effect counts and those of the roles do not."""
    kept: dict[tuple[str, str], Taint] = {}
    for taint in taints:
        if (taint.key, taint.effect) not in RESERVED_TAINTS:
            kept.setdefault((taint.key, taint.effect), Taint(key=taint.key, value=taint.value, effect=taint.effect))
    return tuple(kept.values())

"""What ``rke config`` asks, asked on the terminal: Enter takes what stands in brackets."""

from __future__ import annotations

import click

from rke_py.config.interview import DEFAULTS, ROLES, NewCluster, NewNode, beside_default, dns_server


def interview(version: str) -> NewCluster:
    """Ask for everything that a new cluster needs; raises click.Abort when the answers end."""
    key_path = _ask("Path of the SSH private key for all hosts", "ssh_key_path")
    count = click.prompt("Number of hosts", default=1, type=click.IntRange(min=1), err=True)
    nodes = tuple(_node(number, count) for number in range(1, count + 1))
    plugin = _ask("Network plugin (flannel, canal, calico, none)", "network_plugin")
    strategy = _ask("Authentication strategy", "authentication_strategy")
    mode = _ask("Authorization mode", "authorization_mode")
    version = click.prompt("Kubernetes version", default=version, err=True)
    domain = _ask("Cluster domain", "cluster_domain")
    services = _ask("Range of Service addresses", "service_cluster_ip_range")
    pods = _ask("Range of pod addresses", "cluster_cidr")
    dns = str(click.prompt("Service address of cluster DNS", default=dns_server(services), err=True))
    return NewCluster(
        nodes=nodes,
        kubernetes_version=version,
        ssh_key_path=key_path,
        network_plugin=plugin,
        authentication_strategy=beside_default(strategy, DEFAULTS["authentication_strategy"]),
        authorization_mode=beside_default(mode, DEFAULTS["authorization_mode"]),
        cluster_domain=domain,
        service_cluster_ip_range=services,
        cluster_cidr=pods,
        cluster_dns_server=dns,
        addons_include=_addons(),
    )


def _node(number: int, count: int) -> NewNode:
    name = f"host {number}" if count > 1 else "the host"
    address = click.prompt(f"Address of {name}", err=True)
    port = _ask(f"SSH port of {name}", "port")
    key_path = _optional(f"SSH private key path of {name}, if it has its own")
    user = _ask(f"SSH user of {name}", "user")
    defaults = {"controlplane": number == 1, "etcd": number == 1, "worker": count == 1 or number > 1}
    roles = tuple(
        role for role in ROLES if click.confirm(f"Is {name} a {role} host?", default=defaults[role], err=True)
    )
    return NewNode(
        address=address,
        user=user,
        role=roles,
        port=beside_default(port, DEFAULTS["port"]),
        ssh_key_path=key_path,
        hostname_override=_optional(f"Name of {name} in Kubernetes, if not its address"),
        internal_address=_optional(f"Internal address of {name}, if it has another"),
        docker_socket=beside_default(_ask(f"Docker's socket on {name}", "docker_socket"), DEFAULTS["docker_socket"]),
    )


def _addons() -> tuple[str, ...]:
    places: list[str] = []
    more = click.confirm("Add manifests of your own?", default=False, err=True)
    while more:
        places.append(click.prompt("File, folder or URL", err=True))
        more = click.confirm("Add another?", default=False, err=True)
    return tuple(places)


def _ask(question: str, key: str) -> str:
    return str(click.prompt(question, default=DEFAULTS[key], err=True))


def _optional(question: str) -> str:
    return str(click.prompt(question, default="", show_default=False, err=True))

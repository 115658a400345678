"""Which hosts get a file: predicates that the inventory's rows are written with."""

from __future__ import annotations

from collections.abc import Callable

from rke_py.cluster.model import Host, Role

Placement = Callable[[Host], bool]


def nowhere(_host: Host) -> bool:
    """Keep it in the state: no host gets it."""
    return False


def everywhere(_host: Host) -> bool:
    """Give it to every host, whatever its roles."""
    return True


def on_etcd(host: Host) -> bool:
    """Give it to hosts with an etcd member."""
    return host.has(Role.ETCD)


def on_controlplane(host: Host) -> bool:
    """Give it to hosts with an API server."""
    return host.has(Role.CONTROLPLANE)


def on_etcd_or_controlplane(host: Host) -> bool:
    """Give it to etcd members and to their clients, the API servers."""
    return on_etcd(host) or on_controlplane(host)


def off_controlplane(host: Host) -> bool:
    """Give it to hosts that reach the API servers through a proxy."""
    return not on_controlplane(host)

"""How large etcd's databases may become: what runs, and what cluster.yml wants."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.model import Cluster, Role
from rke_py.plan.arguments import flag_value
from rke_py.plan.components.etcd import NAME
from rke_py.plan.observed import Observed

_FLAG = "quota-backend-bytes"
_USUAL = 2 << 30
"""etcd's own, unless the flag says another."""


def quota_of(command: Iterable[str]) -> int:
    """Return the quota in bytes of a member that runs with a command line."""
    given = flag_value(command, _FLAG)
    return int(given) if given and given.isdigit() and int(given) else _USUAL


def running_quota(observed: Observed, host: str) -> int:
    """Return the quota in bytes of the member on a host; etcd's own where no container tells another."""
    found = observed.hosts.get(host)
    container = found.containers.get(NAME) if found else None
    return quota_of(container.spec.command if container else ())


def to_be_raised(cluster: Cluster, observed: Observed) -> frozenset[str]:
    """Return the hosts whose member gets room by a higher quota of cluster.yml while etcd is full."""
    wanted = quota_of(f"--{_FLAG}={value}" for value in cluster.services.etcd.flags.get(_FLAG, ()))
    if not observed.etcd.full:
        return frozenset()
    return frozenset(
        host.name
        for host in cluster.with_role(Role.ETCD)
        if NAME in observed.hosts[host.name].containers and running_quota(observed, host.name) < wanted
    )

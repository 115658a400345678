"""``rke-py node list``: the hosts that cluster.yml has, and those that only the state knows; nobody is asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.remembered import running_version


class Standing(StrEnum):
    """How a host stands to the cluster."""

    IN_USE = "in use"
    NEW = "new"
    CHANGES = "changes its roles"
    LEAVES = "leaves"
    NOT_CLEAN = "left, not clean"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNode:
    """A host; ``roles`` are those of cluster.yml, and of one that is not there those that it had."""

    name: str
    address: str
    roles: tuple[str, ...]
    standing: Standing


def list_nodes(context: Context) -> tuple[ListedNode, ...]:
    """Return the hosts of cluster.yml in its order, then those that it has no more.

    Raises:
        RkeError: cluster.yml or the state cannot be read.
    """
    state = StateStore(context.state_path).read()
    cluster = load_cluster(context.config, text=context.text, running_version=running_version(state)).cluster
    records = state.hosts if state else {}
    names = {host.name for host in cluster.hosts}
    here = []
    for host in cluster.hosts:
        record, roles = records.get(host.name), frozenset(map(str, host.roles))
        known = record is not None and not record.forgotten
        standing = Standing.NEW if record is None or not known else Standing.IN_USE
        if record is not None and known and record.roles != roles:
            standing = Standing.CHANGES
        here.append(ListedNode(name=host.name, address=host.address, roles=tuple(sorted(roles)), standing=standing))
    gone = (
        ListedNode(
            name=name,
            address=record.address,
            roles=tuple(sorted(record.roles)),
            standing=Standing.NOT_CLEAN if record.forgotten else Standing.LEAVES,
        )
        for name, record in records.items()
        if name not in names
    )
    return (*here, *gone)

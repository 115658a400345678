"""What a cluster.yml changes about the hosts of a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rke_py.cluster.model import Cluster
from rke_py.state.model import State
from rke_py.state.nodes import remembered_nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    """A host whose roles are others than when the configuration was last applied in full."""

    before: frozenset[str]
    after: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Hosts by node name, in the order of their file.

    Attributes:
        removed: Hosts that carry, or may carry, something of the cluster and are no longer in it, with their addresses.
    """

    added: tuple[str, ...] = ()
    removed: Mapping[str, str] = field(default_factory=dict)
    rerolled: Mapping[str, RoleChange] = field(default_factory=dict)


def changes(state: State, cluster: Cluster) -> Changes:
    """Compare the hosts of a state with those of a cluster."""
    names = {host.name for host in cluster.hosts}
    before = {node.name: node.roles for node in remembered_nodes(state.configuration)}
    roles = {host.name: frozenset(str(role) for role in host.roles) for host in cluster.hosts}
    return Changes(
        added=tuple(host.name for host in cluster.hosts if host.name not in state.hosts),
        removed={name: address for name, address in state.hosts.items() if name not in names},
        rerolled={
            name: RoleChange(before=before[name], after=after)
            for name, after in roles.items()
            if name in before and before[name] != after
        },
    )

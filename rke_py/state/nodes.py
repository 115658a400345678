"""The nodes of a remembered configuration, in the form in which the state file keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedNode:
    """A node as it was applied; ``name`` is its name in Kubernetes, ``entry`` all that was written of it."""

    name: str
    address: str
    roles: frozenset[str]
    entry: Mapping[str, object] = field(default_factory=dict, repr=False)


def remembered_nodes(configuration: Mapping[str, object]) -> tuple[RememberedNode, ...]:
    """Return the nodes of a configuration in RKE's form; what is not a node there is left out."""
    nodes = configuration.get("nodes")
    return tuple(_node(node) for node in nodes if isinstance(node, dict)) if isinstance(nodes, list) else ()


def _node(node: Mapping[str, object]) -> RememberedNode:
    address, roles = str(node.get("address") or ""), node.get("role")
    return RememberedNode(
        name=str(node.get("hostnameOverride") or address).lower(),
        address=address,
        roles=frozenset(map(str, roles)) if isinstance(roles, list) else frozenset(),
        entry=node,
    )

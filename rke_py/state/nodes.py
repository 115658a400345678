"""The nodes of a remembered configuration, in the form in which the state file keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedNode:
    """A node as it was applied.

    Attributes:
        name: Its name in Kubernetes.
        entry: All that was written of it.
        labels, taints: What of it is on the Node object; a taint as ``key:effect``.
    """

    name: str
    address: str
    roles: frozenset[str]
    entry: Mapping[str, object] = field(default_factory=dict, repr=False)
    labels: frozenset[str] = frozenset()
    taints: frozenset[str] = frozenset()


def remembered_nodes(configuration: Mapping[str, object]) -> tuple[RememberedNode, ...]:
    """Return the nodes of a configuration in RKE's form; what is not a node there is left out."""
    nodes = configuration.get("nodes")
    return tuple(_node(node) for node in nodes if isinstance(node, dict)) if isinstance(nodes, list) else ()


def _node(node: Mapping[str, object]) -> RememberedNode:
    address, roles = str(node.get("address") or ""), node.get("role")
    labels, taints = node.get("labels"), node.get("taints")
    return RememberedNode(
        name=str(node.get("hostnameOverride") or address).lower(),
        address=address,
        roles=frozenset(map(str, roles)) if isinstance(roles, list) else frozenset(),
        entry=node,
        labels=frozenset(map(str, labels)) if isinstance(labels, dict) else frozenset(),
        taints=frozenset(_slots(taints)) if isinstance(taints, list) else frozenset(),
    )


def _slots(taints: Sequence[object]) -> Iterator[str]:
    return (f"{taint.get('key')}:{taint.get('effect')}" for taint in taints if isinstance(taint, dict))

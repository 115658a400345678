"""What the Node object of a host has to carry, and whether it does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rke_py.cluster.model import Host, Role, Taint
from rke_py.plan.observed import ObservedNode
from rke_py.render.kubelet import role_taints
from rke_py.state.nodes import RememberedNode

OWNED = "rke-py.io/owned"
"""Annotation that lists the labels and taints we set: besides those that RKE did, only these are ever taken away."""

CORDONED = "rke-py.io/cordoned"
"""Annotation of a node that we cordoned: only such a node is uncordoned by us."""

EXTERNAL_IP = "rke.cattle.io/external-ip"
INTERNAL_IP = "rke.cattle.io/internal-ip"
"""Annotations with the addresses by which the node's machine is reached, RKE's own."""

_ROLE_LABEL = "node-role.kubernetes.io/{}"
_ROLE_TAINTS = (
    Taint(key="node-role.kubernetes.io/etcd", value="true", effect="NoExecute"),
    Taint(key="node-role.kubernetes.io/controlplane", value="true", effect="NoSchedule"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedNode:
    """Labels, taints and annotations of ours; others on the node are not touched.

    Attributes:
        applied_labels, applied_taints: Those that cluster.yml had for the node when it was last applied, a taint as
            ``key:effect``. RKE goes by them: it leaves no note on the node.
    """

    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    annotations: Mapping[str, str]
    applied_labels: frozenset[str] = frozenset()
    applied_taints: frozenset[str] = frozenset()


def wanted_node(host: Host, applied: RememberedNode | None = None) -> WantedNode:
    """Return what the host's Node object has to carry.

    Args:
        host: As wanted.
        applied: The node as it was last applied; None when nobody remembers.
    """
    labels = role_labels(host) | dict(host.labels)
    reserved = {(taint.key, taint.effect) for taint in _ROLE_TAINTS}
    own = tuple(taint for taint in host.taints if (taint.key, taint.effect) not in reserved)
    taints = role_taints(host) + own
    owned = {"labels": sorted(labels), "taints": sorted(map(_slot, taints))}
    return WantedNode(
        labels=labels,
        taints=taints,
        annotations=address_annotations(host) | {OWNED: json.dumps(owned, sort_keys=True)},
        applied_labels=applied.labels if applied else frozenset(),
        applied_taints=applied.taints if applied else frozenset(),
    )


def role_labels(host: Host) -> dict[str, str]:
    """Return the labels that say what the node is for."""
    return {_ROLE_LABEL.format(role): "true" for role in sorted(host.roles)}


def address_annotations(host: Host) -> dict[str, str]:
    """Return the annotations with both addresses, as RKE sets them."""
    return {EXTERNAL_IP: host.address, INTERNAL_IP: host.internal_address}


def node_differences(want: WantedNode, node: ObservedNode) -> tuple[str, ...]:
    """Return one line for each label, taint or annotation that is missing, differs or is left over."""
    lines = [
        *(
            f"label {key}: {_shown(node.labels.get(key))} instead of {value}"
            for key, value in want.labels.items()
            if node.labels.get(key) != value
        ),
        *(
            f"annotation {key}: {_shown(node.annotations.get(key))} instead of {value}"
            for key, value in want.annotations.items()
            if node.annotations.get(key) != value
        ),
        *(f"taint {taint}: missing" for taint in want.taints if taint not in node.taints),
    ]
    labels, taints = left_over(want, node)
    lines += [f"label {key}: no longer wanted" for key in labels]
    lines += [f"taint {taint}: no longer wanted" for taint in taints]
    return tuple(lines)


def left_over(want: WantedNode, node: ObservedNode) -> tuple[tuple[str, ...], tuple[Taint, ...]]:
    """Return the labels and taints on the node that are ours and no longer wanted.

    Ours are those of the ``rke-py.io/owned`` annotation, those that were last applied, every role label, and both role
    taints.
    """
    owned = json.loads(node.annotations.get(OWNED, "{}"))
    labels = {*owned.get("labels", ()), *want.applied_labels, *(_ROLE_LABEL.format(role) for role in Role)}
    taints = {*owned.get("taints", ()), *want.applied_taints, *map(_slot, _ROLE_TAINTS)}
    return (
        tuple(key for key in sorted(labels) if key in node.labels and key not in want.labels),
        tuple(t for t in node.taints if _slot(t) in taints and t not in want.taints),
    )


def as_rke_left(want: WantedNode, node: ObservedNode) -> WantedNode:
    """Return what the node of a cluster of RKE's has to carry: our note of what is ours comes with the first change."""
    if OWNED in node.annotations:
        return want
    return replace(want, annotations={key: value for key, value in want.annotations.items() if key != OWNED})


def _slot(taint: Taint) -> str:
    """Return what a node has only one taint of."""
    return f"{taint.key}:{taint.effect}"


def _shown(value: str | None) -> str:
    return "missing" if value is None else value

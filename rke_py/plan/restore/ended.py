"""Certificates on hosts that have ended: a restore brings new ones, since nothing works that it starts with those."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rke_py.pki.inspect import end_of
from rke_py.plan.files import FoundFile
from rke_py.plan.node import NodePlan
from rke_py.plan.observed import Observed

_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


def with_ended(nodes: Mapping[str, NodePlan], observed: Observed, now: datetime) -> frozenset[str]:
    """Return the hosts on which a certificate has ended that the cluster has for them."""
    return frozenset(name for name, node in nodes.items() if _has_ended(node, observed.host(name).files or {}, now))


def _has_ended(node: NodePlan, there: Mapping[str, FoundFile], now: datetime) -> bool:
    found = (there[file.path].content for file in node.files if file.path in there)
    ends = (end_of(content.decode(errors="replace")) for content in found if content.startswith(_CERTIFICATE))
    return any(end is not None and end <= now for end in ends)

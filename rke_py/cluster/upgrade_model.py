"""How many nodes may be down at once, and how they are emptied before."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainInput:
    """How a node is emptied before its turn; seconds, ``grace_period`` -1 is the pod's own."""

    force: bool = False
    ignore_daemonsets: bool = True
    delete_local_data: bool = False
    grace_period: int = -1
    timeout: int = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeStrategy:
    """Zero-downtime limits; a limit is a count (``2``) or a share (``10%``)."""

    max_unavailable_worker: str = "10%"
    max_unavailable_controlplane: str = "1"
    drain: bool = False
    drain_input: DrainInput = DrainInput()

"""Disks without room."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding, finding_of
from rke_py.plan.checks.disks import disk_problems


def without_room(examined: Examined) -> Iterable[Finding]:
    """Find folders on which kubelet, containers or etcd soon cannot write."""
    return (finding_of("disk", problem) for problem in disk_problems(examined.cluster, examined.observed))

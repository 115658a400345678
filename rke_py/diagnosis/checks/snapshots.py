"""Recurring snapshots of etcd that are late, or that nobody could copy to S3."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding, finding_of
from rke_py.plan.observed_backups import backup_problems


def late(examined: Examined) -> Iterable[Finding]:
    """Find what status warns of too: nothing is broken yet, and nothing could be mended with it."""
    return (finding_of("snapshots", problem) for problem in backup_problems(examined.backups))

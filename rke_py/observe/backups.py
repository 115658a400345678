"""Asks the container on each member's host how its recurring snapshots go."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from rke_py.cluster.model import Cluster, Role
from rke_py.errors import HostError
from rke_py.kube.interface import ClusterAccess
from rke_py.plan.components.snapshots import rolling_snapshots
from rke_py.plan.observed_backups import ObservedBackup
from rke_py.transport.parallel import for_each


def look_at_backups(
    cluster: Cluster, access: ClusterAccess, hosts: Collection[str]
) -> Mapping[str, ObservedBackup | HostError]:
    """Return how it goes on each member's host that answers; nothing where they are switched off.

    Args:
        cluster: The cluster.
        access: The ways to the hosts' loopback.
        hosts: Those that answer.
    """
    if not cluster.backup.recurring:
        return {}
    members = [host.name for host in cluster.with_role(Role.ETCD) if host.name in hosts]
    check = rolling_snapshots(cluster).check
    seen = for_each(members, lambda name: _told(name, access.check(name, check).answer))
    return {name: told for name, told in seen.items() if told is not None}


def _told(host: str, answer: str) -> ObservedBackup | None:
    """Return what the container said, None when it said nothing: its health is told elsewhere."""
    try:
        told = json.loads(answer)
        return ObservedBackup(
            host=host,
            last=str(told.get("last") or ""),
            time=str(told.get("time") or ""),
            late=bool(told.get("late")),
            error=str(told.get("error") or ""),
            s3=bool(told.get("s3")),
            copied=str(told.get("copied") or ""),
            copy_error=str(told.get("copy_error") or ""),
        )
    except (ValueError, AttributeError):
        return None

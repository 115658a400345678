"""What of etcd's metrics tells how fast its disk is (Prometheus' text form)."""

from __future__ import annotations

from rke_py.plan.observed import EtcdDisk

_SYNC = "etcd_disk_wal_fsync_duration_seconds"
_COMMIT = "etcd_disk_backend_commit_duration_seconds"


def disk_of(text: str) -> EtcdDisk:
    """Return counts and sums of the histograms; what is not there is 0."""
    wanted = {f"{name}_{part}" for name in (_SYNC, _COMMIT) for part in ("count", "sum")}
    lines = (line.split() for line in text.splitlines() if line.startswith("etcd_disk_"))
    found = {words[0]: float(words[1]) for words in lines if words[0] in wanted}
    return EtcdDisk(
        syncs=int(found.get(f"{_SYNC}_count", 0)),
        sync_seconds=found.get(f"{_SYNC}_sum", 0.0),
        commits=int(found.get(f"{_COMMIT}_count", 0)),
        commit_seconds=found.get(f"{_COMMIT}_sum", 0.0),
    )

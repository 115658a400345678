"""What of etcd's metrics tells how fast its disk and its network are (Prometheus' text form)."""

from __future__ import annotations

from rke_py.plan.observed_etcd import EtcdDisk

_SYNC = "etcd_disk_wal_fsync_duration_seconds"
_COMMIT = "etcd_disk_backend_commit_duration_seconds"
_ROUND_TRIP = "etcd_network_peer_round_trip_time_seconds"


def disk_of(text: str) -> EtcdDisk:
    """Return counts and sums of the histograms, those of all peers together; what is not there is 0."""
    wanted = {f"{name}_{part}" for name in (_SYNC, _COMMIT, _ROUND_TRIP) for part in ("count", "sum")}
    lines = (line.rsplit(maxsplit=1) for line in text.splitlines() if line.startswith(("etcd_disk_", "etcd_network_")))
    found: dict[str, float] = {}
    for named, number in lines:
        name = named.partition("{")[0]
        if name in wanted:
            found[name] = found.get(name, 0.0) + float(number)
    return EtcdDisk(
        syncs=int(found.get(f"{_SYNC}_count", 0)),
        sync_seconds=found.get(f"{_SYNC}_sum", 0.0),
        commits=int(found.get(f"{_COMMIT}_count", 0)),
        commit_seconds=found.get(f"{_COMMIT}_sum", 0.0),
        round_trips=int(found.get(f"{_ROUND_TRIP}_count", 0)),
        round_trip_seconds=found.get(f"{_ROUND_TRIP}_sum", 0.0),
    )

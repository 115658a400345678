from __future__ import annotations

from rke_py.kube.etcd.metrics import disk_of
from rke_py.plan.observed_etcd import EtcdDisk

TEXT = """\
# HELP etcd_disk_wal_fsync_duration_seconds The latency distributions of fsync called by WAL.
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 7
etcd_disk_wal_fsync_duration_seconds_sum 1.5
etcd_disk_wal_fsync_duration_seconds_count 300
etcd_disk_backend_commit_duration_seconds_sum 2e-01
etcd_disk_backend_commit_duration_seconds_count 1.0e+02
etcd_network_peer_round_trip_time_seconds_sum{To="8e9e05c52164694d"} 0.3
etcd_network_peer_round_trip_time_seconds_count{To="8e9e05c52164694d"} 20
etcd_network_peer_round_trip_time_seconds_sum{To="91bc3c398fb3c146"} 0.1
etcd_network_peer_round_trip_time_seconds_count{To="91bc3c398fb3c146"} 30
"""


def test_counts_and_sums_are_read():
    told = EtcdDisk(
        syncs=300, sync_seconds=1.5, commits=100, commit_seconds=0.2, round_trips=50, round_trip_seconds=0.4
    )
    assert disk_of(TEXT) == told


def test_what_is_not_there_is_nothing():
    assert disk_of("") == EtcdDisk()

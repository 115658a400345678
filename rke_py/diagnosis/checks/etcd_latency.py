"""Disks that are too slow for etcd."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rke_py.diagnosis.model import Examined, Finding
from rke_py.plan.observed_etcd import EtcdDisk

_SLOW, _TOO_SLOW = 0.025, 0.1
"""Seconds for one write on average. etcd's authors want 99 of 100 log writes within 10 ms; a leader that takes as long
as its heartbeat loses its followers."""

_ENOUGH = 5


def slow_disks(examined: Examined) -> Iterable[Finding]:
    """Find members whose writes take long, by what they counted during the look, or since they started."""
    for host, (first, last) in examined.disks.items():
        recent = _between(first, last)
        for what, seconds, count in _averages(recent if recent.syncs >= _ENOUGH else last):
            if seconds >= _SLOW:
                yield Finding(
                    check="etcd-latency",
                    where=host,
                    cause=f"etcd's disk is slow: {what} takes {seconds * 1000:.0f} ms",
                    evidence=(f"on average of {count} writes; 10 ms are wanted",),
                    remedy="Give /var/lib/etcd a disk of its own, an SSD; see what else writes: iostat -x, iotop.",
                    warning=seconds < _TOO_SLOW,
                )


def _between(first: EtcdDisk, last: EtcdDisk) -> EtcdDisk:
    return EtcdDisk(
        syncs=last.syncs - first.syncs,
        sync_seconds=last.sync_seconds - first.sync_seconds,
        commits=last.commits - first.commits,
        commit_seconds=last.commit_seconds - first.commit_seconds,
    )


def _averages(disk: EtcdDisk) -> Iterator[tuple[str, float, int]]:
    if disk.syncs:
        yield "a write of its log", disk.sync_seconds / disk.syncs, disk.syncs
    if disk.commits:
        yield "a write of its database", disk.commit_seconds / disk.commits, disk.commits

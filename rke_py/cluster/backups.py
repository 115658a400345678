"""``services.etcd`` → recurring snapshots, with RKE's defaults."""

from __future__ import annotations

import math

from rke_py.cluster.backup_model import S3, Backup
from rke_py.config.durations import HOUR, seconds_of
from rke_py.config.schema.etcd import EtcdConfig, S3Config

CREATION, RETENTION = "12h", "72h"
_SHORTEST = 60
"""Seconds. RKE takes any; one right after the other would leave etcd no time for anything else."""


def resolve_backup(etcd: EtcdConfig) -> Backup:
    """Return how snapshots are taken: by ``backup_config`` where it is given, else by RKE's older keys."""
    given = etcd.backup_config
    off = bool(etcd.external_urls) or etcd.snapshot is False or (given is not None and given.enabled is False)
    if given is None:
        interval = max(_SHORTEST, int(seconds_of(etcd.creation or CREATION)))
        retention = math.ceil(int(seconds_of(etcd.retention or RETENTION)) / interval)
        return Backup(recurring=not off, interval=interval, retention=max(1, retention))
    default = Backup()
    return Backup(
        recurring=not off,
        interval=given.interval_hours * HOUR or default.interval,
        retention=given.retention or default.retention,
        timeout=given.timeout or default.timeout,
        s3=_s3(given.s3_backup_config) if given.s3_backup_config else None,
    )


def _s3(given: S3Config) -> S3:
    return S3(
        endpoint=given.endpoint,
        bucket_name=given.bucket_name,
        region=given.region,
        folder=given.folder.strip("/"),
        access_key=given.access_key,
        secret_key=given.secret_key,
        custom_ca=given.custom_ca,
    )

"""``services.etcd``: members of the cluster's own or an etcd elsewhere, and its snapshots."""

from __future__ import annotations

from pydantic import Field, SecretStr

from rke_py.config.schema.base import Section
from rke_py.config.schema.service import ServiceConfig
from rke_py.config.values import Flag, Number, Secret, Text, Texts

_NO_SECRET = SecretStr("")


class S3Config(Section):
    """``backup_config.s3backupconfig``: where snapshots are copied; without keys the machine's own role is used."""

    access_key: Secret = _NO_SECRET
    secret_key: Secret = _NO_SECRET
    bucket_name: Text = ""
    region: Text = ""
    endpoint: Text = ""
    folder: Text = ""
    custom_ca: Text = ""


class BackupConfig(Section):
    """``backup_config``: recurring snapshots; 0 stands for RKE's 12 hours, 6 copies and 300 seconds."""

    enabled: Flag | None = None
    interval_hours: Number = 0
    retention: Number = 0
    timeout: Number = 0
    safe_timestamp: Flag = False
    s3_backup_config: S3Config | None = Field(None, alias="s3backupconfig")


class EtcdConfig(ServiceConfig):
    """``services.etcd``; ``creation`` and ``retention`` are Go durations and count without ``backup_config`` only."""

    external_urls: Texts = ()
    ca_cert: Text = ""
    cert: Text = ""
    key: Secret = _NO_SECRET
    path: Text = ""
    uid: Number = 0
    gid: Number = 0
    snapshot: Flag | None = None
    creation: Text = ""
    retention: Text = ""
    backup_config: BackupConfig | None = None

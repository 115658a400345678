"""What RKE's own releases do unasked, written out in their ``ClusterConfig``."""

from __future__ import annotations

from typing import Any

from rke_py.cluster.rke.model import RkeSettings
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.etcd import EtcdConfig


def completed_etcd(etcd: EtcdConfig) -> EtcdConfig:
    """Return ``etcd`` with its recurring snapshots, as they are taken unless something else is said."""
    if etcd.external_urls:
        return etcd
    filled: dict[str, Any] = {"snapshot": True if etcd.snapshot is None else etcd.snapshot}
    if etcd.backup_config is None:
        filled |= {"creation": etcd.creation or "12h", "retention": etcd.retention or "72h"}
    return etcd.model_copy(update=filled)


def completed_top(config: ClusterConfig, settings: RkeSettings) -> dict[str, Any]:
    """Return the keys of the top level that RKE fills in."""
    return {"enable_cri_dockerd": settings.cri_dockerd or config.enable_cri_dockerd}

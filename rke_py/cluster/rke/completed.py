"""What RKE's own releases do unasked, written out in their ``ClusterConfig``."""

from __future__ import annotations

from typing import Any

from rke_py.cluster.rke.model import RkeSettings
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.addons import DnsConfig
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


def completed_dns(dns: DnsConfig) -> DnsConfig:
    """Return ``dns`` with the parameters of its autoscaler as RKE takes them: what a block leaves out is nothing."""
    given = dns.linear_autoscaler_params
    if given is None:
        return dns
    absent = {name: 0 for name in type(given).model_fields if name not in given.model_fields_set}
    return dns.model_copy(update={"linear_autoscaler_params": given.model_copy(update=absent)})

"""What RKE's own releases do unasked, written out in their ``ClusterConfig``."""

from __future__ import annotations

from typing import Any

from rke_py.cluster.apiserver_model import ApiServer, AuditLog
from rke_py.cluster.rke.model import RkeSettings
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.apiserver import AuditLogConfig, AuditLogSettingsConfig, KubeApiConfig
from rke_py.config.schema.etcd import EtcdConfig

_POD_SECURITY = (1, 23)


def completed_api(api: KubeApiConfig, resolved: ApiServer, minor: tuple[int, int]) -> dict[str, Any]:
    """Return the keys of ``kube-api`` that RKE fills in: the audit log, and pod security where it is there."""
    filled: dict[str, Any] = {}
    if resolved.audit is not None:
        filled["audit_log"] = AuditLogConfig(enabled=resolved.audit.enabled, configuration=_audit(resolved.audit))
    if minor >= _POD_SECURITY and resolved.admission is not None:
        filled["pod_security_configuration"] = api.pod_security_configuration or "privileged"
    return filled


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


def _audit(audit: AuditLog) -> AuditLogSettingsConfig:
    return AuditLogSettingsConfig(
        max_age=audit.max_age,
        max_backup=audit.max_backup,
        max_size=audit.max_size,
        path=audit.path,
        format=audit.format,
        policy=None if audit.policy is None else dict(audit.policy),
    )

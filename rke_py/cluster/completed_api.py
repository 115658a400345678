"""What API servers are told unasked, written out in their ``KubeApiConfig``, of both families."""

from __future__ import annotations

from typing import Any

from rke_py.cluster.api_documents import ADMISSION_FLAG, PRIVILEGED
from rke_py.cluster.apiserver_model import ApiServer, AuditLog
from rke_py.config.schema.apiserver import AuditLogConfig, AuditLogSettingsConfig, KubeApiConfig

_POD_SECURITY = (1, 23)


def completed_api(api: KubeApiConfig, resolved: ApiServer, minor: tuple[int, int]) -> dict[str, Any]:
    """Return the keys of ``kube-api`` that count unasked: the audit log, and pod security where it is there.

    Args:
        api: As it is written.
        resolved: What that means.
        minor: Of the cluster's version.
    """
    filled: dict[str, Any] = {}
    if resolved.audit is not None:
        filled["audit_log"] = AuditLogConfig(enabled=resolved.audit.enabled, configuration=_audit(resolved.audit))
    if minor >= _POD_SECURITY and ADMISSION_FLAG not in api.extra_args:
        filled["pod_security_configuration"] = api.pod_security_configuration or PRIVILEGED
    return filled


def _audit(audit: AuditLog) -> AuditLogSettingsConfig:
    return AuditLogSettingsConfig(
        max_age=audit.max_age,
        max_backup=audit.max_backup,
        max_size=audit.max_size,
        path=audit.path,
        format=audit.format,
        policy=None if audit.policy is None else dict(audit.policy),
    )

"""``services.kube-api`` → settings of the API server in RKE's releases, with what RKE does unasked."""

from __future__ import annotations

from typing import Any

from rke_py.cluster.api_documents import (
    ADMISSION_FLAG,
    EVENT_RATE_LIMIT,
    POD_SECURITY,
    admission,
    encryption,
    pod_security,
    rate_limit,
    switched_on,
    token_webhook,
)
from rke_py.cluster.apiserver_model import POD_SECURITY_POLICY, ApiServer, AuditLog
from rke_py.cluster.audit_policy import DEFAULT_POLICY, audit_policy
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.apiserver import DEFAULT_AUDIT_LOG, AuditLogConfig, AuditLogSettingsConfig, KubeApiConfig

_POLICIES_UNTIL = (1, 25)


def resolve_api_server(config: ClusterConfig, minor: tuple[int, int]) -> ApiServer:
    """Return the API server's settings with RKE's defaults.

    Args:
        config: The configuration.
        minor: Of the cluster's version: pod security admission came with 1.23, and policies went with 1.25.
    """
    api = config.services.kube_api
    rbac = (config.authorization.mode or "rbac") == "rbac"
    policies = (POD_SECURITY_POLICY,) if api.pod_security_policy and rbac and minor < _POLICIES_UNTIL else ()
    return ApiServer(
        rbac=rbac,
        admission=None if ADMISSION_FLAG in api.extra_args else _admission(api, minor),
        plugins=(*policies, *switched_on(api)),
        audit=_audit_log(api.audit_log),
        webhook=token_webhook(config),
        encryption=encryption(api.secrets_encryption_config),
    )


def _audit_log(block: AuditLogConfig | None) -> AuditLog | None:
    """Return the audit log, which is on without a block.

    RKE has defaults for a configuration that is left out and for a policy, not for other settings that a configuration
    leaves out: API servers that run would be restarted if they had them.
    """
    enabled = block is None or block.enabled
    if block is None or block.configuration is None:
        return _audit_settings(DEFAULT_AUDIT_LOG, enabled=True) if enabled else None
    return _audit_settings(block.configuration, enabled=enabled)


def _audit_settings(given: AuditLogSettingsConfig, *, enabled: bool) -> AuditLog:
    return AuditLog(
        enabled=enabled,
        max_age=given.max_age or 0,
        max_backup=given.max_backup or 0,
        max_size=given.max_size or 0,
        path=given.path,
        format=given.format,
        policy=audit_policy(given.policy or DEFAULT_POLICY) if enabled else None,
    )


def _admission(api: KubeApiConfig, minor: tuple[int, int]) -> dict[str, Any]:
    """Return the admission configuration: the limits of events are in it even when that plugin is off."""
    made = {EVENT_RATE_LIMIT: rate_limit(api)}
    if minor >= (1, 23):
        made[POD_SECURITY] = pod_security(api.pod_security_configuration, "v1" if minor >= (1, 25) else "v1beta1")
    return admission(api, made, others=False)

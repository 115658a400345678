"""``services.kube-api``, ``authentication`` and ``authorization`` → the API server of the upstream family."""

from __future__ import annotations

from typing import Any

from rke_py.cluster.api_documents import (
    ADMISSION_FLAG,
    EVENT_RATE_LIMIT,
    POD_SECURITY,
    PRIVILEGED,
    RATE_LIMIT,
    admission,
    encryption,
    limits_events,
    pod_security,
    rate_limit,
    switched_on,
    token_webhook,
)
from rke_py.cluster.apiserver_model import ApiServer, AuditLog
from rke_py.cluster.audit_policy import DEFAULT_POLICY, KIND, audit_policy
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.apiserver import AuditLogSettingsConfig, KubeApiConfig

AUDIT_POLICY_FLAG = "audit-policy-file"


def resolve_upstream_api_server(config: ClusterConfig) -> ApiServer:
    """Return the API server's settings: RKE's defaults, without what RKE does by mistake.

    What an audit configuration leaves out has its default, and one that is switched off passes nothing. There is an
    admission configuration only where something is asked for that it has to say.
    """
    api = config.services.kube_api
    return ApiServer(
        rbac=config.authorization.mode.lower() != "none",
        admission=_admission(api),
        plugins=tuple(switched_on(api)),
        audit=_audit_log(api),
        webhook=token_webhook(config),
        encryption=encryption(api.secrets_encryption_config),
    )


def _audit_log(api: KubeApiConfig) -> AuditLog | None:
    """Return the audit log, which is on without a block."""
    block = api.audit_log
    if block is not None and not block.enabled:
        return None
    given = (block.configuration if block else None) or AuditLogSettingsConfig()
    default = AuditLog(policy=None)
    return AuditLog(
        max_age=default.max_age if given.max_age is None else given.max_age,
        max_backup=default.max_backup if given.max_backup is None else given.max_backup,
        max_size=default.max_size if given.max_size is None else given.max_size,
        path=given.path or default.path,
        format=given.format or default.format,
        policy=None if AUDIT_POLICY_FLAG in api.extra_args else _policy(given),
    )


def _policy(given: AuditLogSettingsConfig) -> dict[str, Any]:
    """Return the owner's policy as it is written, so that the API server tells what it does not know; else RKE's."""
    return {**KIND, **given.policy} if given.policy else audit_policy(DEFAULT_POLICY)


def _admission(api: KubeApiConfig) -> dict[str, Any] | None:
    if ADMISSION_FLAG in api.extra_args:
        return None
    made: dict[str, dict[str, Any]] = {}
    if limits_events(api):
        made[EVENT_RATE_LIMIT] = RATE_LIMIT | rate_limit(api)
    if api.pod_security_configuration not in ("", PRIVILEGED):
        made[POD_SECURITY] = pod_security(api.pod_security_configuration)
    return admission(api, made, others=True) if made or api.admission_configuration else None

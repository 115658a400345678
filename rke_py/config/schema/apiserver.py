"""``services.kube-api``: the API server and what it is told to check, write down and encrypt."""

from __future__ import annotations

from rke_py.config.schema.base import Section
from rke_py.config.schema.service import ServiceConfig
from rke_py.config.values import Flag, KubernetesObject, Number, SecretObject, Text


class EventRateLimitConfig(Section):
    """``event_rate_limit``; ``configuration`` is a whole ``Configuration`` of eventratelimit.admission.k8s.io."""

    enabled: Flag = False
    configuration: KubernetesObject | None = None


class AuditLogSettingsConfig(Section):
    """``audit_log.configuration``; what it leaves out is 0 or empty with RKE's releases, but for the policy."""

    max_age: Number | None = None
    max_backup: Number | None = None
    max_size: Number | None = None
    path: Text = ""
    format: Text = ""
    policy: KubernetesObject | None = None


DEFAULT_AUDIT_LOG = AuditLogSettingsConfig(
    max_age=30, max_backup=10, max_size=100, path="/var/log/kube-audit/audit-log.json", format="json"
)
"""Counts where ``audit_log.configuration`` is left out altogether."""


class AuditLogConfig(Section):
    """``audit_log``; the whole block left out means on, with RKE's defaults, from the releases that have it."""

    enabled: Flag = False
    configuration: AuditLogSettingsConfig | None = None


class SecretsEncryptionConfig(Section):
    """``secrets_encryption_config``; ``custom_config`` is the body of an ``EncryptionConfiguration``."""

    enabled: Flag = False
    custom_config: SecretObject | None = None


class KubeApiConfig(ServiceConfig):
    """``services.kube-api``; ``pod_security_policy`` is of RKE before 1.6, for Kubernetes before 1.25."""

    service_cluster_ip_range: Text = ""
    service_node_port_range: Text = ""
    pod_security_policy: Flag = False
    pod_security_configuration: Text = ""
    always_pull_images: Flag = False
    secrets_encryption_config: SecretsEncryptionConfig | None = None
    audit_log: AuditLogConfig | None = None
    admission_configuration: KubernetesObject | None = None
    event_rate_limit: EventRateLimitConfig | None = None

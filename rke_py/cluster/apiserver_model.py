"""What kube-apiserver is told to check, write down and encrypt, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

POD_SECURITY_POLICY = "PodSecurityPolicy"
"""The admission plugin of Kubernetes before 1.25 that RKE before 1.6 could switch on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLog:
    """What the API server writes down.

    Attributes:
        enabled: False when the file has settings and switches them off: RKE passes their flags all the same, without
            the policy's file and the log's folder. Upstream's releases have no audit log at all then.
        path: On the host and in the container; ``-`` is the container's own output.
        policy: A whole ``Policy`` of audit.k8s.io as RKE writes it; None where rke-py brings none.
    """

    enabled: bool = True
    max_age: int = 30
    max_backup: int = 10
    max_size: int = 100
    path: str = "/var/log/kube-audit/audit-log.json"
    format: str = "json"
    policy: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Who checks bearer tokens; ``config_file`` is a kubeconfig, empty for RKE's own."""

    cache_timeout: str
    config_file: SecretStr = SecretStr("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """Secrets are encrypted in etcd; ``custom`` is the owner's configuration, None when rke-py makes a key."""

    custom: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServer:
    """Settings of kube-apiserver.

    Attributes:
        rbac: Whether authorization is ``Node,RBAC``; else everybody who can log in may do everything.
        admission: The ``AdmissionConfiguration`` that is deployed; None where there is none of rke-py's.
        plugins: Admission plugins that are enabled besides the default ones.
        audit: None when there are no settings of an audit log.
    """

    rbac: bool = True
    admission: Mapping[str, Any] | None = None
    plugins: tuple[str, ...] = ()
    audit: AuditLog | None = None
    webhook: Webhook | None = None
    encryption: Encryption | None = None

"""Settings of a cluster of RKE's own releases, as frozen values with RKE's defaults.

Address ranges are kept as they are written, since RKE passes them on like that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

EXTERNAL_AWS = "external-aws"
AWS = "aws"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudProvider:
    """The cloud the nodes run in.

    Attributes:
        name: Empty for none; else ``aws``, ``azure``, ``external`` or whatever cluster.yml calls it.
        config: Text of ``/etc/kubernetes/cloud-config``; may be empty.
        secret: True when the text holds a password, or may.
        metadata_hostname: True when nodes take their names from the cloud's metadata (AWS only).
    """

    name: str = ""
    config: SecretStr = SecretStr("")
    secret: bool = False
    metadata_hostname: bool = False

    @property
    def flag(self) -> str:
        """What ``--cloud-provider`` says: ``external-aws`` is RKE's own word for an external one."""
        return "external" if self.name == EXTERNAL_AWS else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLog:
    """What the API server writes down.

    Attributes:
        enabled: False when the file has settings and switches them off: RKE passes their flags all the same, without
            the policy's file and the log's folder.
        policy: A whole ``Policy`` of audit.k8s.io as RKE writes it; None when not enabled.
    """

    enabled: bool
    max_age: int
    max_backup: int
    max_size: int
    path: str
    format: str
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
        service_range: As written, a comma between two.
        rbac: Whether authorization is ``Node,RBAC``.
        admission: The ``AdmissionConfiguration`` that is deployed; None when the owner names a file of his own.
        plugins: Admission plugins that are enabled besides the default ones.
        audit: None when there are no settings of an audit log.
    """

    service_range: str
    node_port_range: str
    rbac: bool = True
    admission: Mapping[str, Any] | None = None
    plugins: tuple[str, ...] = ()
    audit: AuditLog | None = None
    webhook: Webhook | None = None
    encryption: Encryption | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RkeSettings:
    """Everything that shapes the containers of RKE's own releases beyond what both families have.

    Attributes:
        options: RKE's default flags by service (``etcd``, ``kubeapi``, …); an empty value means not to pass the flag.
        controller_service_range, cluster_cidr: As written, a comma between two.
        etcd_user: ``uid:uid`` of etcd, empty for root. RKE has the number of ``uid`` twice whatever ``gid`` is, and the
            members that run have it.
        cri_dockerd: Whether pods go through cri-dockerd, not through the kubelet's own dockershim.
        stream_server: Address and port at which cri-dockerd serves streams, each empty for its default.
        dual_stack: Whether pods have addresses of both families.
        serving_certificates: Whether each kubelet has a certificate of the cluster's CA.
    """

    api: ApiServer
    options: Mapping[str, Mapping[str, str]]
    controller_service_range: str
    cluster_cidr: str
    cloud: CloudProvider = CloudProvider()
    etcd_user: str = ""
    cri_dockerd: bool = False
    stream_server: tuple[str, str] = ("", "")
    dual_stack: bool = False
    serving_certificates: bool = False

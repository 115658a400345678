"""Images of a cluster, and the registries that they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """A private registry; ``url`` is as written, never empty.

    Attributes:
        ecr: Amazon's own helper logs in for pods.
        ecr_environment: The helper's variables with the keys it uses; empty for the machine's own role.
    """

    url: str
    user: str = ""
    password: SecretStr = SecretStr("")
    is_default: bool = False
    ecr: bool = False
    ecr_environment: Mapping[str, SecretStr] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where its images are: how their full names begin."""
        place = self.url.rpartition("://")[2].rstrip("/")
        return "docker.io" if place in ("index.docker.io", "index.docker.io/v1") else place


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """The image of every component, complete references with tag, registry prefix applied.

    An add-on's is empty where the Kubernetes release has none and cluster.yml names none.
    In the RKE family the five components of Kubernetes are one image, and HAProxy's is empty. What only that family has
    (RKE's tools, under four names) is empty in the upstream family.
    """

    etcd: str
    kube_apiserver: str
    kube_controller_manager: str
    kube_scheduler: str
    kube_proxy: str
    kubelet: str
    haproxy: str
    tools: str
    pod_infra_container: str
    flannel: str = ""
    flannel_cni: str = ""
    canal_node: str = ""
    canal_cni: str = ""
    canal_controllers: str = ""
    canal_flannel: str = ""
    canal_flex_vol: str = ""
    calico_node: str = ""
    calico_cni: str = ""
    calico_controllers: str = ""
    calico_flex_vol: str = ""
    weave_node: str = ""
    weave_cni: str = ""
    coredns: str = ""
    coredns_autoscaler: str = ""
    kubedns: str = ""
    dnsmasq: str = ""
    kubedns_sidecar: str = ""
    kubedns_autoscaler: str = ""
    nodelocal: str = ""
    metrics_server: str = ""
    ingress: str = ""
    ingress_backend: str = ""
    traefik: str = ""
    alpine: str = ""
    nginx_proxy: str = ""
    cert_downloader: str = ""
    kubernetes_services_sidecar: str = ""

"""``services``: options of the Kubernetes components and of etcd."""

from __future__ import annotations

from pydantic import Field

from rke_py.config.schema.apiserver import KubeApiConfig
from rke_py.config.schema.base import Section
from rke_py.config.schema.etcd import EtcdConfig
from rke_py.config.schema.service import ServiceConfig
from rke_py.config.values import Flag, Text


class KubeControllerConfig(ServiceConfig):
    """``services.kube-controller``."""

    cluster_cidr: Text = ""
    service_cluster_ip_range: Text = ""


class KubeletConfig(ServiceConfig):
    """``services.kubelet``."""

    cluster_domain: Text = ""
    cluster_dns_server: Text = ""
    infra_container_image: Text = ""
    fail_swap_on: Flag = False
    generate_serving_certificate: Flag = False


class ServicesConfig(Section):
    """``services``; mind the two hyphens."""

    etcd: EtcdConfig = EtcdConfig()
    kube_api: KubeApiConfig = Field(KubeApiConfig(), alias="kube-api")
    kube_controller: KubeControllerConfig = Field(KubeControllerConfig(), alias="kube-controller")
    scheduler: ServiceConfig = ServiceConfig()
    kubelet: KubeletConfig = KubeletConfig()
    kubeproxy: ServiceConfig = ServiceConfig()

    def by_key(self) -> dict[str, ServiceConfig]:
        """Return every service under its key of cluster.yml."""
        return {
            "etcd": self.etcd,
            "kube-api": self.kube_api,
            "kube-controller": self.kube_controller,
            "scheduler": self.scheduler,
            "kubelet": self.kubelet,
            "kubeproxy": self.kubeproxy,
        }

"""``services``: options of the Kubernetes components and of etcd."""

from __future__ import annotations

from pydantic import Field

from rke_py.config.schema.base import Section
from rke_py.config.values import Flag, Text, TextMap, Texts


class ServiceConfig(Section):
    """What every service takes; the ``win_`` keys are for Windows hosts, which rke-py does not have."""

    image: Text = ""
    extra_args: TextMap = Field(default_factory=dict)
    extra_args_array: dict[Text, Texts] = Field(default_factory=dict)
    extra_binds: Texts = ()
    extra_env: Texts = ()
    win_extra_args: TextMap = Field(default_factory=dict)
    win_extra_args_array: dict[Text, Texts] = Field(default_factory=dict)
    win_extra_binds: Texts = ()
    win_extra_env: Texts = ()


class KubeApiConfig(ServiceConfig):
    """``services.kube-api``."""

    service_cluster_ip_range: Text = ""
    service_node_port_range: Text = ""


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


class ServicesConfig(Section):
    """``services``; mind the two hyphens."""

    etcd: ServiceConfig = ServiceConfig()
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

"""``private_registries`` and ``system_images``."""

from __future__ import annotations

from pydantic import Field, SecretStr

from rke_py.config.schema.base import Section
from rke_py.config.values import Flag, Secret, Text

_NO_SECRET = SecretStr("")


class EcrConfig(Section):
    """``ecr_credential_plugin``: keys for Amazon's registry; without any the machine's own role is used."""

    aws_access_key_id: Secret = _NO_SECRET
    aws_secret_access_key: Secret = _NO_SECRET
    aws_session_token: Secret = _NO_SECRET


class RegistryConfig(Section):
    """One entry of ``private_registries``; ``url`` is host[:port][/path] without a scheme."""

    url: Text = ""
    user: Text = ""
    password: Secret = _NO_SECRET
    is_default: Flag = False
    ecr_credential_plugin: EcrConfig | None = None


class SystemImagesConfig(Section):
    """``system_images``: complete references; an empty one is the catalog's.

    ``kubernetes`` stands for all five components at once. The keys of the second half belong to RKE's own images and
    have no effect with upstream's.
    """

    etcd: Text = ""
    kubernetes: Text = ""
    kube_apiserver: Text = ""
    kube_controller_manager: Text = ""
    kube_scheduler: Text = ""
    kube_proxy: Text = ""
    kubelet: Text = ""
    haproxy: Text = ""
    tools: Text = ""
    pod_infra_container: Text = ""
    flannel: Text = ""
    flannel_cni: Text = ""
    coredns: Text = ""
    metrics_server: Text = ""
    kubedns: Text = ""
    dnsmasq: Text = ""
    kubedns_sidecar: Text = ""
    nodelocal: Text = ""
    calico_node: Text = ""
    calico_cni: Text = ""
    calico_controllers: Text = ""
    canal_node: Text = ""
    canal_cni: Text = ""
    canal_controllers: Text = ""
    canal_flannel: Text = ""
    ingress: Text = ""
    ingress_backend: Text = ""
    traefik: Text = ""

    alpine: Text = ""
    nginx_proxy: Text = ""
    cert_downloader: Text = ""
    kubernetes_services_sidecar: Text = ""
    windows_pod_infra_container: Text = ""
    kubedns_autoscaler: Text = ""
    coredns_autoscaler: Text = ""
    calico_ctl: Text = ""
    calico_flex_vol: Text = Field("", alias="calico_flexvol")
    canal_flex_vol: Text = Field("", alias="canal_flexvol")
    weave_node: Text = ""
    weave_cni: Text = ""
    ingress_webhook: Text = ""
    aci_cni_deploy_container: Text = ""
    aci_host_container: Text = ""
    aci_opflex_container: Text = ""
    aci_mcast_container: Text = ""
    aci_ovs_container: Text = ""
    aci_controller_container: Text = ""
    aci_gbp_server_container: Text = ""
    aci_opflex_server_container: Text = ""

    def given(self) -> dict[str, str]:
        """Return the images that are written in the file, by key."""
        named = self.model_dump(by_alias=True)
        return {key: image for key, image in named.items() if image}

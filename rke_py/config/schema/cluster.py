"""The whole file."""

from __future__ import annotations

from rke_py.config.schema.access import (
    AuthenticationConfig,
    AuthorizationConfig,
    KubeConfigConfig,
    PkiConfig,
    ProxyConfig,
)
from rke_py.config.schema.addons import DnsConfig, IngressConfig, MonitoringConfig
from rke_py.config.schema.base import Section
from rke_py.config.schema.clouds import CloudProviderConfig
from rke_py.config.schema.images import RegistryConfig, SystemImagesConfig
from rke_py.config.schema.networks import NetworkConfig
from rke_py.config.schema.nodes import BastionConfig, NodeConfig
from rke_py.config.schema.once import RestoreConfig, RotateCertificatesConfig
from rke_py.config.schema.services import ServicesConfig
from rke_py.config.schema.upgrades import UpgradeStrategyConfig
from rke_py.config.values import Flag, HiddenText, Number, Text, Texts


class ClusterConfig(Section):
    """cluster.yml as written, with every scalar typed; defaults that depend on anything else are filled in later."""

    cluster_name: Text = ""
    kubernetes_version: Text = ""
    nodes: tuple[NodeConfig, ...] = ()
    services: ServicesConfig = ServicesConfig()
    network: NetworkConfig = NetworkConfig()
    dns: DnsConfig = DnsConfig()
    ingress: IngressConfig = IngressConfig()
    monitoring: MonitoringConfig = MonitoringConfig()
    authentication: AuthenticationConfig = AuthenticationConfig()
    authorization: AuthorizationConfig = AuthorizationConfig()
    cloud_provider: CloudProviderConfig = CloudProviderConfig()
    private_registries: tuple[RegistryConfig, ...] = ()
    system_images: SystemImagesConfig = SystemImagesConfig()
    addons: HiddenText = ""
    addons_include: Texts = ()
    addon_job_timeout: Number = 0
    upgrade_strategy: UpgradeStrategyConfig = UpgradeStrategyConfig()
    ssh_key_path: Text = ""
    ssh_cert_path: Text = ""
    ssh_agent_auth: Flag = False
    bastion_host: BastionConfig = BastionConfig()
    ignore_docker_version: Flag | None = None
    enable_cri_dockerd: Flag | None = None
    cri_dockerd_stream_server_address: Text = ""
    cri_dockerd_stream_server_port: Text = ""
    prefix_path: Text = ""
    win_prefix_path: Text = ""
    restore: RestoreConfig = RestoreConfig()
    rotate_certificates: RotateCertificatesConfig | None = None
    rotate_encryption_key: Flag = False
    proxy: ProxyConfig = ProxyConfig()
    kube_config: KubeConfigConfig = KubeConfigConfig()
    pki: PkiConfig = PkiConfig()
    max_concurrent_pulls: Number | None = None

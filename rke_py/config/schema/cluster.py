"""The whole file."""

from __future__ import annotations

from rke_py.config.schema.access import (
    AuthenticationConfig,
    AuthorizationConfig,
    KubeConfigConfig,
    PkiConfig,
    ProxyConfig,
)
from rke_py.config.schema.addons import DnsConfig, MonitoringConfig, NetworkConfig
from rke_py.config.schema.base import Section
from rke_py.config.schema.images import RegistryConfig, SystemImagesConfig
from rke_py.config.schema.nodes import BastionConfig, NodeConfig
from rke_py.config.schema.services import ServicesConfig
from rke_py.config.schema.upgrades import UpgradeStrategyConfig
from rke_py.config.values import Flag, Number, Text, Texts


class ClusterConfig(Section):
    """cluster.yml as written, with every scalar typed; defaults that depend on anything else are filled in later."""

    cluster_name: Text = ""
    kubernetes_version: Text = ""
    nodes: tuple[NodeConfig, ...] = ()
    services: ServicesConfig = ServicesConfig()
    network: NetworkConfig = NetworkConfig()
    dns: DnsConfig = DnsConfig()
    monitoring: MonitoringConfig = MonitoringConfig()
    authentication: AuthenticationConfig = AuthenticationConfig()
    authorization: AuthorizationConfig = AuthorizationConfig()
    private_registries: tuple[RegistryConfig, ...] = ()
    system_images: SystemImagesConfig = SystemImagesConfig()
    addons: Text = ""
    addons_include: Texts = ()
    addon_job_timeout: Number = 0
    upgrade_strategy: UpgradeStrategyConfig = UpgradeStrategyConfig()
    ssh_key_path: Text = ""
    ssh_cert_path: Text = ""
    ssh_agent_auth: Flag = False
    bastion_host: BastionConfig = BastionConfig()
    ignore_docker_version: Flag | None = None
    enable_cri_dockerd: Flag | None = None
    prefix_path: Text = ""
    win_prefix_path: Text = ""
    proxy: ProxyConfig = ProxyConfig()
    kube_config: KubeConfigConfig = KubeConfigConfig()
    pki: PkiConfig = PkiConfig()
    max_concurrent_pulls: Number | None = None

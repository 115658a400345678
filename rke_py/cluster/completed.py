"""``Cluster`` → its ``ClusterConfig`` with every default written out, which is what the state remembers."""

from __future__ import annotations

from rke_py.catalog.release import Release
from rke_py.catalog.versions import find_release
from rke_py.cluster.completed_api import completed_api
from rke_py.cluster.images import image_table
from rke_py.cluster.model import Cluster, Host
from rke_py.cluster.rke.completed import completed_dns, completed_etcd, completed_top
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.addons import DnsConfig
from rke_py.config.schema.images import SystemImagesConfig
from rke_py.config.schema.nodes import NodeConfig
from rke_py.config.schema.services import ServicesConfig


def completed(config: ClusterConfig, cluster: Cluster) -> ClusterConfig:
    """Return the configuration with the defaults that made the cluster, as RKE's ``rkeConfig`` has them.

    A later release with other defaults then still knows what was meant, and a file that names no version keeps it.
    """
    strategy = cluster.upgrade_strategy
    of_rke = completed_top(config, cluster.rke) if cluster.rke else {}
    return config.model_copy(
        update={
            **of_rke,
            "cluster_name": cluster.name,
            "kubernetes_version": cluster.version,
            "nodes": tuple(_node(node, host) for node, host in zip(config.nodes, cluster.hosts, strict=True)),
            "services": _services(config.services, cluster),
            "network": config.network.model_copy(
                update={"plugin": cluster.network.plugin, "options": _options(config, cluster)}
            ),
            "dns": _dns(config.dns, cluster),
            "monitoring": config.monitoring.model_copy(
                update={"provider": cluster.monitoring.provider, "replicas": cluster.monitoring.replicas}
            ),
            "ingress": config.ingress.model_copy(
                update={
                    "provider": cluster.ingress.provider,
                    "network_mode": cluster.ingress.network_mode.value,
                    "http_port": cluster.ingress.http_port,
                    "https_port": cluster.ingress.https_port,
                    "default_backend": cluster.ingress.default_backend,
                    "default_ingress_class": cluster.ingress.default_ingress_class,
                }
            ),
            "authentication": config.authentication.model_copy(
                update={"strategy": config.authentication.strategy or "x509"}
            ),
            "authorization": config.authorization.model_copy(update={"mode": config.authorization.mode or "rbac"}),
            "system_images": config.system_images.model_copy(update=_images(config, cluster)),
            "addon_job_timeout": cluster.addon_timeout,
            "upgrade_strategy": config.upgrade_strategy.model_copy(
                update={
                    "max_unavailable_worker": strategy.max_unavailable_worker,
                    "max_unavailable_controlplane": strategy.max_unavailable_controlplane,
                }
            ),
            "prefix_path": str(cluster.prefix_path),
            "pki": config.pki.model_copy(update={"key_algorithm": cluster.key_algorithm}),
            "max_concurrent_pulls": cluster.max_concurrent_pulls,
        }
    )


def _node(node: NodeConfig, host: Host) -> NodeConfig:
    return node.model_copy(
        update={
            "port": str(host.ssh.port),
            "internal_address": host.internal_address,
            "hostname_override": host.name,
            "docker_socket": host.docker_socket,
        }
    )


def _services(services: ServicesConfig, cluster: Cluster) -> ServicesConfig:
    resolved = cluster.services
    ranges = ",".join(str(subnet) for subnet in resolved.service_cluster_ip_range)
    pods = ",".join(str(subnet) for subnet in resolved.cluster_cidr)
    return services.model_copy(
        update={
            "etcd": completed_etcd(services.etcd) if cluster.rke else services.etcd,
            "kube_api": services.kube_api.model_copy(
                update={
                    "service_cluster_ip_range": cluster.rke.service_range if cluster.rke else ranges,
                    "service_node_port_range": resolved.service_node_port_range,
                    **completed_api(services.kube_api, cluster.api, cluster.minor),
                }
            ),
            "kube_controller": services.kube_controller.model_copy(
                update={
                    "service_cluster_ip_range": cluster.rke.controller_service_range if cluster.rke else ranges,
                    "cluster_cidr": cluster.rke.cluster_cidr if cluster.rke else pods,
                }
            ),
            "kubelet": services.kubelet.model_copy(
                update={
                    "cluster_domain": resolved.cluster_domain,
                    "cluster_dns_server": resolved.cluster_dns_server,
                    "infra_container_image": cluster.images.pod_infra_container,
                }
            ),
        }
    )


def _dns(dns: DnsConfig, cluster: Cluster) -> DnsConfig:
    written = completed_dns(dns) if cluster.rke else dns
    return written.model_copy(update={"provider": cluster.dns.provider})


def _options(config: ClusterConfig, cluster: Cluster) -> dict[str, str]:
    """Return the plugin's options without those that only a provider block has: there a password stays hidden."""
    given = config.network.options
    return {key: value for key, value in cluster.network.options.items() if key in given or key != "WeavePassword"}


def _images(config: ClusterConfig, cluster: Cluster) -> dict[str, str]:
    if cluster.rke:
        release = find_release(cluster.version, config.system_images.given())
        return _of_rke(image_table(config, release)) if isinstance(release, Release) else {}
    names = type(cluster.images).__dataclass_fields__
    return {name: getattr(cluster.images, name) for name in names}


def _of_rke(table: dict[str, str]) -> dict[str, str]:
    """Return the images by attribute, without those that RKE does not have."""
    attributes = SystemImagesConfig.names_by_key()
    return {attributes[key]: image for key, image in table.items() if key != "tools" and key in attributes}

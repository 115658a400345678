"""Which images a cluster needs, add-ons included: what a registry of the owner's own has to have."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.catalog.release import Release
from rke_py.cluster.images import image_table
from rke_py.cluster.model import Cluster, Family
from rke_py.config.schema import ClusterConfig

_NODES = {
    Family.UPSTREAM: (
        *("etcd", "kube_apiserver", "kube_controller_manager", "kube_scheduler", "kube_proxy", "kubelet", "haproxy"),
        *("pod_infra_container", "tools"),
    ),
    Family.RKE: (
        *("etcd", "kubernetes", "alpine", "nginx_proxy", "cert_downloader", "kubernetes_services_sidecar"),
        *("pod_infra_container", "tools"),
    ),
}
_NETWORKS = {
    "flannel": ("flannel", "flannel_cni"),
    "canal": ("canal_node", "canal_cni", "canal_controllers", "canal_flannel", "canal_flexvol"),
    "calico": ("calico_node", "calico_cni", "calico_controllers", "calico_ctl", "calico_flexvol"),
    "weave": ("weave_node", "weave_cni"),
}
_DNS = {
    "coredns": ("coredns", "coredns_autoscaler"),
    "kube-dns": ("kubedns", "dnsmasq", "kubedns_sidecar", "kubedns_autoscaler"),
}


def needed_images(config: ClusterConfig, cluster: Cluster, release: Release) -> tuple[str, ...]:
    """Return every image that hosts pull for the cluster, each once: those of the nodes first, then the add-ons'.

    Args:
        config: What cluster.yml says.
        cluster: The same, resolved.
        release: The cluster's.
    """
    table = image_table(config, release)
    keys = (*_NODES[cluster.family], *_addons(cluster))
    left_out = {"etcd"} if config.services.etcd.external_urls else set()
    return tuple(dict.fromkeys(table[key] for key in keys if key in table and key not in left_out))


def _addons(cluster: Cluster) -> Iterable[str]:
    yield from _NETWORKS.get(cluster.network.plugin, ())
    yield from _DNS.get(cluster.dns.provider, ())
    if cluster.dns.nodelocal is not None:
        yield "nodelocal"
    if cluster.monitoring.provider != "none":
        yield "metrics_server"
    if cluster.ingress.provider == "traefik":
        yield "traefik"
    if cluster.ingress.provider == "nginx":
        yield "ingress"
    if cluster.ingress.default_backend and cluster.ingress.provider != "none":
        yield "ingress_backend"

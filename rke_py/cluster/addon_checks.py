"""What only the catalog can tell about add-ons: whether the release has what they run, and what has had its day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rke_py.catalog.release import Release
from rke_py.cluster.model import Family
from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig

_NETWORK_IMAGES: Mapping[str, tuple[str, ...]] = {
    "flannel": ("flannel", "flannel_cni"),
    "canal": ("canal_node", "canal_cni", "canal_controllers", "canal_flannel"),
    "calico": ("calico_node", "calico_cni", "calico_controllers"),
    "weave": ("weave_node", "weave_cni"),
}
_DNS_IMAGES: Mapping[str, tuple[str, ...]] = {
    "coredns": ("coredns",),
    "kube-dns": ("kubedns", "dnsmasq", "kubedns_sidecar"),
}
_INGRESS_IMAGES: Mapping[str, tuple[str, ...]] = {"nginx": ("ingress",), "traefik": ("traefik",)}
_MONITORING_IMAGES: Mapping[str, tuple[str, ...]] = {"metrics-server": ("metrics_server",)}

_BOTH_IP_VERSIONS = ("flannel", "calico", "none")
"""Plugins that take an IPv4 and an IPv6 range in the upstream family; ``config.checks`` knows RKE's own."""


def addon_findings(config: ClusterConfig, release: Release) -> Iterator[Finding]:
    """Yield what is wrong with the choice of add-ons for a release."""
    plugin = config.network.plugin or release.network_plugin
    ingress = config.ingress.provider
    backend = ("ingress_backend",) if config.ingress.default_backend and ingress != "none" else ()
    nodelocal = ("nodelocal",) if config.dns.nodelocal and config.dns.nodelocal.ip_address else ()
    for path, choice, images in (
        (("network", "plugin"), plugin, _NETWORK_IMAGES.get(plugin, ())),
        (("dns", "provider"), config.dns.provider, _DNS_IMAGES.get(config.dns.provider, ())),
        (("dns", "nodelocal"), "nodelocal", nodelocal),
        (("ingress", "provider"), ingress, _INGRESS_IMAGES.get(ingress, ())),
        (("ingress", "default_backend"), "the default back-end", backend),
        (
            ("monitoring", "provider"),
            config.monitoring.provider,
            _MONITORING_IMAGES.get(config.monitoring.provider, ()),
        ),
    ):
        yield from _missing_images(config, release, path, choice, images)
    if release.family == Family.UPSTREAM:
        yield from _only_for_rke(plugin)
        yield from _retired(ingress)
        yield from _ranges(config, plugin)


def _missing_images(
    config: ClusterConfig, release: Release, path: Path, choice: str, images: tuple[str, ...]
) -> Iterator[Finding]:
    given = config.system_images.given()
    missing = [key for key in images if key not in given and not release.images.get(key)]
    told = choice == "weave" and release.family == Family.RKE  # that weave is gone is said already
    if missing and not told:
        what = f"{choice} needs images that Kubernetes {release.version} does not come with: {', '.join(missing)}"
        yield Finding(path=path, what=what, hint="Choose another one, or name the images in system_images.")


def _only_for_rke(plugin: str) -> Iterator[Finding]:
    if plugin == "aci":
        what = "plugin aci goes with RKE's own releases only: Cisco's images and manifests are made for each of those"
        hint = "Use flannel, canal or calico; or plugin none, and install Cisco ACI as its makers say."
        yield Finding(path=("network", "plugin"), what=what, hint=hint)


def _retired(ingress: str) -> Iterator[Finding]:
    if ingress == "nginx":
        what = "ingress-nginx was retired in March 2026: nobody mends its faults any more"
        hint = "Use traefik, or a controller of your own with provider none."
        yield Finding(path=("ingress", "provider"), what=what, hint=hint, warning=True)


def _ranges(config: ClusterConfig, plugin: str) -> Iterator[Finding]:
    ranges = (config.services.kube_controller.cluster_cidr, config.services.kube_api.service_cluster_ip_range)
    if any("," in written for written in ranges) and plugin not in _BOTH_IP_VERSIONS:
        what = f"plugin {plugin} does not take an IPv4 and an IPv6 range"
        hint = f"Use {' or '.join(_BOTH_IP_VERSIONS)}, or one range."
        yield Finding(path=("network", "plugin"), what=what, hint=hint)

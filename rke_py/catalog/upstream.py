"""The upstream family: Kubernetes v1.33 and later, in the images its projects publish.

kube-apiserver, kube-controller-manager, kube-scheduler and kube-proxy are published by Kubernetes itself; the kubelet
is not, and comes from Talos Linux, which publishes one for every release. etcd comes from its own project, because the
images that kubeadm names lag behind: 3.5 must be at least 3.5.26 before it can be followed by 3.6.
"""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.catalog.flags import flags
from rke_py.catalog.release import UPSTREAM, Release
from rke_py.release import __version__

NETWORK_PLUGIN = "flannel"
TOOLS = f"rke-py/tools:{__version__}"
"""The tools image, which both families use; it is published nowhere."""

_FLANNEL = "ghcr.io/flannel-io/flannel:v0.28.4"
_DNS = "1.26.8"
_CALICO = {
    "node": "quay.io/calico/node:v3.31.7",
    "cni": "quay.io/calico/cni:v3.31.7",
    "controllers": "quay.io/calico/kube-controllers:v3.31.7",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Minor:
    """What one minor release of Kubernetes goes with.

    Attributes:
        newest: The newest patch release that was run with all of this.
    """

    newest: str
    etcd: str
    coredns: str
    pause: str
    metrics_server: str


MINORS = {
    (1, 33): Minor(newest="v1.33.13", etcd="v3.5.35", coredns="v1.12.4", pause="3.10.1", metrics_server="v0.9.0"),
    (1, 34): Minor(newest="v1.34.4", etcd="v3.6.16", coredns="v1.12.4", pause="3.10.1", metrics_server="v0.9.0"),
}
NEWEST = MINORS[max(MINORS)].newest


def release(version: str, minor: tuple[int, int]) -> Release:
    """Return what runs with a version of a minor in ``MINORS``."""
    return Release(
        version=version,
        minor=minor,
        family=UPSTREAM,
        images=_images(version, MINORS[minor]),
        network_plugin=NETWORK_PLUGIN,
        flags=flags(minor),
    )


def _images(version: str, minor: Minor) -> dict[str, str]:
    return {
        "etcd": f"gcr.io/etcd-development/etcd:{minor.etcd}",
        "kube_apiserver": f"registry.k8s.io/kube-apiserver:{version}",
        "kube_controller_manager": f"registry.k8s.io/kube-controller-manager:{version}",
        "kube_scheduler": f"registry.k8s.io/kube-scheduler:{version}",
        "kube_proxy": f"registry.k8s.io/kube-proxy:{version}",
        "kubelet": f"ghcr.io/siderolabs/kubelet:{version}",
        "haproxy": "haproxy:3.0.21-alpine",
        "tools": TOOLS,
        "pod_infra_container": f"registry.k8s.io/pause:{minor.pause}",
        "flannel": _FLANNEL,
        "flannel_cni": "ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel1",
        **{f"{plugin}_{part}": image for plugin in ("canal", "calico") for part, image in _CALICO.items()},
        "canal_flannel": _FLANNEL,
        "coredns": f"registry.k8s.io/coredns/coredns:{minor.coredns}",
        "kubedns": f"registry.k8s.io/dns/k8s-dns-kube-dns:{_DNS}",
        "dnsmasq": f"registry.k8s.io/dns/k8s-dns-dnsmasq-nanny:{_DNS}",
        "kubedns_sidecar": f"registry.k8s.io/dns/k8s-dns-sidecar:{_DNS}",
        "nodelocal": f"registry.k8s.io/dns/k8s-dns-node-cache:{_DNS}",
        "metrics_server": f"registry.k8s.io/metrics-server/metrics-server:{minor.metrics_server}",
        "traefik": "docker.io/library/traefik:v3.7.8",
        "ingress": "registry.k8s.io/ingress-nginx/controller:v1.14.4",
        "ingress_backend": "registry.k8s.io/defaultbackend-amd64:1.5",
    }

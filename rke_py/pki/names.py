"""The names and addresses that servers of a cluster are called by, and the URL of its API."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from rke_py.cluster.model import Cluster, Host, Role

API_PORT = 6443


def normal(name: str) -> str:
    """Return a name as certificates are compared by: DNS names in lower case, IP addresses in their shortest form."""
    try:
        return str(ip_address(name))
    except ValueError:
        return name.lower()


def is_address(name: str) -> bool:
    """Tell an IP address from a DNS name."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def host_names(host: Host) -> frozenset[str]:
    """Return everything a host is called by: both addresses and its node name."""
    return _normal((host.address, host.internal_address, host.name))


def loopback_names(_cluster: Cluster) -> frozenset[str]:
    """Return what a host calls itself by."""
    return _normal(("localhost", "127.0.0.1", "::1"))


def metrics_server_names(_cluster: Cluster) -> frozenset[str]:
    """Return what the API server calls metrics-server by: its Service's names."""
    return _normal(("metrics-server", "metrics-server.kube-system", "metrics-server.kube-system.svc"))


def ingress_webhook_names(_cluster: Cluster) -> frozenset[str]:
    """Return what the API server calls the admission webhook of ingress-nginx by: its Service's names."""
    name = "ingress-nginx-controller-admission.ingress-nginx"
    return _normal((name, f"{name}.svc"))


def api_server_names(cluster: Cluster) -> frozenset[str]:
    """Return what the API servers are called by: from outside, by each other, and by pods."""
    domain = cluster.services.cluster_domain
    service = "kubernetes"
    return frozenset().union(
        loopback_names(cluster),
        *(host_names(host) for host in cluster.with_role(Role.CONTROLPLANE)),
        _normal(cluster.api_sans),
        _normal((_host_of(api_url(cluster)),)),
        _normal(cluster.services.first_service_ips),
        (service, f"{service}.default", f"{service}.default.svc", f"{service}.default.svc.{domain}".lower()),
    )


def rke_api_server_names(cluster: Cluster) -> frozenset[str]:
    """Return what the API servers of RKE's own releases are called by."""
    return _rke_names(cluster, Role.CONTROLPLANE) | _normal((*cluster.api_sans, _host_of(api_url(cluster))))


def rke_etcd_names(cluster: Cluster) -> frozenset[str]:
    """Return what every etcd member of RKE's own releases is called by: the names of all of them, and the Service's."""
    return _rke_names(cluster, Role.ETCD)


def service_names(cluster: Cluster) -> frozenset[str]:
    """Return what pods call the API servers by: their Service's names and addresses."""
    service, domain = "kubernetes", cluster.services.cluster_domain
    return _normal(
        (
            *cluster.services.first_service_ips,
            *(service, f"{service}.default", f"{service}.default.svc", f"{service}.default.svc.{domain}"),
        )
    )


def _rke_names(cluster: Cluster, role: Role) -> frozenset[str]:
    hosts = (host_names(host) for host in cluster.with_role(role))
    return frozenset().union(*hosts, _normal(("localhost", "127.0.0.1")), service_names(cluster))


def api_url(cluster: Cluster) -> str:
    """Return the URL operators reach the API by: the configured one, else the first control-plane host's.

    The configured address may be a URL, or a name or address with or without a port.
    """
    given = cluster.api_server_address
    if "://" in given:
        return given
    if not given:
        given = cluster.with_role(Role.CONTROLPLANE)[0].address
    if is_address(given):
        return f"https://{bracketed(given)}:{API_PORT}"
    return f"https://{given}" if urlsplit(f"//{given}").port else f"https://{given}:{API_PORT}"


def bracketed(address: str) -> str:
    """Put an IPv6 address in brackets, as URLs want it; return anything else as it is."""
    return f"[{address}]" if is_address(address) and ":" in address else address


def _host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def _normal(names: Iterable[str]) -> frozenset[str]:
    return frozenset(normal(name) for name in names if name)

"""CoreDNS: names of Services and pods, and the way out for all others."""

from __future__ import annotations

from rke_py.cluster.model import Cluster, Role
from rke_py.render.manifests import KubernetesObject, render_objects
from rke_py.render.placement import places
from rke_py.render.text import render
from rke_py.render.workloads import SYSTEM_TOLERATIONS, linux_and, strategy


def coredns(cluster: Cluster) -> tuple[KubernetesObject, ...]:
    """Return CoreDNS's objects.

    The number of replicas is computed from the hosts (``dns.linear_autoscaler_params``), so no autoscaler writes it.
    """
    dns = cluster.dns
    tolerations = dns.tolerations or SYSTEM_TOLERATIONS
    return render_objects(
        "addons/coredns.yaml.j2",
        {
            "image": cluster.images.coredns,
            "corefile": corefile(cluster),
            "cluster_dns_server": cluster.services.cluster_dns_server,
            "replicas": dns.replicas,
            "strategy": strategy(dns.update_strategy, maxUnavailable=1, maxSurge=0),
            "places": places(cluster, dns.node_selector, tolerations),
            "tolerations": tolerations,
            "node_selector": linux_and(dns.node_selector),
            "workers_only": bool(cluster.with_role(Role.WORKER)),
            "priority_class": dns.options.get("coredns_priority_class_name") or "system-cluster-critical",
        },
    )


def corefile(cluster: Cluster) -> str:
    """Return CoreDNS's own configuration."""
    dns = cluster.dns
    return render(
        "addons/Corefile.j2",
        {
            "cluster_domain": cluster.services.cluster_domain,
            "reverse_zones": dns.reversecidrs or ("in-addr.arpa", "ip6.arpa"),
            "upstreams": dns.upstreamnameservers or ("/etc/resolv.conf",),
            "stub_domains": dns.stubdomains,
        },
    )

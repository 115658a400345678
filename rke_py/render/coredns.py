"""CoreDNS: names of Services and pods, and the way out for all others."""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.config.reverse_zones import WHOLE_REVERSE
from rke_py.render.dns import autoscaler, one_pod
from rke_py.render.manifests import KubernetesObject, render_objects
from rke_py.render.placement import places
from rke_py.render.text import render
from rke_py.render.workloads import ON_WORKERS, budgets, linux_and, on_workers, strategy, system_tolerations


def coredns(cluster: Cluster) -> tuple[KubernetesObject, ...]:
    """Return CoreDNS's objects.

    Where the release has no image of an autoscaler, the number of replicas follows from cluster.yml
    (``dns.linear_autoscaler_params``); elsewhere the autoscaler writes it, and it is not in the manifest.
    """
    dns = cluster.dns
    scaler = autoscaler(
        cluster,
        "coredns-autoscaler",
        "coredns",
        cluster.images.coredns_autoscaler,
        dns.options.get("coredns_autoscaler_priority_class_name") or "",
    )
    tolerations = dns.tolerations or system_tolerations(cluster)
    return render_objects(
        "addons/coredns.yaml.j2",
        {
            "image": cluster.images.coredns,
            "corefile": corefile(cluster),
            "cluster_dns_server": cluster.services.cluster_dns_server,
            "both_ip_versions": len(cluster.services.service_cluster_ip_range) > 1,
            "replicas": dns.replicas,
            "autoscaler": scaler,
            "strategy": strategy(dns.update_strategy, **_one_after_another(cluster)),
            "places": places(cluster, dns.node_selector, tolerations),
            "tolerations": tolerations,
            "node_selector": linux_and(dns.node_selector),
            "workers_only": on_workers(cluster),
            "on_workers": ON_WORKERS,
            "spread_exactly": cluster.minor >= (1, 27),
            "budgets": budgets(cluster),
            "priority_class": dns.options.get("coredns_priority_class_name") or "system-cluster-critical",
        },
    )


def _one_after_another(cluster: Cluster) -> dict[str, object]:
    """Return how pods are replaced: as RKE does, but a single one not before its successor answers."""
    alone = cluster.rke is not None and one_pod(cluster)
    return {"maxUnavailable": 0, "maxSurge": 1} if alone else {"maxUnavailable": 1, "maxSurge": 0}


def corefile(cluster: Cluster) -> str:
    """Return CoreDNS's own configuration."""
    dns = cluster.dns
    return render(
        "addons/Corefile.j2",
        {
            "cluster_domain": cluster.services.cluster_domain,
            "reverse_zones": tuple(zone for entry in dns.reversecidrs for zone in entry.split()) or WHOLE_REVERSE,
            "upstreams": dns.upstreamnameservers or ("/etc/resolv.conf",),
            "stub_domains": dns.stubdomains,
        },
    )

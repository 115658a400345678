"""kube-dns: the DNS of old clusters."""

from __future__ import annotations

import json
from collections.abc import Mapping

from rke_py.cluster.addon_model import Dns
from rke_py.cluster.model import Cluster
from rke_py.config.reverse_zones import reverse_zones
from rke_py.render.dns import autoscaler
from rke_py.render.manifests import KubernetesObject, render_objects
from rke_py.render.workloads import ON_WORKERS, budgets, linux_and, on_workers, strategy, system_tolerations

_OWN = "127.0.0.1#10053"


def kube_dns(cluster: Cluster) -> tuple[KubernetesObject, ...]:
    """Return kube-dns's objects; what it may read comes with Kubernetes itself (``system:kube-dns``)."""
    dns, images, domain = cluster.dns, cluster.images, cluster.services.cluster_domain
    name = "kube-dns-autoscaler"
    scaler = autoscaler(
        cluster,
        name,
        "kube-dns",
        images.kubedns_autoscaler,
        dns.options.get("kube_dns_autoscaler_priority_class_name") or "",
    )
    return render_objects(
        "addons/kube-dns.yaml.j2",
        {
            "image": images.kubedns,
            "dnsmasq_image": images.dnsmasq,
            "sidecar_image": images.kubedns_sidecar,
            "settings": _settings(dns),
            "cluster_domain": domain,
            "cluster_dns_server": cluster.services.cluster_dns_server,
            "both_ip_versions": len(cluster.services.service_cluster_ip_range) > 1,
            "dnsmasq": [
                *("-v=2", "-logtostderr", "-configDir=/etc/k8s/dns/dnsmasq-nanny", "-restartDnsmasq=true", "--"),
                *("-k", "--cache-size=1000", "--dns-loop-detect", "--log-facility=-"),
                *(f"--server=/{zone}/{_OWN}" for zone in (domain, *reverse_zones(dns.reversecidrs))),
            ],
            "sidecar": [
                *("--v=2", "--logtostderr"),
                f"--probe=kubedns,127.0.0.1:10053,kubernetes.default.svc.{domain},5,SRV",
                f"--probe=dnsmasq,127.0.0.1:53,kubernetes.default.svc.{domain},5,SRV",
            ],
            "replicas": dns.replicas,
            "autoscaler": scaler,
            "strategy": strategy(dns.update_strategy, maxUnavailable=0, maxSurge="10%"),
            "tolerations": dns.tolerations or system_tolerations(cluster),
            "node_selector": linux_and(dns.node_selector),
            "workers_only": on_workers(cluster),
            "on_workers": ON_WORKERS,
            "budgets": budgets(cluster),
            "priority_class": dns.options.get("kube_dns_priority_class_name") or "",
        },
    )


def _settings(dns: Dns) -> Mapping[str, str]:
    """Return its ConfigMap: values are JSON."""
    settings: dict[str, str] = {}
    if dns.upstreamnameservers:
        settings["upstreamNameservers"] = json.dumps(list(dns.upstreamnameservers))
    if dns.stubdomains:
        settings["stubDomains"] = json.dumps({domain: list(servers) for domain, servers in dns.stubdomains.items()})
    return settings

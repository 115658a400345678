"""A DNS cache on every node: pods ask it instead of the cluster's DNS Service."""

from __future__ import annotations

from rke_py.cluster.addon_model import NodeLocal
from rke_py.cluster.model import Cluster
from rke_py.config.reverse_zones import reverse_zones
from rke_py.render.manifests import KubernetesObject, render_objects
from rke_py.render.text import render
from rke_py.render.workloads import linux_and, strategy


def nodelocal(cluster: Cluster, cache: NodeLocal) -> tuple[KubernetesObject, ...]:
    """Return the cache's objects."""
    addresses = _addresses(cluster, cache)
    return render_objects(
        "addons/nodelocal.yaml.j2",
        {
            "image": cluster.images.nodelocal,
            "corefile": _corefile(cluster, cache, addresses),
            "arguments": [
                *("-localip", ",".join(addresses), "-conf", "/etc/Corefile", "-upstreamsvc", "kube-dns-upstream"),
            ],
            "health_host": cache.ip_address,
            "node_selector": linux_and(cache.node_selector),
            "priority_class": cache.priority_class_name or "system-node-critical",
            "strategy": strategy(cache.update_strategy, maxUnavailable=1),
        },
    )


def _corefile(cluster: Cluster, cache: NodeLocal, addresses: tuple[str, ...]) -> str:
    """Return the cache's configuration; it fills in the words in underscores itself, when it starts."""
    dns = cluster.dns
    return render(
        "addons/nodelocal.Corefile.j2",
        {
            "cluster_domain": cluster.services.cluster_domain,
            "reverse_zones": reverse_zones(dns.reversecidrs),
            "stub_domains": dns.stubdomains,
            "upstreams": dns.upstreamnameservers or ("__PILLAR__UPSTREAM__SERVERS__",),
            "addresses": addresses,
            "health": f"[{cache.ip_address}]" if ":" in cache.ip_address else cache.ip_address,
        },
    )


def _addresses(cluster: Cluster, cache: NodeLocal) -> tuple[str, ...]:
    """Return what the cache listens on: its own address, and the DNS Service's for pods that were told that one.

    Only where kube-proxy works with iptables: in its other modes the Service's address is its own.
    """
    mode = cluster.services.kubeproxy.extra_args.get("proxy-mode", ("iptables",))[-1]
    service = (cluster.services.cluster_dns_server,) if mode in ("iptables", "") else ()
    return (cache.ip_address, *service)

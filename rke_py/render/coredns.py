"""CoreDNS: names of Services and pods, and the way out for all others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rke_py.cluster.model import Cluster, Dns, Role
from rke_py.errors import Problem
from rke_py.render.manifests import KubernetesObject, render_objects
from rke_py.render.options import priority_class, read_options, read_strategy
from rke_py.render.text import WORD, render
from rke_py.render.workloads import SYSTEM_TOLERATIONS, linux_and

OPTIONS = {"coredns_priority_class_name": priority_class("system-cluster-critical")}


def coredns(cluster: Cluster) -> tuple[tuple[KubernetesObject, ...], tuple[Problem, ...]]:
    """Return CoreDNS's objects, and what is wrong with its options.

    The number of replicas is computed from the hosts (``dns.linear_autoscaler_params``), so no autoscaler writes it.
    """
    dns = cluster.dns
    options, problems = read_options("dns.options", dns.options, OPTIONS)
    strategy, faults = read_strategy(
        "dns.update_strategy",
        dns.update_strategy,
        ("RollingUpdate", "Recreate"),
        {"maxUnavailable": 1, "maxSurge": 0},
    )
    problems += (*faults, *_word_problems(dns))
    if problems:
        return (), problems
    objects = render_objects(
        "addons/coredns.yaml.j2",
        {
            "image": cluster.images.coredns,
            "corefile": corefile(cluster),
            "cluster_dns_server": cluster.services.cluster_dns_server,
            "replicas": dns.replicas,
            "strategy": strategy,
            "tolerations": dns.tolerations or SYSTEM_TOLERATIONS,
            "node_selector": linux_and(dns.node_selector),
            "workers_only": bool(cluster.with_role(Role.WORKER)),
            "priority_class": options["coredns_priority_class_name"],
        },
    )
    return objects, ()


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


def _word_problems(dns: Dns) -> Iterator[Problem]:
    """Yield a fault for each text that would break the Corefile."""
    texts: Iterable[tuple[str, str]] = (
        *(("dns.upstreamnameservers", text) for text in dns.upstreamnameservers),
        *(("dns.reversecidrs", text) for text in dns.reversecidrs),
        *(("dns.stubdomains", domain) for domain in dns.stubdomains),
        *((f"dns.stubdomains.{domain}", text) for domain, servers in dns.stubdomains.items() for text in servers),
    )
    for where, text in texts:
        if not WORD.fullmatch(text):
            yield Problem(where=where, what=f"{text!r} is not a domain, an address or a network")
    for domain, servers in dns.stubdomains.items():
        if not servers:
            yield Problem(where=f"dns.stubdomains.{domain}", what="has no name server")

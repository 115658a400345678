"""``dns``: what exists, what it takes, and whose each domain is."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.config.checks.addressing import DEFAULT_CLUSTER_DOMAIN
from rke_py.config.checks.labels import label_findings
from rke_py.config.checks.placement import placement_findings, update_strategy_findings
from rke_py.config.checks.providers import option_findings, provider_findings
from rke_py.config.checks.syntax import is_ip, is_port, is_subdomain, subnet
from rke_py.config.findings import Finding, Path
from rke_py.config.reverse_zones import reverse_zones
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.addons import LinearAutoscalerConfig, NodelocalConfig
from rke_py.config.unbuilt import something

DNS_PROVIDERS = ("coredns", "kube-dns", "none")
DNS_OPTIONS = {
    "coredns": ("coredns_priority_class_name", "coredns_autoscaler_priority_class_name"),
    "kube-dns": ("kube_dns_priority_class_name", "kube_dns_autoscaler_priority_class_name"),
}
_ADDRESSES = "Write its addresses, or remove it."
_ONE = "One domain is answered from one place. Remove it here."


def dns_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with cluster DNS."""
    dns = config.dns
    yield from provider_findings(("dns", "provider"), dns.provider, DNS_PROVIDERS)
    if known := DNS_OPTIONS.get(dns.provider or "coredns"):
        yield from option_findings(("dns", "options"), dns.options, known, ("coredns_", "kube_dns_"))
    for index, server in enumerate(dns.upstreamnameservers):
        yield from _name_server(("dns", "upstreamnameservers", index), server)
    yield from _stub_domains(config)
    for index, zone in enumerate(dns.reversecidrs):
        if not _are_zones(zone):
            what = f"'{zone}' is neither a CIDR nor a reverse zone"
            yield Finding(path=("dns", "reversecidrs", index), what=what, hint="Write 10.0.0.0/8 or in-addr.arpa.")
    if dns.linear_autoscaler_params is not None:
        yield from _autoscaler(dns.linear_autoscaler_params)
    if dns.nodelocal is not None:
        yield from _nodelocal(dns.nodelocal, dns.provider)
    yield from placement_findings("dns", dns, daemon=False)


def _stub_domains(config: ClusterConfig) -> Iterator[Finding]:
    whose = dict(_zones(config))
    for domain, servers in config.dns.stubdomains.items():
        place: Path = ("dns", "stubdomains", domain)
        if not is_subdomain(domain.lower()):
            yield Finding(path=place, what=f"'{domain}' is not a DNS domain", at_key=True)
        if domain.lower() in whose:
            yield Finding(path=place, what=f"{domain} is {whose[domain.lower()]} already", hint=_ONE, at_key=True)
        whose[domain.lower()] = "in another entry"
        if not servers:
            yield Finding(path=place, what=f"{domain} has no DNS server", hint=_ADDRESSES, at_key=True)
        for index, server in enumerate(servers):
            yield from _name_server((*place, index), server)


def _zones(config: ClusterConfig) -> Iterator[tuple[str, str]]:
    """Yield the domains that are answered already, with what they are; the cache on nodes takes none twice."""
    cache = config.dns.nodelocal
    if cache and cache.ip_address:
        for zone in reverse_zones(filter(_are_zones, config.dns.reversecidrs)):
            yield zone, "the cluster's reverse zone"
    yield config.services.kubelet.cluster_domain.lower() or DEFAULT_CLUSTER_DOMAIN, "the cluster's own domain"


def _are_zones(entry: str) -> bool:
    return all(subnet(word) or is_subdomain(word.lower().rstrip(".")) for word in entry.split() or ("",))


def _nodelocal(cache: NodelocalConfig, provider: str) -> Iterator[Finding]:
    path: Path = ("dns", "nodelocal")
    if not cache.ip_address:
        if something(cache):
            what, hint = "without ip_address there is no cache on nodes", "Write one such as 169.254.20.10."
            yield Finding(path=path, what=what, hint=hint, warning=True, at_key=True)
    elif not is_ip(cache.ip_address):
        hint = "Write one such as 169.254.20.10."
        yield Finding(path=(*path, "ip_address"), what=f"'{cache.ip_address}' is not an IP address", hint=hint)
    elif provider == "none":
        what = "the cache on nodes asks the cluster's DNS, and provider is none"
        yield Finding(path=path, what=what, hint="Remove it, or choose a provider.", at_key=True)
    yield from label_findings((*path, "node_selector"), cache.node_selector)
    yield from update_strategy_findings((*path, "update_strategy"), cache.update_strategy, daemon=True)


def _autoscaler(parameters: LinearAutoscalerConfig) -> Iterator[Finding]:
    path: Path = ("dns", "linear_autoscaler_params")
    for key in ("cores_per_replica", "nodes_per_replica", "min", "max"):
        if getattr(parameters, key) < 0:
            yield Finding(path=(*path, key), what="a negative count means nothing")
    if 0 < parameters.max < parameters.min:
        yield Finding(path=(*path, "max"), what=f"max {parameters.max} is below min {parameters.min}")


def _name_server(path: Path, server: str) -> Iterator[Finding]:
    if server.startswith("["):  # only in front of a port: CoreDNS reads no other address of IPv6 in brackets
        host, _, port = server[1:].partition("]:")
    else:
        host, _, port = server.partition(":") if server.count(":") == 1 else (server, "", "53")
    if not is_ip(host) or not is_port(port):
        what = f"'{server}' is not the address of a DNS server"
        hint = "Write an IP address, with the port if it is not 53: 192.0.2.53:5353 or [2001:db8::53]:5353."
        yield Finding(path=path, what=what, hint=hint)

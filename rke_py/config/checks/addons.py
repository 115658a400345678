"""``dns``, ``monitoring``, ``addons``: what exists, what it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from rke_py.config.checks.labels import label_findings
from rke_py.config.checks.placement import placement_findings, update_strategy_findings
from rke_py.config.checks.providers import option_findings, provider_findings
from rke_py.config.checks.syntax import is_ip, is_port, is_subdomain, subnet
from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.addons import LinearAutoscalerConfig, NodelocalConfig
from rke_py.config.text import documents
from rke_py.config.unbuilt import something

_FLAG = re.compile(r"[a-z][a-z0-9-]*\Z", re.ASCII)
_OUR_FLAGS = frozenset({"secure-port", "tls-cert-file", "tls-private-key-file", "cert-dir"})
DNS_PROVIDERS = ("coredns", "kube-dns", "none")
DNS_OPTIONS = {
    "coredns": ("coredns_priority_class_name", "coredns_autoscaler_priority_class_name"),
    "kube-dns": ("kube_dns_priority_class_name", "kube_dns_autoscaler_priority_class_name"),
}


def dns_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with cluster DNS."""
    dns = config.dns
    yield from provider_findings(("dns", "provider"), dns.provider, DNS_PROVIDERS)
    if known := DNS_OPTIONS.get(dns.provider or "coredns"):
        yield from option_findings(("dns", "options"), dns.options, known, ("coredns_", "kube_dns_"))
    for index, server in enumerate(dns.upstreamnameservers):
        yield from _name_server(("dns", "upstreamnameservers", index), server)
    yield from _stub_domains(dns.stubdomains)
    for index, zone in enumerate(dns.reversecidrs):
        if not all(subnet(word) or is_subdomain(word.lower().rstrip(".")) for word in zone.split() or ("",)):
            what = f"'{zone}' is neither a CIDR nor a reverse zone"
            yield Finding(path=("dns", "reversecidrs", index), what=what, hint="Write 10.0.0.0/8 or in-addr.arpa.")
    if dns.linear_autoscaler_params is not None:
        yield from _autoscaler(dns.linear_autoscaler_params)
    if dns.nodelocal is not None:
        yield from _nodelocal(dns.nodelocal, dns.provider)
    yield from placement_findings("dns", dns, daemon=False)


def _stub_domains(stub_domains: Mapping[str, tuple[str, ...]]) -> Iterator[Finding]:
    for domain, servers in stub_domains.items():
        if not is_subdomain(domain.lower()):
            yield Finding(path=("dns", "stubdomains", domain), what=f"'{domain}' is not a DNS domain", at_key=True)
        if not servers:
            what, hint = f"{domain} has no DNS server", "Write its addresses, or remove it."
            yield Finding(path=("dns", "stubdomains", domain), what=what, hint=hint, at_key=True)
        for index, server in enumerate(servers):
            yield from _name_server(("dns", "stubdomains", domain, index), server)


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


def monitoring_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with resource metrics."""
    yield from provider_findings(("monitoring", "provider"), config.monitoring.provider, ("metrics-server", "none"))
    if (config.monitoring.replicas or 0) < 0:
        yield Finding(path=("monitoring", "replicas"), what="a negative count means nothing")
    yield from _metrics_flags(config.monitoring.options)
    yield from placement_findings("monitoring", config.monitoring, daemon=False)


def _metrics_flags(flags: Mapping[str, str]) -> Iterator[Finding]:
    for name in flags:
        path: Path = ("monitoring", "options", name)
        if not _FLAG.match(name):
            what, hint = f"'{name}' is not the name of a flag of metrics-server", "Write it without leading dashes."
            yield Finding(path=path, what=what, hint=hint, at_key=True)
        elif name in _OUR_FLAGS:
            yield Finding(path=path, what=f"{name} is set by rke-py", hint="Remove it.", at_key=True)


def user_addon_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what keeps the manifests in ``addons`` from being applied; included files are read later."""
    for index, place in enumerate(config.addons_include):
        if not place.strip():
            yield Finding(path=("addons_include", index), what="the name of the file or URL is empty")
    if config.addon_job_timeout < 0:
        yield Finding(path=("addon_job_timeout",), what="a negative time means nothing", hint="Write seconds.")
    try:
        manifests = documents(config.addons)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1} of the text" if error.problem_mark else ""
        yield Finding(path=("addons",), what=f"the manifests are not YAML{line}: {error.problem}")
        return
    except yaml.YAMLError:
        yield Finding(path=("addons",), what="the manifests hold characters that YAML does not allow")
        return
    for number, manifest in enumerate(manifests, start=1):
        missing = _missing_in_manifest(manifest)
        if missing:
            yield Finding(path=("addons",), what=f"document {number} of the manifests has no {missing}")


def _missing_in_manifest(manifest: yaml.Node) -> str:
    if isinstance(manifest, yaml.ScalarNode) and not manifest.value:
        return ""
    entries = manifest.value if isinstance(manifest, yaml.MappingNode) else []
    given = {key.value for key, value in entries if isinstance(key, yaml.ScalarNode) and value.value}
    return " and ".join(key for key in ("apiVersion", "kind") if key not in given)


def _name_server(path: Path, server: str) -> Iterator[Finding]:
    if server.startswith("["):  # only in front of a port: CoreDNS reads no other address of IPv6 in brackets
        host, _, port = server[1:].partition("]:")
    else:
        host, _, port = server.partition(":") if server.count(":") == 1 else (server, "", "53")
    if not is_ip(host) or not is_port(port):
        what = f"'{server}' is not the address of a DNS server"
        hint = "Write an IP address, with the port if it is not 53: 192.0.2.53:5353 or [2001:db8::53]:5353."
        yield Finding(path=path, what=what, hint=hint)

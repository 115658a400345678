"""``network``, ``dns``, ``monitoring``, ``addons``: what exists, what it takes."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from rke_py.config.checks.labels import label_findings, toleration_findings
from rke_py.config.checks.placement import update_strategy_findings
from rke_py.config.checks.syntax import is_ip, is_port, is_subdomain, subnet
from rke_py.config.findings import Finding, Path, nearest
from rke_py.config.schema import ClusterConfig
from rke_py.config.schema.addons import LinearAutoscalerConfig
from rke_py.config.schema.placement import AddonConfig
from rke_py.config.text import documents

PLUGINS = ("canal", "calico", "flannel", "weave", "aci", "none")
INGRESS_PROVIDERS = ("nginx", "none")
DNS_PROVIDERS = ("coredns", "kube-dns", "none")
_FLANNEL_OPTIONS = (
    *("flannel_backend_type", "flannel_backend_port", "flannel_backend_vni", "flannel_iface"),
    "kube_flannel_priority_class_name",
)
_FLANNEL_BACKENDS = ("vxlan", "host-gw")
_OTHER_PLUGINS_OPTIONS = ("canal_", "calico_", "weave_", "aci_", "WeavePassword")
_DNS_OPTIONS = ("coredns_priority_class_name", "coredns_autoscaler_priority_class_name")
_MAX_VNI = 2**24 - 1


def network_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with the pod network."""
    network = config.network
    yield from _provider(("network", "plugin"), network.plugin, PLUGINS)
    if network.mtu and network.plugin in ("", "flannel"):
        what = f"plugin {network.plugin or 'flannel'} does not take mtu"
        hint = "Remove it: flannel works out the MTU from its interface."
        yield Finding(path=("network", "mtu"), what=what, hint=hint, at_key=True)
    if network.plugin in ("", "flannel"):
        yield from _flannel_options(config)
    elif network.plugin == "none" and network.options:
        what = "options have no effect with plugin none"
        yield Finding(path=("network", "options"), what=what, warning=True, at_key=True)
    yield from _placement("network", config)


def dns_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with cluster DNS."""
    dns = config.dns
    yield from _provider(("dns", "provider"), dns.provider, DNS_PROVIDERS)
    yield from _options(("dns", "options"), dns.options, _DNS_OPTIONS, ("kube_dns_",))
    for index, server in enumerate(dns.upstreamnameservers):
        yield from _name_server(("dns", "upstreamnameservers", index), server)
    for domain, servers in dns.stubdomains.items():
        if not is_subdomain(domain.lower()):
            yield Finding(path=("dns", "stubdomains", domain), what=f"'{domain}' is not a DNS domain", at_key=True)
        for index, server in enumerate(servers):
            yield from _name_server(("dns", "stubdomains", domain, index), server)
    for index, zone in enumerate(dns.reversecidrs):
        if subnet(zone) is None and not is_subdomain(zone.lower().rstrip(".")):
            what = f"'{zone}' is neither a CIDR nor a reverse zone"
            yield Finding(path=("dns", "reversecidrs", index), what=what, hint="Write 10.0.0.0/8 or in-addr.arpa.")
    if dns.linear_autoscaler_params is not None:
        yield from _autoscaler(dns.linear_autoscaler_params)
    yield from _placement("dns", config)


def _autoscaler(parameters: LinearAutoscalerConfig) -> Iterator[Finding]:
    path: Path = ("dns", "linear_autoscaler_params")
    for key in ("cores_per_replica", "nodes_per_replica", "min", "max"):
        if getattr(parameters, key) < 0:
            yield Finding(path=(*path, key), what="a negative count means nothing")
    if 0 < parameters.max < parameters.min:
        yield Finding(path=(*path, "max"), what=f"max {parameters.max} is below min {parameters.min}")


def monitoring_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with resource metrics."""
    yield from _provider(("monitoring", "provider"), config.monitoring.provider, ("metrics-server", "none"))
    if (config.monitoring.replicas or 0) < 0:
        yield Finding(path=("monitoring", "replicas"), what="a negative count means nothing")
    yield from _placement("monitoring", config)


def ingress_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with the way in."""
    yield from _provider(("ingress", "provider"), config.ingress.provider, INGRESS_PROVIDERS)
    yield from _placement("ingress", config)


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


def _provider(path: Path, provider: str, known: tuple[str, ...]) -> Iterator[Finding]:
    if provider and provider not in known:
        yield Finding(path=path, what=f"'{provider}' is not a {path[-1]} of {path[0]}", hint=nearest(provider, known))


def _flannel_options(config: ClusterConfig) -> Iterator[Finding]:
    options, path = config.network.options, ("network", "options")
    yield from _options(path, options, _FLANNEL_OPTIONS, _OTHER_PLUGINS_OPTIONS)
    backend = options.get("flannel_backend_type", "")
    if backend and backend not in _FLANNEL_BACKENDS:
        what = f"'{backend}' is not a back-end of flannel"
        yield Finding(path=(*path, "flannel_backend_type"), what=what, hint=nearest(backend, _FLANNEL_BACKENDS))
    port = options.get("flannel_backend_port", "")
    if port and not is_port(port):
        yield Finding(path=(*path, "flannel_backend_port"), what=f"'{port}' is not a port", hint="Use 1 to 65535.")
    vni = options.get("flannel_backend_vni", "")
    if vni and not (vni.isdecimal() and 1 <= int(vni) <= _MAX_VNI):
        hint = f"Use 1 to {_MAX_VNI}."
        yield Finding(path=(*path, "flannel_backend_vni"), what=f"'{vni}' is not a network identifier", hint=hint)


def _options(path: Path, options: dict[str, str], known: tuple[str, ...], others: tuple[str, ...]) -> Iterator[Finding]:
    for key in options:
        if key in known:
            continue
        if key.startswith(others):
            what = f"{key} belongs to another choice and has no effect"
            yield Finding(path=(*path, key), what=what, hint="Remove it.", warning=True, at_key=True)
        else:
            what = f"{key} is not an option here"
            yield Finding(path=(*path, key), what=what, hint=nearest(key, known), at_key=True)


def _name_server(path: Path, server: str) -> Iterator[Finding]:
    host, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
    if not is_ip(host.strip("[]")) or not is_port(port):
        what = f"'{server}' is not the address of a DNS server"
        yield Finding(path=path, what=what, hint="Write an IP address, with :port if it is not 53.")


def _placement(section: str, config: ClusterConfig) -> Iterator[Finding]:
    sections: dict[str, AddonConfig] = {
        "network": config.network,
        "dns": config.dns,
        "ingress": config.ingress,
        "monitoring": config.monitoring,
    }
    addon = sections[section]
    yield from label_findings((section, "node_selector"), addon.node_selector)
    yield from toleration_findings((section, "tolerations"), addon.tolerations)
    yield from update_strategy_findings(
        (section, "update_strategy"), addon.update_strategy, daemon=section in ("network", "ingress")
    )

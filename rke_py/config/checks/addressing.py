"""Pod and Service addresses: syntax, overlaps, room for every node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from itertools import product

from rke_py.config.checks.syntax import is_ip, is_port, is_subdomain, subnet
from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig
from rke_py.config.versions import is_rke

Subnet = IPv4Network | IPv6Network

_POD_RANGE: Path = ("services", "kube-controller", "cluster_cidr")
_SERVICE_RANGE: Path = ("services", "kube-api", "service_cluster_ip_range")
_CONTROLLER_SERVICE_RANGE: Path = ("services", "kube-controller", "service_cluster_ip_range")
DEFAULT_CLUSTER_CIDR = "10.42.0.0/16"
DEFAULT_SERVICE_CLUSTER_IP_RANGE = "10.43.0.0/16"
DEFAULT_CLUSTER_DOMAIN = "cluster.local"
_NODE_MASKS = {4: 24, 6: 64}
"""kube-controller-manager gives every node so large a part of the pod range, by version of IP, unless it is told."""

_MOST_PARTS, _USUAL_PARTS = 16, 8
"""It divides a range into 2 to the power of 16 parts at most; a small one of IPv6 is divided into 256."""

_SMALLEST_PART = 120
"""Bits: 256 addresses are enough for the pods of a node."""

_SERVICE_MASKS = {4: (12, 29), 6: (108, 125)}
"""The largest and the smallest Service range that kube-apiserver accepts: at most 20 bits of addresses."""

_FAMILIES = 2


def node_mask(network: Subnet) -> int:
    """Return the bits of the part of a pod range that a node gets: /24, or of IPv6 /64 where the range allows it."""
    if network.version == 4:
        return _NODE_MASKS[4]
    smallest = min(max(_NODE_MASKS[6], network.prefixlen + _USUAL_PARTS), _SMALLEST_PART)
    return min(network.prefixlen + _MOST_PARTS, smallest)


def subnets(text: str) -> tuple[Subnet, ...]:
    """Return the ranges of a text with commas, without those that are none."""
    return tuple(network for part in text.split(",") if (network := subnet(part.strip())) is not None)


def service_range(config: ClusterConfig) -> str:
    """Return the Service range: what either component says, else RKE's default."""
    services = config.services
    return (
        services.kube_api.service_cluster_ip_range
        or services.kube_controller.service_cluster_ip_range
        or DEFAULT_SERVICE_CLUSTER_IP_RANGE
    )


def addressing_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield ranges and addresses that are wrong in themselves or do not fit each other."""
    services = config.services
    api, controller = services.kube_api.service_cluster_ip_range, services.kube_controller.service_cluster_ip_range
    yield from _ranges(_POD_RANGE, services.kube_controller.cluster_cidr)
    yield from _ranges(_SERVICE_RANGE, api)
    if api and controller and api != controller:
        what = f"kube-api has {api}; both must have the same range"
        hint = "Leave it out here."
        yield Finding(path=_CONTROLLER_SERVICE_RANGE, what=what, hint=hint, warning=is_rke(config))
    elif not api:
        yield from _ranges(_CONTROLLER_SERVICE_RANGE, controller)
    if is_rke(config) and bool(api) != bool(controller):
        yield from _one_sided(api, controller)
    pods = subnets(services.kube_controller.cluster_cidr or DEFAULT_CLUSTER_CIDR)
    cluster = subnets(service_range(config))
    yield from _room(config, pods)
    for network in cluster:
        yield from _service_size(network)
    yield from _dns_server(config, cluster)
    for pod, service in product(pods, cluster):
        if pod.version == service.version and pod.overlaps(service):
            what = f"the pod range {pod} and the Service range {service} overlap"
            yield Finding(path=_POD_RANGE if services.kube_controller.cluster_cidr else _SERVICE_RANGE, what=what)
    yield from _families(config, pods, cluster)
    yield from _nodes_inside(config, pods, "pod")
    yield from _nodes_inside(config, cluster, "Service")


def port_range_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with the node ports and the cluster's domain."""
    ports = config.services.kube_api.service_node_port_range
    if ports:
        first, _, last = ports.partition("-")
        if not (is_port(first) and is_port(last) and int(first) <= int(last)):
            path: Path = ("services", "kube-api", "service_node_port_range")
            yield Finding(path=path, what=f"'{ports}' is not a range of ports", hint="Write it as 30000-32767.")
    domain = config.services.kubelet.cluster_domain
    if domain and not is_subdomain(domain):
        path = ("services", "kubelet", "cluster_domain")
        yield Finding(path=path, what=f"'{domain}' is not a DNS domain", hint="Write it as cluster.local.")


def _one_sided(api: str, controller: str) -> Iterator[Finding]:
    """Tell that RKE gives the other component its default, whatever this one has."""
    path, other = (_SERVICE_RANGE, "kube-controller") if api else (_CONTROLLER_SERVICE_RANGE, "kube-api")
    given = api or controller
    if given != DEFAULT_SERVICE_CLUSTER_IP_RANGE:
        what = (
            f"{other} has {DEFAULT_SERVICE_CLUSTER_IP_RANGE}, RKE's default, beside this; both must have the same range"
        )
        hint = f"Write service_cluster_ip_range: {given} under {other} too."
        yield Finding(path=path, what=what, hint=hint, warning=True)


def _ranges(path: Path, text: str) -> Iterator[Finding]:
    parts = [part.strip() for part in text.split(",")] if text else []
    for part in parts:
        if subnet(part) is None:
            hint = "Write it as 10.42.0.0/16, without host bits."
            yield Finding(path=path, what=f"'{part}' is not a CIDR", hint=hint)
    versions = [network.version for network in subnets(text)]
    if len(parts) > _FAMILIES or len(set(versions)) != len(versions):
        what = f"{len(parts)} ranges are here; two are for IPv4 and IPv6"
        yield Finding(path=path, what=what, hint="Write one range, or one of each, with a comma between.")


def _room(config: ClusterConfig, pods: Sequence[Subnet]) -> Iterator[Finding]:
    if any(flag.startswith("node-cidr-mask-size") for flag in config.services.kube_controller.extra_args):
        return
    for network in pods:
        mask = _NODE_MASKS[network.version] if is_rke(config) else node_mask(network)
        room = 2 ** (mask - network.prefixlen) if network.prefixlen <= mask else 0
        if len(config.nodes) > room:
            what = f"{network} has room for {room} nodes (a /{mask} each), and there are {len(config.nodes)}"
            hint = "Use a larger range, or set node-cidr-mask-size in services.kube-controller.extra_args."
            yield Finding(path=_POD_RANGE, what=what, hint=hint)


def _service_size(cluster: Subnet) -> Iterator[Finding]:
    largest, smallest = _SERVICE_MASKS[cluster.version]
    if not largest <= cluster.prefixlen <= smallest:
        what = f"{cluster} is {'larger' if cluster.prefixlen < largest else 'smaller'} than kube-apiserver accepts"
        hint = f"Use a prefix of {largest} to {smallest} bits, such as /{largest + 4}."
        yield Finding(path=_SERVICE_RANGE, what=what, hint=hint)


def _dns_server(config: ClusterConfig, cluster: Sequence[Subnet]) -> Iterator[Finding]:
    server = config.services.kubelet.cluster_dns_server
    path: Path = ("services", "kubelet", "cluster_dns_server")
    if not server or not cluster:
        return
    first = cluster[0]
    hint = f"Use {first[10] if first.num_addresses > 10 else first[2]}."
    if not is_ip(server):
        yield Finding(path=path, what=f"'{server}' is not an IP address", hint=f"Use one of {first}.")
        return
    address = ip_address(server)
    around = [network for network in cluster if address.version == network.version and address in network]
    if not around:
        ranges = " and ".join(map(str, cluster))
        yield Finding(path=path, what=f"{server} lies outside the Service range {ranges}", hint=hint)
    elif address in (around[0][0], around[0][1], around[0][-1]):
        what = f"{server} is taken: it is the network's, the API server's or the broadcast address"
        yield Finding(path=path, what=what, hint=hint)


def _families(config: ClusterConfig, pods: Sequence[Subnet], cluster: Sequence[Subnet]) -> Iterator[Finding]:
    """Find IPv4 and IPv6 where the other one is needed; what RKE took with its own releases is only told."""
    if not pods or not cluster:
        return
    rke, of_pods, of_services = is_rke(config), [n.version for n in pods], [n.version for n in cluster]
    if not set(of_pods) & set(of_services):
        what = f"pods have IPv{of_pods[0]} addresses only and Services IPv{of_services[0]}"
        yield Finding(path=_SERVICE_RANGE, what=what, hint="Write ranges of the same kind.", warning=rke)
    elif set(of_services) - set(of_pods) and not rke:
        (missing,) = set(of_services) - set(of_pods)
        what = f"Services have IPv{missing} addresses and pods have none: nothing would answer there"
        yield Finding(path=_SERVICE_RANGE, what=what, hint="Add such a range to cluster_cidr.", warning=True)
    elif of_pods[0] != of_services[0]:
        what = f"IPv{of_pods[0]} comes first for pods and IPv{of_services[0]} for Services"
        yield Finding(path=_POD_RANGE, what=what, hint="Write both in the same order.", warning=rke)
    if not rke and "advertise-address" not in config.services.kube_api.extra_args:
        yield from _advertised(config, of_services[0])


def _advertised(config: ClusterConfig, wanted: int) -> Iterator[Finding]:
    """Find API servers that would refuse to start: they advertise an address of the first Service range's kind only."""
    for index, node in enumerate(config.nodes):
        key, address = (
            ("internal_address" if node.internal_address else "address"),
            node.internal_address or node.address,
        )
        if "controlplane" in node.role and is_ip(address) and (version := ip_address(address).version) != wanted:
            what = f"{address} is IPv{version}, and the first Service range is IPv{wanted}: no API server would start"
            hint = f"Write an IPv{wanted} address, or a Service range of IPv{version} first."
            yield Finding(path=("nodes", index, key), what=what, hint=hint)


def _nodes_inside(config: ClusterConfig, networks: Sequence[Subnet], kind: str) -> Iterator[Finding]:
    for index, node in enumerate(config.nodes):
        for key, address in (("address", node.address), ("internal_address", node.internal_address)):
            if not is_ip(address):
                continue
            for network in networks:
                if ip_address(address) in network:
                    what = f"{address} lies in the {kind} range {network}; packets to it would not leave the cluster"
                    hint = "Use a range that no host's network uses."
                    yield Finding(path=("nodes", index, key), what=what, hint=hint, warning=True)

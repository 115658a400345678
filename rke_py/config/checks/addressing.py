"""Pod and Service addresses: syntax, overlaps, room for every node."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address

from rke_py.config.checks.syntax import is_ip, is_subdomain, subnet
from rke_py.config.findings import Finding, Path
from rke_py.config.schema import ClusterConfig

_POD_RANGE: Path = ("services", "kube-controller", "cluster_cidr")
_SERVICE_RANGE: Path = ("services", "kube-api", "service_cluster_ip_range")
_CONTROLLER_SERVICE_RANGE: Path = ("services", "kube-controller", "service_cluster_ip_range")
DEFAULT_CLUSTER_CIDR = "10.42.0.0/16"
DEFAULT_SERVICE_CLUSTER_IP_RANGE = "10.43.0.0/16"
_NODE_MASK = 24
"""kube-controller-manager gives every node a /24 of the pod range."""


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
    yield from _range(_POD_RANGE, services.kube_controller.cluster_cidr)
    yield from _range(_SERVICE_RANGE, api)
    if api and controller and api != controller:
        what = f"kube-api has {api}; both must have the same range"
        yield Finding(path=_CONTROLLER_SERVICE_RANGE, what=what, hint="Leave it out here.")
    elif not api:
        yield from _range(_CONTROLLER_SERVICE_RANGE, controller)
    pods, cluster = subnet(services.kube_controller.cluster_cidr or DEFAULT_CLUSTER_CIDR), subnet(service_range(config))
    if isinstance(pods, IPv4Network):
        yield from _room(config, pods)
    if isinstance(cluster, IPv4Network):
        yield from _service_size(cluster)
        yield from _dns_server(config, cluster)
    if pods and cluster and pods.version == cluster.version and pods.overlaps(cluster):
        what = f"the pod range {pods} and the Service range {cluster} overlap"
        yield Finding(path=_POD_RANGE if services.kube_controller.cluster_cidr else _SERVICE_RANGE, what=what)
    for network, kind in ((pods, "pod"), (cluster, "Service")):
        if network:
            yield from _nodes_inside(config, network, kind)


def port_range_findings(config: ClusterConfig) -> Iterator[Finding]:
    """Yield what is wrong with the node ports and the cluster's domain."""
    ports = config.services.kube_api.service_node_port_range
    if ports:
        first, _, last = ports.partition("-")
        if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last) <= 65535):
            path: Path = ("services", "kube-api", "service_node_port_range")
            yield Finding(path=path, what=f"'{ports}' is not a range of ports", hint="Write it as 30000-32767.")
    domain = config.services.kubelet.cluster_domain
    if domain and not is_subdomain(domain):
        path = ("services", "kubelet", "cluster_domain")
        yield Finding(path=path, what=f"'{domain}' is not a DNS domain", hint="Write it as cluster.local.")


def _range(path: Path, text: str) -> Iterator[Finding]:
    if not text:
        return
    if "," in text:
        hint = "Write one IPv4 range."
        yield Finding(path=path, what="two ranges (dual stack) are not built yet in rke-py", hint=hint)
        return
    network = subnet(text)
    if network is None:
        yield Finding(path=path, what=f"'{text}' is not a CIDR", hint="Write it as 10.42.0.0/16, without host bits.")
    elif isinstance(network, IPv6Network):
        yield Finding(path=path, what="IPv6 ranges are not built yet in rke-py", hint="Write an IPv4 range.")


def _room(config: ClusterConfig, pods: IPv4Network) -> Iterator[Finding]:
    if "node-cidr-mask-size" in config.services.kube_controller.extra_args:
        return
    room = 2 ** (_NODE_MASK - pods.prefixlen) if pods.prefixlen <= _NODE_MASK else 0
    if len(config.nodes) > room:
        what = f"{pods} has room for {room} nodes (a /{_NODE_MASK} each), and there are {len(config.nodes)}"
        hint = "Use a larger range, or set node-cidr-mask-size in services.kube-controller.extra_args."
        yield Finding(path=_POD_RANGE, what=what, hint=hint)


def _service_size(cluster: IPv4Network) -> Iterator[Finding]:
    if not 12 <= cluster.prefixlen <= 29:
        what = f"{cluster} is {'larger' if cluster.prefixlen < 12 else 'smaller'} than kube-apiserver accepts"
        yield Finding(path=_SERVICE_RANGE, what=what, hint="Use a prefix of 12 to 29 bits, such as /16.")


def _dns_server(config: ClusterConfig, cluster: IPv4Network) -> Iterator[Finding]:
    server = config.services.kubelet.cluster_dns_server
    path: Path = ("services", "kubelet", "cluster_dns_server")
    if not server:
        return
    if not is_ip(server):
        yield Finding(path=path, what=f"'{server}' is not an IP address", hint=f"Use one of {cluster}.")
    elif ip_address(server) not in cluster:
        what = f"{server} lies outside the Service range {cluster}"
        yield Finding(path=path, what=what, hint=f"Use {cluster[10] if cluster.num_addresses > 10 else cluster[2]}.")
    elif ip_address(server) in (cluster[0], cluster[1], cluster[-1]):
        what = f"{server} is taken: it is the network's, the API server's or the broadcast address"
        yield Finding(path=path, what=what, hint=f"Use {cluster[10] if cluster.num_addresses > 10 else cluster[2]}.")


def _nodes_inside(config: ClusterConfig, network: IPv4Network | IPv6Network, kind: str) -> Iterator[Finding]:
    for index, node in enumerate(config.nodes):
        for key, address in (("address", node.address), ("internal_address", node.internal_address)):
            if address and is_ip(address) and ip_address(address) in network:
                what = f"{address} lies in the {kind} range {network}; packets to it would not leave the cluster"
                hint = "Use a range that no host's network uses."
                yield Finding(path=("nodes", index, key), what=what, hint=hint, warning=True)

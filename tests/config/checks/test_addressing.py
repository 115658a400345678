import pytest

API = "services.kube-api.service_cluster_ip_range"
CONTROLLER = "services.kube-controller"
DNS = "services.kubelet.cluster_dns_server"


def services(api="", pods="", controller="", dns=""):
    given = {
        "kube-api": {"service_cluster_ip_range": api},
        "kube-controller": {"cluster_cidr": pods, "service_cluster_ip_range": controller},
        "kubelet": {"cluster_dns_server": dns},
    }
    return f"services: {given}"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, []),
        ({"api": "10.96.0.0/12", "pods": "10.244.0.0/16", "dns": "10.96.0.10"}, []),
        ({"api": "10.96.0.0/12", "controller": "10.96.0.0/12"}, []),
        ({"api": "10.96.0.0"}, [f"{API}: '10.96.0.0' is not a CIDR"]),
        ({"pods": "10.42.0.1/16"}, [f"{CONTROLLER}.cluster_cidr: '10.42.0.1/16' is not a CIDR"]),
        ({"pods": "10.42.0.0/16,fd00::/56", "api": "10.43.0.0/16, fd01::/112", "dns": "fd01::a"}, []),
        (
            {"pods": "fd00::/56", "api": "fd01::/112"},
            [
                "nodes[0].address: 192.0.2.1 is IPv4, and the first Service range is IPv6: no API server would start",
            ],
        ),
        (
            {"pods": "fd00::/56,10.42.0.0/16", "api": "10.43.0.0/16,fd01::/112"},
            [f"{CONTROLLER}.cluster_cidr: IPv6 comes first for pods and IPv4 for Services"],
        ),
        (
            {"api": "10.43.0.0/16,fd01::/112"},
            [f"~{API}: Services have IPv6 addresses and pods have none: nothing would answer there"],
        ),
        (
            {"pods": "10.44.0.0/16,10.45.0.0/16"},
            [f"{CONTROLLER}.cluster_cidr: 2 ranges are here; two are for IPv4 and IPv6"],
        ),
        ({"pods": "10.44.0.0/16,b"}, [f"{CONTROLLER}.cluster_cidr: 'b' is not a CIDR"]),
        ({"pods": "10.42.0.0/16,fd00::/64"}, []),
        ({"pods": "10.42.0.0/16,fd00::/112"}, []),
        (
            {"pods": "10.42.0.0/16,fd00::/124"},
            [f"{CONTROLLER}.cluster_cidr: fd00::/124 has room for 0 nodes (a /120 each), and there are 1"],
        ),
        ({"pods": "fd00::/64"}, [f"{API}: pods have IPv6 addresses only and Services IPv4"]),
        (
            {"api": "10.43.0.0/16,fd01::/64", "pods": "10.42.0.0/16,fd02::/48"},
            [f"{API}: fd01::/64 is larger than kube-apiserver accepts"],
        ),
        (
            {"pods": "10.42.0.0/16,fd01::/56", "api": "10.43.0.0/16,fd01::/112"},
            [f"{CONTROLLER}.cluster_cidr: the pod range fd01::/56 and the Service range fd01::/112 overlap"],
        ),
        (
            {"api": "10.96.0.0/16", "controller": "10.43.0.0/16"},
            [f"{CONTROLLER}.service_cluster_ip_range: kube-api has 10.96.0.0/16; both must have the same range"],
        ),
        (
            {"pods": "10.43.128.0/17"},
            [f"{CONTROLLER}.cluster_cidr: the pod range 10.43.128.0/17 and the Service range 10.43.0.0/16 overlap"],
        ),
        ({"api": "10.42.0.0/16"}, [f"{API}: the pod range 10.42.0.0/16 and the Service range 10.42.0.0/16 overlap"]),
        ({"api": "10.0.0.0/8", "pods": "172.20.0.0/16"}, [f"{API}: 10.0.0.0/8 is larger than kube-apiserver accepts"]),
        (
            {"pods": "10.42.0.0/25"},
            [f"{CONTROLLER}.cluster_cidr: 10.42.0.0/25 has room for 0 nodes (a /24 each), and there are 1"],
        ),
        ({"dns": "10.44.0.10"}, [f"{DNS}: 10.44.0.10 lies outside the Service range 10.43.0.0/16"]),
        (
            {"dns": "10.43.0.1"},
            [f"{DNS}: 10.43.0.1 is taken: it is the network's, the API server's or the broadcast address"],
        ),
        ({"dns": "dns.example.com"}, [f"{DNS}: 'dns.example.com' is not an IP address"]),
        (
            {"pods": "192.0.2.0/24"},
            [
                "~nodes[0].address: 192.0.2.1 lies in the pod range 192.0.2.0/24; "
                "packets to it would not leave the cluster"
            ],
        ),
    ],
)
def test_address_ranges(told, given, said):
    assert told(services(**given)) == said


def test_a_smaller_mask_of_nodes_makes_room(told):
    text = "services: {kube-controller: {cluster_cidr: 10.42.0.0/25, extra_args: {node-cidr-mask-size: '26'}}}"
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services: {kube-api: {service_node_port_range: 20000-22000}}", []),
        (
            "services: {kube-api: {service_node_port_range: 30000}}",
            ["services.kube-api.service_node_port_range: '30000' is not a range of ports"],
        ),
        (
            "services: {kube-api: {service_node_port_range: ٣٠٠٠٠-٣٢٧٦٧}}",
            ["services.kube-api.service_node_port_range: '٣٠٠٠٠-٣٢٧٦٧' is not a range of ports"],
        ),
        (
            "services: {kube-api: {service_node_port_range: 32000-31000}}",
            ["services.kube-api.service_node_port_range: '32000-31000' is not a range of ports"],
        ),
        (
            "services: {kubelet: {cluster_domain: Cluster_Local}}",
            ["services.kubelet.cluster_domain: 'Cluster_Local' is not a DNS domain"],
        ),
    ],
)
def test_ports_and_domain(told, text, said):
    assert told(text) == said


@pytest.mark.parametrize(
    ("version", "services", "said"),
    [
        (
            "v1.30.14-rancher1-1",
            "kube-api: {service_cluster_ip_range: 10.96.0.0/16}",
            f"~{API}: kube-controller has 10.43.0.0/16, RKE's default, beside this; both must have the same range",
        ),
        (
            "v1.30.14-rancher1-1",
            "kube-controller: {service_cluster_ip_range: 10.96.0.0/16}",
            f"~{CONTROLLER}.service_cluster_ip_range: kube-api has 10.43.0.0/16, RKE's default, beside this; "
            "both must have the same range",
        ),
        ("v1.30.14-rancher1-1", "kube-api: {service_cluster_ip_range: 10.43.0.0/16}", None),
        ("v1.34.4", "kube-api: {service_cluster_ip_range: 10.96.0.0/16}", None),
    ],
)
def test_a_range_that_only_one_of_rkes_components_is_told(told, version, services, said):
    lines = told(f"kubernetes_version: {version}\nservices: {{{services}}}")
    assert [line for line in lines if "beside this" in line] == ([said] if said else [])

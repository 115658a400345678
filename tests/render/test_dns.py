"""DNS: zones, the cache on nodes, who counts the replicas."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import ip_network

import pytest

from rke_py.cluster.addon_model import Autoscaling, Dns, NodeLocal
from rke_py.cluster.model import Cluster, Service

from .looking import container, objects_of, pod_of


def test_kube_dns_gets_its_servers_as_json(cluster: Cluster) -> None:
    dns = Dns(provider="kube-dns", upstreamnameservers=("192.0.2.53",), stubdomains={"a.example": ("192.0.2.54",)})
    data = objects_of(replace(cluster, dns=dns), "kube-dns")["ConfigMap", "kube-dns"]["data"]
    assert {key: json.loads(value) for key, value in data.items()} == {
        "upstreamNameservers": ["192.0.2.53"],
        "stubDomains": {"a.example": ["192.0.2.54"]},
    }


@pytest.mark.parametrize("provider", ["coredns", "kube-dns"])
@pytest.mark.parametrize(
    ("ranges", "policy"), [(("10.43.0.0/16",), None), (("10.43.0.0/16", "fd43::/112"), "PreferDualStack")]
)
def test_with_both_versions_of_ip_it_is_asked_over_both(cluster, provider, ranges, policy) -> None:
    services = replace(cluster.services, service_cluster_ip_range=tuple(map(ip_network, ranges)))
    wanted = replace(cluster, services=services, dns=Dns(provider=provider))
    spec = objects_of(wanted, provider)["Service", "kube-dns"]["spec"]
    assert (spec["clusterIP"], spec.get("ipFamilyPolicy")) == ("10.43.0.10", policy)


@pytest.mark.parametrize("provider", ["coredns", "kube-dns"])
def test_an_autoscaler_counts_where_there_is_an_image_of_it(cluster: Cluster, provider: str) -> None:
    dns = Dns(provider=provider, replicas=3, autoscaling=Autoscaling(minimum=2, maximum=9, nodes_per_replica=8))
    alone = objects_of(replace(cluster, dns=dns), provider)
    assert alone["Deployment", provider]["spec"]["replicas"] == 3
    images = replace(cluster.images, coredns_autoscaler="a:1", kubedns_autoscaler="a:1")
    scaled = objects_of(replace(cluster, dns=dns, images=images), provider)
    assert "replicas" not in scaled["Deployment", provider]["spec"]
    name = f"{provider}-autoscaler"
    assert json.loads(scaled["ConfigMap", name]["data"]["linear"]) == {
        "coresPerReplica": 128,
        "nodesPerReplica": 8,
        "min": 2,
        "max": 9,
        "preventSinglePointFailure": True,
    }
    assert f"--target=Deployment/{provider}" in container(scaled["Deployment", name], "autoscaler")["command"]


@pytest.mark.parametrize(
    ("mode", "addresses"),
    [("", "169.254.20.10,10.43.0.10"), ("ipvs", "169.254.20.10"), ("nftables", "169.254.20.10")],
)
def test_the_cache_takes_the_services_address_only_where_kube_proxy_lets_it(
    cluster: Cluster, mode: str, addresses: str
) -> None:
    proxy = Service(extra_args={"proxy-mode": (mode,)} if mode else {})
    dns = Dns(provider="coredns", nodelocal=NodeLocal(ip_address="169.254.20.10"))
    services = replace(cluster.services, kubeproxy=proxy)
    objects = objects_of(replace(cluster, dns=dns, services=services), "node-local-dns")
    arguments = container(objects["DaemonSet", "node-local-dns"], "node-cache")["args"]
    assert arguments[arguments.index("-localip") + 1] == addresses
    corefile = objects["ConfigMap", "node-local-dns"]["data"]["Corefile"]
    assert f"    bind {addresses.replace(',', ' ')}\n" in corefile
    assert corefile.count("{") == corefile.count("}")


def test_the_cache_bears_every_taint_and_is_in_the_hosts_network(cluster: Cluster) -> None:
    dns = Dns(provider="coredns", nodelocal=NodeLocal(ip_address="169.254.20.10", node_selector={"pool": "a"}))
    pod = pod_of(objects_of(replace(cluster, dns=dns), "node-local-dns")["DaemonSet", "node-local-dns"])
    assert (pod["tolerations"], pod["hostNetwork"]) == ([{"operator": "Exists"}], True)
    assert pod["nodeSelector"] == {"kubernetes.io/os": "linux", "pool": "a"}

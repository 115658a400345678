"""calico and canal: what their options make of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from rke_py.cluster.addon_model import Network
from rke_py.cluster.model import Cluster, Family
from rke_py.config.checks.networks import PLUGINS, network_findings
from rke_py.config.load import load
from rke_py.render.calico import ENCAPSULATIONS

from .combinations import DUAL
from .looking import container, env, objects_of, pod_of


def calico(cluster: Cluster, **network: Any) -> Any:
    chosen = replace(cluster, network=Network(plugin="calico", **network))
    return objects_of(chosen, "calico")


def node(cluster: Cluster, **options: str) -> dict[str, str]:
    return env(calico(cluster, options=options)["DaemonSet", "calico-node"], "calico-node")


@pytest.mark.parametrize(
    ("mode", "variables"),
    [
        ("", ("bird", "Always", "Never")),
        ("ipip-cross-subnet", ("bird", "CrossSubnet", "Never")),
        ("vxlan", ("vxlan", "Never", "Always")),
        ("vxlan-cross-subnet", ("vxlan", "Never", "CrossSubnet")),
        ("none", ("bird", "Never", "Never")),
    ],
)
def test_encapsulation(cluster: Cluster, mode: str, variables: tuple[str, ...]) -> None:
    found = node(cluster, calico_encapsulation=mode)
    names = ("CALICO_NETWORKING_BACKEND", "CALICO_IPV4POOL_IPIP", "CALICO_IPV4POOL_VXLAN")
    assert tuple(found[name] for name in names) == variables


def test_every_encapsulation_that_the_file_may_name_is_known() -> None:
    nodes = "nodes: [{address: 192.0.2.1, user: u, role: [etcd, controlplane, worker]}]\n"
    for mode in ENCAPSULATIONS:
        text = f"{nodes}network: {{plugin: calico, options: {{calico_encapsulation: {mode}}}}}\n"
        assert list(network_findings(load(text).config)) == []
    assert "calico_encapsulation" in PLUGINS["calico"].options


@pytest.mark.parametrize(("mode", "probes"), [("ipip", ["-felix-ready", "-bird-ready"]), ("vxlan", ["-felix-ready"])])
def test_bird_is_asked_for_only_where_it_runs(cluster: Cluster, mode: str, probes: list[str]) -> None:
    daemons = calico(cluster, options={"calico_encapsulation": mode})["DaemonSet", "calico-node"]
    assert container(daemons, "calico-node")["readinessProbe"]["exec"]["command"][1:] == probes


@pytest.mark.parametrize(
    ("family", "given", "method"),
    [
        (Family.UPSTREAM, "", "kubernetes-internal-ip"),
        (Family.UPSTREAM, "interface=eth1", "interface=eth1"),
        (Family.RKE, "", None),
    ],
)
def test_a_node_is_reached_by_the_address_kubernetes_knows(
    cluster: Cluster, family: Family, given: str, method: str | None
) -> None:
    found = node(replace(cluster, family=family), calico_ip_autodetection_method=given)
    assert found.get("IP_AUTODETECTION_METHOD") == method


@pytest.mark.parametrize(
    ("family", "mtu", "veth"), [(Family.UPSTREAM, 0, "0"), (Family.RKE, 0, "1440"), (Family.RKE, 8950, "8950")]
)
def test_mtu(cluster: Cluster, family: Family, mtu: int, veth: str) -> None:
    config = calico(replace(cluster, family=family), mtu=mtu)["ConfigMap", "calico-config"]["data"]
    assert config["veth_mtu"] == veth
    assert json.loads(config["cni_network_config"])["plugins"][0]["mtu"] == int(veth)


@pytest.mark.parametrize(("backend", "mtu", "veth"), [("", 0, "1450"), ("host-gw", 0, "0"), ("", 1400, "1400")])
def test_mtu_of_canal(cluster: Cluster, backend: str, mtu: int, veth: str) -> None:
    network = Network(plugin="canal", mtu=mtu, options={"canal_flannel_backend_type": backend})
    config = objects_of(replace(cluster, network=network), "canal")["ConfigMap", "canal-config"]["data"]
    assert config["veth_mtu"] == veth


def test_canals_port_and_identifier_are_written(cluster: Cluster) -> None:
    options = {"canal_flannel_backend_port": "4789", "canal_flannel_backend_vni": "4096", "canal_iface": "eth1"}
    objects = objects_of(replace(cluster, network=Network(plugin="canal", options=options)), "canal")
    assert json.loads(objects["ConfigMap", "canal-config"]["data"]["net-conf.json"])["Backend"] == {
        "Type": "vxlan",
        "Port": 4789,
        "VNI": 4096,
    }
    assert env(objects["DaemonSet", "canal"], "kube-flannel")["FLANNELD_IFACE"] == "eth1"


def test_both_ip_versions(cluster: Cluster) -> None:
    both = replace(cluster, services=replace(cluster.services, cluster_cidr=DUAL))
    objects = calico(both)
    found = env(objects["DaemonSet", "calico-node"], "calico-node")
    assert (found["CALICO_IPV4POOL_CIDR"], found["CALICO_IPV6POOL_CIDR"]) == ("10.42.0.0/16", "fd00:42::/56")
    assert found["FELIX_IPV6SUPPORT"] == "true"
    config = json.loads(objects["ConfigMap", "calico-config"]["data"]["cni_network_config"])
    assert config["plugins"][0]["ipam"] == {"type": "calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true"}


def test_given_tolerations_are_those_of_the_controllers_alone(cluster: Cluster) -> None:
    toleration = {"key": "dedicated", "operator": "Exists"}
    objects = calico(cluster, tolerations=(toleration,))
    assert pod_of(objects["Deployment", "calico-kube-controllers"])["tolerations"] == [toleration]
    assert pod_of(objects["DaemonSet", "calico-node"])["tolerations"] == [{"operator": "Exists"}]


@pytest.mark.parametrize(
    ("tag", "account", "bpf", "flexvol", "tiers"),
    [
        ("v3.17.2", "calico-node", False, True, False),
        ("v3.24.1", "calico-node", True, False, False),
        ("v3.26.1-rancher1", "calico-cni-plugin", True, False, False),
        ("v3.30.2", "calico-cni-plugin", True, False, True),
        ("latest", "calico-cni-plugin", True, False, True),
    ],
)
def test_the_age_of_the_image_decides(
    cluster: Cluster, tag: str, account: str, bpf: bool, flexvol: bool, tiers: bool
) -> None:
    images = replace(cluster.images, calico_node=f"quay.io/calico/node:{tag}")
    objects = calico(replace(cluster, images=images))
    daemons = objects["DaemonSet", "calico-node"]
    init = {one["name"] for one in pod_of(daemons)["initContainers"]}
    assert env(daemons, "install-cni")["CALICO_CNI_SERVICE_ACCOUNT"] == account
    assert ("mount-bpffs" in init, "flexvol-driver" in init) == (bpf, flexvol)
    assert (("CustomResourceDefinition", "tiers.crd.projectcalico.org") in objects) is tiers


@pytest.mark.parametrize(("tag", "flag"), [("v3.17.2", "-r"), ("v3.19.2", "-l"), ("v3.30.2", "-l")])
def test_controllers_are_asked_in_the_way_that_their_version_answers(cluster: Cluster, tag: str, flag: str) -> None:
    objects = calico(replace(cluster, images=replace(cluster.images, calico_node=f"quay.io/calico/node:{tag}")))
    (container,) = pod_of(objects["Deployment", "calico-kube-controllers"])["containers"]
    assert container["livenessProbe"]["exec"]["command"] == ["/usr/bin/check-status", flag]


def test_another_configuration_makes_other_pods(cluster: Cluster) -> None:
    one, other = (calico(cluster, mtu=mtu)["DaemonSet", "calico-node"]["spec"]["template"] for mtu in (1400, 1410))
    assert one["metadata"]["annotations"] != other["metadata"]["annotations"]


def test_weaves_password_is_a_secret(cluster: Cluster) -> None:
    network = Network(plugin="weave", mtu=1376, options={"WeavePassword": "open sesame"})
    objects = objects_of(replace(cluster, network=network), "weave")
    assert objects["Secret", "weave-net"]["data"] == {"password": "b3BlbiBzZXNhbWU="}
    assert "open sesame" not in str(objects)
    assert env(objects["DaemonSet", "weave-net"], "weave")["WEAVE_MTU"] == "1376"

"""Pod networks of RKE's own releases: what hosts have to agree on, and what reaches into a host, is as RKE has it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rke_py.catalog import rke
from rke_py.cluster.model import Cluster
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load

from .looking import container, env, objects_of, pod_of

NODES = "nodes: [{address: 10.0.0.1, hostname_override: n1, user: u, role: [etcd, controlplane, worker]}]"
VERSIONS = tuple(newest for minor in rke.minors() if (newest := rke.newest_of(minor)))
DAEMONS = {"flannel": "kube-flannel", "canal": "canal", "calico": "calico-node", "weave": "weave-net"}
LABELS = {
    "flannel": {"k8s-app": "flannel"},
    "canal": {"k8s-app": "canal"},
    "calico": {"k8s-app": "calico-node"},
    "weave": {"name": "weave-net"},
}


def cluster_of(plugin: str, version: str = "v1.28.15-rancher1-1", **network: Any) -> Cluster:
    """Return a cluster of RKE's."""
    section = json.dumps({"plugin": plugin, **network})
    return resolve(load(f"kubernetes_version: {version}\n{NODES}\nnetwork: {section}\n").config)


def daemon(cluster: Cluster) -> Any:
    """Return its pods on nodes."""
    plugin = cluster.network.plugin
    return objects_of(cluster, plugin)["DaemonSet", DAEMONS[plugin]]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("plugin", ["flannel", "canal", "calico"])
def test_its_selector_is_rkes_so_that_it_is_never_made_anew(plugin: str, version: str) -> None:
    assert daemon(cluster_of(plugin, version))["spec"]["selector"] == {"matchLabels": LABELS[plugin]}


def test_so_is_that_of_weave() -> None:
    assert daemon(cluster_of("weave"))["spec"]["selector"] == {"matchLabels": LABELS["weave"]}


@pytest.mark.parametrize(("given", "flags"), [({}, []), ({"flannel_iface": "eth1"}, ["--iface=eth1"])])
def test_flannel_finds_the_interface_by_itself_unless_told(given: dict[str, str], flags: list[str]) -> None:
    flannel = container(daemon(cluster_of("flannel", options=given)), "kube-flannel")
    assert flannel["args"] == ["--ip-masq", "--kube-subnet-mgr", *flags]


@pytest.mark.parametrize("iface", ["", "eth1"])
def test_so_does_flannel_in_canal(iface: str) -> None:
    objects = objects_of(cluster_of("canal", options={"canal_iface": iface}), "canal")
    assert objects["ConfigMap", "canal-config"]["data"]["canal_iface"] == iface
    assert env(objects["DaemonSet", "canal"], "kube-flannel")["FLANNELD_IFACE"] == iface


def test_canals_port_and_identifier_stay_those_that_run_whatever_is_written() -> None:
    options = {"canal_flannel_backend_port": "4789", "canal_flannel_backend_vni": "4096"}
    config = objects_of(cluster_of("canal", options=options), "canal")["ConfigMap", "canal-config"]["data"]
    assert json.loads(config["net-conf.json"])["Backend"] == {"Type": "vxlan"}


@pytest.mark.parametrize(("backend", "mtu"), [("vxlan", "1450"), ("host-gw", "1450")])
def test_canals_mtu_is_rkes(backend: str, mtu: str) -> None:
    cluster = cluster_of("canal", options={"canal_flannel_backend_type": backend})
    assert objects_of(cluster, "canal")["ConfigMap", "canal-config"]["data"]["veth_mtu"] == mtu


def test_flannels_plugin_moves_a_bridge_to_the_subnet_that_the_host_has() -> None:
    config = objects_of(cluster_of("flannel"), "flannel")["ConfigMap", "kube-flannel-cfg"]["data"]["cni-conf.json"]
    flannel, _ = json.loads(config)["plugins"]
    assert flannel["delegate"] == {"forceAddress": True, "hairpinMode": True, "isDefaultGateway": True}


def test_flannel_may_write_on_hosts_with_selinux() -> None:
    flannel = container(daemon(cluster_of("flannel")), "kube-flannel")
    assert flannel["securityContext"]["seLinuxOptions"] == {"type": "rke_network_t"}


def test_one_container_of_flannels_alone_writes_the_file_for_the_runtime() -> None:
    pods = pod_of(daemon(cluster_of("flannel")))
    writers = [one["name"] for one in pods["containers"] if "cni-conf" in str(one["volumeMounts"])]
    assert writers == ["install-cni"]


@pytest.mark.parametrize(("plugin", "effects"), [("canal", {"NoSchedule", "NoExecute"}), ("calico", {"NoSchedule"})])
def test_calicos_controllers_find_the_nodes_that_rkes_found(plugin: str, effects: set[str]) -> None:
    controllers = objects_of(cluster_of(plugin), plugin)["Deployment", "calico-kube-controllers"]
    assert {found["effect"] for found in pod_of(controllers)["tolerations"] if "effect" in found} == effects

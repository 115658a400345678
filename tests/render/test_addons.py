"""The add-ons of a cluster as objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from rke_py.cluster.addon_model import Dns, Monitoring, Network
from rke_py.cluster.model import Cluster, Role, UserAddon
from rke_py.errors import ConfigError
from rke_py.pki.model import Credential
from rke_py.render.addons import Addon, render_addons

Bundle = dict[str, Credential]


def addon(cluster: Cluster, credentials: Bundle, name: str) -> Addon:
    return next(addon for addon in render_addons(cluster, credentials) if addon.name == name)


def found(addon: Addon, kind: str, name: str = "") -> Any:
    return next(o for o in addon.objects if o["kind"] == kind and name in ("", o["metadata"]["name"]))


def pod_spec(workload: Mapping[str, Any]) -> Any:
    return workload["spec"]["template"]["spec"]


def test_add_ons_come_in_the_order_in_which_they_need_each_other(cluster: Cluster, credentials: Bundle) -> None:
    user = UserAddon(name="mine.yaml", text="")
    names = [addon.name for addon in render_addons(replace(cluster, addons=(user,)), credentials)]
    assert names == ["rke-py", "flannel", "coredns", "metrics-server", "mine.yaml"]


def test_what_is_not_wanted_is_left_out(cluster: Cluster, credentials: Bundle) -> None:
    bare = replace(
        cluster, network=Network(plugin="none"), dns=Dns(provider="none"), monitoring=Monitoring(provider="none")
    )
    assert [addon.name for addon in render_addons(bare, {})] == ["rke-py"]


def test_rendering_twice_gives_the_same(cluster: Cluster, credentials: Bundle) -> None:
    assert render_addons(cluster, credentials) == render_addons(cluster, credentials)


def test_every_object_can_be_applied(cluster: Cluster, credentials: Bundle) -> None:
    identities = [
        (o["apiVersion"], o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"])
        for addon in render_addons(cluster, credentials)
        for o in addon.objects
    ]
    assert len(identities) == len(set(identities))
    assert all(all(identity[:2]) and identity[3] for identity in identities)


def test_images_are_those_of_the_cluster(cluster: Cluster, credentials: Bundle) -> None:
    images = {
        container["image"]
        for addon in render_addons(cluster, credentials)
        for o in addon.objects
        if o["kind"] in ("DaemonSet", "Deployment")
        for key in ("containers", "initContainers")
        for container in pod_spec(o).get(key, ())
    }
    wanted = cluster.images
    assert images == {wanted.flannel, wanted.flannel_cni, wanted.coredns, wanted.metrics_server}


def test_flannel_reaches_the_api_on_its_own_host(cluster: Cluster, credentials: Bundle) -> None:
    container = pod_spec(found(addon(cluster, credentials, "flannel"), "DaemonSet"))["containers"][0]
    env = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert (env["KUBERNETES_SERVICE_HOST"], env["KUBERNETES_SERVICE_PORT"]) == ("127.0.0.1", "6443")


@pytest.mark.parametrize(
    ("options", "backend"),
    [
        pytest.param({}, {"Type": "vxlan", "VNI": 1, "Port": 8472}, id="default"),
        pytest.param(
            {"flannel_backend_port": "4789", "flannel_backend_vni": "4096"},
            {"Type": "vxlan", "VNI": 4096, "Port": 4789},
            id="port and VNI",
        ),
        pytest.param({"flannel_backend_type": "host-gw"}, {"Type": "host-gw"}, id="host-gw"),
    ],
)
def test_flannel_back_end(
    cluster: Cluster, credentials: Bundle, options: dict[str, str], backend: dict[str, object]
) -> None:
    cluster = replace(cluster, network=Network(plugin="flannel", options=options))
    config = found(addon(cluster, credentials, "flannel"), "ConfigMap")["data"]["net-conf.json"]
    assert json.loads(config) == {"EnableNFTables": False, "Network": "10.42.0.0/16", "Backend": backend}


def test_flannel_serves_both_ip_versions_when_the_pods_have_both(cluster: Cluster, credentials: Bundle) -> None:
    ranges = (ip_network("10.42.0.0/16"), ip_network("fd00:42::/56"))
    cluster = replace(cluster, services=replace(cluster.services, cluster_cidr=ranges))
    config = json.loads(found(addon(cluster, credentials, "flannel"), "ConfigMap")["data"]["net-conf.json"])
    assert config["Network"] == "10.42.0.0/16"
    assert (config["EnableIPv6"], config["IPv6Network"]) == (True, "fd00:42::/56")


@pytest.mark.parametrize(("iface", "flag"), [("", "--iface=$(HOST_IP)"), ("eth1", "--iface=eth1")])
def test_flannel_uses_the_interface_of_the_node_unless_told(
    cluster: Cluster, credentials: Bundle, iface: str, flag: str
) -> None:
    cluster = replace(cluster, network=Network(plugin="flannel", options={"flannel_iface": iface}))
    assert flag in pod_spec(found(addon(cluster, credentials, "flannel"), "DaemonSet"))["containers"][0]["command"]


def test_another_flannel_configuration_makes_other_pods(cluster: Cluster, credentials: Bundle) -> None:
    def annotations(options: dict[str, str]) -> Any:
        changed = replace(cluster, network=Network(plugin="flannel", options=options))
        return found(addon(changed, credentials, "flannel"), "DaemonSet")["spec"]["template"]["metadata"]["annotations"]

    assert annotations({}) != annotations({"flannel_backend_vni": "2"})


@pytest.mark.parametrize(
    ("given", "strategy"),
    [
        pytest.param(
            {}, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}, id="default"
        ),
        pytest.param(
            {"strategy": "RollingUpdate", "rollingUpdate": {"maxSurge": "50%"}},
            {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": "50%"}},
            id="one parameter",
        ),
        pytest.param(
            {"rollingUpdate": {"maxUnavailable": 0}},
            {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0}},
            id="none may be down",
        ),
        pytest.param({"strategy": "Recreate"}, {"type": "Recreate"}, id="other strategy"),
    ],
)
def test_update_strategy(
    cluster: Cluster, credentials: Bundle, given: dict[str, object], strategy: dict[str, object]
) -> None:
    cluster = replace(cluster, dns=replace(cluster.dns, update_strategy=given))
    assert found(addon(cluster, credentials, "coredns"), "Deployment")["spec"]["strategy"] == strategy


@pytest.mark.parametrize(("replicas", "budget"), [(1, False), (2, True)])
def test_only_several_replicas_can_keep_one_up(
    cluster: Cluster, credentials: Bundle, replicas: int, budget: bool
) -> None:
    cluster = replace(
        cluster,
        dns=replace(cluster.dns, replicas=replicas),
        monitoring=replace(cluster.monitoring, replicas=replicas),
    )
    for name in ("coredns", "metrics-server"):
        kinds = [o["kind"] for o in addon(cluster, credentials, name).objects]
        assert ("PodDisruptionBudget" in kinds) is budget


def test_system_pods_do_not_tolerate_a_node_that_is_drained_or_gone(cluster: Cluster, credentials: Bundle) -> None:
    for name in ("coredns", "metrics-server"):
        tolerations = pod_spec(found(addon(cluster, credentials, name), "Deployment"))["tolerations"]
        assert all(toleration["key"].startswith(("CriticalAddonsOnly", "node-role.")) for toleration in tolerations)


def test_given_tolerations_and_node_selectors_are_used(cluster: Cluster, credentials: Bundle) -> None:
    toleration = {"key": "dedicated", "operator": "Equal", "value": "infra", "effect": "NoSchedule"}
    chosen: Any = {"tolerations": (toleration,), "node_selector": {"pool": "infra"}}
    cluster = replace(cluster, dns=replace(cluster.dns, **chosen), monitoring=replace(cluster.monitoring, **chosen))
    for name in ("coredns", "metrics-server"):
        spec = pod_spec(found(addon(cluster, credentials, name), "Deployment"))
        assert spec["tolerations"] == [toleration]
        assert spec["nodeSelector"] == {"kubernetes.io/os": "linux", "pool": "infra"}


def test_without_workers_system_pods_may_go_anywhere(cluster: Cluster, credentials: Bundle) -> None:
    alone = replace(cluster, hosts=cluster.with_role(Role.CONTROLPLANE))
    assert "affinity" in pod_spec(found(addon(cluster, credentials, "coredns"), "Deployment"))
    assert "affinity" not in pod_spec(found(addon(alone, credentials, "coredns"), "Deployment"))


def test_corefile(cluster: Cluster, credentials: Bundle) -> None:
    dns = replace(
        cluster.dns,
        upstreamnameservers=("9.9.9.9", "[2620:fe::fe]:53"),
        reversecidrs=("10.0.0.0/8",),
        stubdomains={"corp.example": ("10.1.1.1", "10.1.1.2")},
    )
    config = found(addon(replace(cluster, dns=dns), credentials, "coredns"), "ConfigMap")["data"]["Corefile"]
    lines = [line.strip() for line in config.splitlines()]
    assert "kubernetes cluster.local 10.0.0.0/8 {" in lines
    assert "forward . 9.9.9.9 [2620:fe::fe]:53 {" in lines
    assert lines[lines.index("corp.example:53 {") :][:3] == [
        "corp.example:53 {",
        "errors",
        "forward . 10.1.1.1 10.1.1.2 {",
    ]
    assert config.count("{") == config.count("}")


def test_the_dns_service_has_the_address_that_kubelets_hand_out(cluster: Cluster, credentials: Bundle) -> None:
    assert found(addon(cluster, credentials, "coredns"), "Service")["spec"]["clusterIP"] == "10.43.0.10"


def test_metrics_server_verifies_kubelets_and_is_verified(cluster: Cluster, credentials: Bundle) -> None:
    metrics = addon(cluster, credentials, "metrics-server")
    args = pod_spec(found(metrics, "Deployment"))["containers"][0]["args"]
    service = found(metrics, "APIService")["spec"]
    assert "--kubelet-certificate-authority=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt" in args
    assert not any("insecure" in arg for arg in args)
    assert "insecureSkipTLSVerify" not in service
    assert service["caBundle"] == "Q0EgUEVNCg=="


@pytest.mark.parametrize(
    ("tag", "read"), [("v0.4.1", "nodes/stats"), ("v0.5.2", "nodes/stats"), ("v0.6.1", "nodes/metrics")]
)
def test_metrics_server_may_read_what_its_version_asks_kubelets_for(
    cluster: Cluster, credentials: Bundle, tag: str, read: str
) -> None:
    cluster = replace(cluster, images=replace(cluster.images, metrics_server=f"rancher/mirrored-metrics-server:{tag}"))
    role = found(addon(cluster, credentials, "metrics-server"), "ClusterRole", "system:metrics-server")
    assert {"apiGroups": [""], "resources": [read], "verbs": ["get"]} in role["rules"]


def test_metrics_server_options_become_flags(cluster: Cluster, credentials: Bundle) -> None:
    cluster = replace(cluster, monitoring=replace(cluster.monitoring, options={"metric-resolution": "30s", "v": "4"}))
    args = pod_spec(found(addon(cluster, credentials, "metrics-server"), "Deployment"))["containers"][0]["args"]
    assert args.count("--metric-resolution=30s") == 1
    assert "--metric-resolution=15s" not in args
    assert "--v=4" in args


def test_faults_of_all_user_add_ons_are_told_at_once(cluster: Cluster, credentials: Bundle) -> None:
    text = "kind: ConfigMap\n"
    broken = (UserAddon(name="a.yaml", text=text), UserAddon(name="flannel", text=text))
    with pytest.raises(ConfigError) as caught:
        render_addons(replace(cluster, addons=broken), credentials)
    assert [str(problem) for problem in caught.value.problems] == [
        "a.yaml:1 (document 1): apiVersion is missing",
        "flannel:1 (document 1): apiVersion is missing",
        "flannel: there are two add-ons of this name",
    ]


def test_secrets_are_not_shown(cluster: Cluster, credentials: Bundle) -> None:
    assert "S0VZ" not in repr(render_addons(cluster, credentials))

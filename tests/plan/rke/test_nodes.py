"""kubelet, kube-proxy and the control plane's other two, beyond what the cases show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from rke_py.plan.offline import planned_hosts
from tests.plan.rke.conftest import NODE

WORKER = {"address": "192.0.2.21", "user": "u", "role": ["worker"]}
CLOUD = {"name": "external-aws", "useInstanceMetadataHostname": True}


@pytest.mark.parametrize(
    ("version", "asked", "runtime", "endpoint", "folder"),
    [
        ("v1.20.15-rancher2-2", None, None, None, False),
        ("v1.22.17-rancher1-2", None, None, None, False),
        ("v1.22.17-rancher1-2", True, "remote", "/var/run/dockershim.sock", False),
        ("v1.24.17-rancher1-1", None, "remote", "unix:///var/run/cri-dockerd.sock", True),
        ("v1.26.15-rancher1-1", None, "remote", "unix:///var/run/cri-dockerd.sock", True),
        ("v1.27.16-rancher1-1", None, None, "unix:///var/run/cri-dockerd.sock", True),
        ("v1.27.16-rancher1-1", False, None, None, False),
    ],
)
def test_the_runtime_follows_version_and_switch(plan, version, asked, runtime, endpoint, folder):
    made = plan(version, enable_cri_dockerd=asked)
    flags, binds = made.flags("kubelet"), made.process("kubelet")["binds"]
    assert (flags.get("container-runtime"), flags.get("container-runtime-endpoint")) == (runtime, endpoint)
    assert (binds[0] == "/var/lib/cri-dockerd:/var/lib/cri-dockerd") is folder
    assert (
        ("RKE_KUBELET_CRIDOCKERD" in made.env("kubelet")) is (endpoint is not None)
        if made.process("kubelet").get("env")
        else endpoint is None
    )


def test_cri_dockerd_is_told_where_to_serve_streams(plan):
    made = plan(cri_dockerd_stream_server_address="127.0.0.1", cri_dockerd_stream_server_port="10011")
    assert made.process("kubelet")["env"] == [
        "RKE_KUBELET_CRIDOCKERD=true",
        "CRIDOCKERD_STREAM_SERVER_ADDRESS=127.0.0.1",
        "CRIDOCKERD_STREAM_SERVER_PORT=10011",
    ]


def test_a_stream_server_without_cri_dockerd_has_no_effect(plan):
    made = plan(enable_cri_dockerd=False, cri_dockerd_stream_server_port="10011")
    assert "env" not in made.process("kubelet")


def test_nodelocal_dns_wins_even_over_the_users_flag(plan):
    dns = {"nodelocal": {"ip_address": "169.254.20.10"}}
    made = plan(dns=dns, services={"kubelet": {"extra_args": {"cluster-dns": "10.43.0.11"}}})
    assert made.flags("kubelet")["cluster-dns"] == "169.254.20.10"


def test_the_dns_server_does_not_follow_the_service_range(plan):
    made = plan(services={"kube-api": {"service_cluster_ip_range": "10.96.0.0/12"}})
    assert made.flags("kubelet")["cluster-dns"] == "10.43.0.10"
    assert made.flags("kube-apiserver")["service-cluster-ip-range"] == "10.96.0.0/12"
    assert made.flags("kube-controller-manager")["service-cluster-ip-range"] == "10.43.0.0/16"


def test_what_services_kubelet_names_is_passed_on(plan):
    kubelet = {"cluster_domain": "k.local", "fail_swap_on": True, "infra_container_image": "mine/pause:1"}
    flags = plan(services={"kubelet": kubelet}).flags("kubelet")
    assert flags["cluster-domain"] == "k.local"
    assert flags["fail-swap-on"] == "true"
    assert flags["pod-infra-container-image"] == "mine/pause:1"


def test_who_is_no_worker_registers_with_a_taint_if_it_is_a_control_plane(plan):
    planes = [{**NODE, "role": ["controlplane"]}, {"address": "192.0.2.12", "user": "u", "role": ["etcd"]}, WORKER]
    made = plan(nodes=planes)
    taint = "node-role.kubernetes.io/controlplane=true:NoSchedule"
    assert made.flags("kubelet", 0)["register-with-taints"] == taint
    assert "register-with-taints" not in made.flags("kubelet", 1)
    assert "register-with-taints" not in made.flags("kubelet", 2)


def test_every_host_without_control_plane_has_a_proxy_to_it(plan):
    etcd = {"address": "192.0.2.12", "user": "u", "role": ["etcd"]}
    made = plan(nodes=[{**NODE, "role": ["controlplane"]}, etcd, WORKER])
    assert "nginx-proxy" not in made.data["plan"]["nodes"][0]["processes"]
    for node in (1, 2):
        assert made.process("nginx-proxy", node)["env"] == ["CP_HOSTS=10.0.0.11"]


def test_a_node_with_a_name_from_the_clouds_metadata_is_given_none(plan):
    made = plan(cloud_provider=CLOUD)
    assert made.flags("kubelet")["cloud-provider"] == "external"
    assert "hostname-override" not in made.flags("kubelet")
    assert "hostname-override" not in made.flags("kube-proxy")
    in_tree = plan("v1.24.17-rancher1-1", cloud_provider={**CLOUD, "name": "aws"})
    assert in_tree.flags("kubelet")["hostname-override"] == "n1"
    assert "hostname-override" not in in_tree.flags("kube-proxy")


def test_kube_proxy_has_a_bind_address_with_a_cloud_provider_only(plan):
    assert "bind-address" not in plan().flags("kube-proxy")
    assert plan(cloud_provider={"name": "external"}).flags("kube-proxy")["bind-address"] == "10.0.0.11"
    alone = {"address": "192.0.2.11", "user": "u", "role": ["controlplane", "etcd", "worker"]}
    assert plan(nodes=[alone], cloud_provider={"name": "gce"}).flags("kube-proxy")["bind-address"] == "192.0.2.11"


def test_the_clouds_checksum_is_where_its_file_is_read(plan):
    made = plan(cloud_provider={"name": "mine", "customCloudProvider": "x=y\n"})
    for component in ("kube-apiserver", "kube-controller-manager", "kubelet"):
        assert made.env(component)["RKE_CLOUD_CONFIG_CHECKSUM"] == "841bcf9e38c747d4a2caf0fcf389022d"
        assert made.flags(component)["cloud-config"] == "/etc/kubernetes/cloud-config"
    assert "env" not in made.process("kube-proxy")
    assert "env" not in made.process("kube-scheduler")


def test_a_cloud_file_without_a_password_is_shown(plan):
    made = plan("v1.24.17-rancher1-1", cloud_provider={"awsCloudProvider": {"global": {"zone": "z"}}})
    assert made.files() == {"/etc/kubernetes/cloud-config": "W0dsb2JhbF0KWm9uZSA9IHoKCg=="}
    assert made.data["texts"]["cloud"] == "[Global]\nZone = z\n\n"


@pytest.mark.parametrize(
    ("image", "controller", "scheduler"),
    [
        ("v1.21.14-rancher1", "http://localhost:10252/healthz", "http://localhost:10251/healthz"),
        ("v1.22.17-rancher1", "https://localhost:10257/healthz", "http://localhost:10251/healthz"),
        ("v1.23.16-rancher2", "https://localhost:10257/healthz", "https://localhost:10259/healthz"),
        ("mine", "https://localhost:10257/healthz", "https://localhost:10259/healthz"),
    ],
)
def test_health_is_asked_at_the_ports_of_the_images_version(plan, image, controller, scheduler):
    made = plan(system_images={"kubernetes": f"reg.example:5000/hyperkube:{image}"})
    assert made.process("kube-controller-manager")["healthCheck"]["url"] == controller
    assert made.process("kube-scheduler")["healthCheck"]["url"] == scheduler


@pytest.mark.parametrize(("version", "there"), [("v1.21.14-rancher1-1", False), ("v1.22.17-rancher1-2", True)])
def test_kubeconfigs_for_authentication_from_1_22_on(plan, version, there):
    for component in ("kube-controller-manager", "kube-scheduler"):
        flags = plan(version).flags(component)
        names = {"authentication-kubeconfig", "authorization-kubeconfig"}
        assert (names <= flags.keys()) is there
        assert not there or {flags[name] for name in names} == {flags["kubeconfig"]}


def test_an_image_of_another_minor_brings_that_minors_flags(plan):
    made = plan("v1.22.17-rancher1-2", system_images={"kubernetes": "mine/hyperkube:v1.24.17-rancher1"})
    assert "network-plugin" not in made.flags("kubelet")
    assert "insecure-port" not in made.flags("kube-apiserver")


def test_a_role_label_wins_over_the_users(plan):
    labels = {"node-role.kubernetes.io/worker": "false", "zone": "a"}
    made = plan(nodes=[{**NODE, "labels": labels}])
    assert made.data["plan"]["nodes"][0]["labels"]["node-role.kubernetes.io/worker"] == "true"


def test_two_marks_in_an_option_of_the_kubelet(plan):
    made = plan()
    settings = made.cluster.rke
    options = {**settings.options["kubelet"], "resolv-conf": "''", "cert-dir": "[PREFIX_PATH]/var/lib/kubelet/pki"}
    rke = replace(settings, options={**settings.options, "kubelet": options})
    prefix = PurePosixPath("/opt/rke")
    (host,) = planned_hosts(replace(made.cluster, rke=rke, prefix_path=prefix))
    (kubelet,) = (spec for spec in host.containers if spec.name == "kubelet")
    assert "--resolv-conf=" in kubelet.entrypoint
    assert "--cert-dir=/opt/rke/var/lib/kubelet/pki" in kubelet.entrypoint

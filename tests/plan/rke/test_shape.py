"""How flags, binds and environment of RKE's containers are put together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from rke_py.plan.observed import HostFacts
from rke_py.plan.offline import planned_hosts
from tests.plan.rke.conftest import NODE

KEYS = {
    "etcd": "etcd",
    "kube-api": "kube-apiserver",
    "kube-controller": "kube-controller-manager",
    "scheduler": "kube-scheduler",
    "kubelet": "kubelet",
    "kubeproxy": "kube-proxy",
}
FACTS = HostFacts(
    engine_id="1",
    engine_version="24.0.9",
    api_version="1.43",
    operating_system="Debian GNU/Linux 12",
    architecture="aarch64",
    kernel="6.1",
    hostname="n1",
    docker_root="/data/docker",
    cgroup_driver="systemd",
    cgroup_version=2,
    security_options=("name=seccomp,profile=default",),
    cpus=4,
    memory=8 << 30,
    clock_offset=timedelta(),
)


@pytest.mark.parametrize("key", KEYS)
def test_a_flag_of_the_users_replaces_and_repeated_ones_come_on_top(plan, key):
    extra = {
        "extra_args": {"v": "4", "name": "x", "empty": ""},
        "extra_args_array": {"v": ["9"], "feature": ["b", "a"]},
    }
    elements = plan(services={key: extra}).process(KEYS[key])
    flags = [*elements["command"], *elements.get("args", ())] if key != "etcd" else elements["args"]
    assert [flag for flag in flags if flag.startswith(("--v=", "--feature=", "--empty="))] == [
        "--empty=",
        "--feature=a",
        "--feature=b",
        "--v=4",
        "--v=9",
    ]


def test_the_container_itself_has_repeated_flags_last_in_the_given_order(plan):
    extra = {"extra_args": {"v": "4"}, "extra_args_array": {"v": ["9"], "feature": ["b", "a"]}}
    (host,) = planned_hosts(plan(services={"scheduler": extra}).cluster)
    (scheduler,) = (spec for spec in host.containers if spec.name == "kube-scheduler")
    assert scheduler.entrypoint[-4:] == ("--v=4", "--feature=b", "--feature=a", "--v=9")


def test_a_repeated_flag_without_a_list_is_not_passed(plan):
    made = plan(services={"scheduler": {"extra_args_array": {"v": None, "feature": [None, "a"]}}})
    assert [flag for flag in made.process("kube-scheduler")["command"] if flag.startswith(("--v=", "--feature="))] == [
        "--feature=",
        "--feature=a",
        "--v=2",
    ]


@pytest.mark.parametrize("key", KEYS)
def test_binds_and_variables_of_the_users_come_after_rkes_own(plan, key):
    extra = {"extra_binds": ["/a:/a:z", "/a:/a:z"], "extra_env": ["A=1", "B=2"]}
    process = plan(services={key: extra}).process(KEYS[key])
    assert process["binds"][-1] == "/a:/a:z"
    assert process["binds"].count("/a:/a:z") == 1
    assert {"A=1", "B=2"} <= set(process["env"])


def test_empty_binds_and_variables_are_dropped_and_others_trimmed(plan):
    process = plan(services={"kubelet": {"extra_binds": ["", " /a:/a "], "extra_env": [" A=1 ", " "]}}).process(
        "kubelet"
    )
    assert process["binds"][-1] == "/a:/a"
    assert process["env"] == ["A=1", "RKE_KUBELET_CRIDOCKERD=true"]


def test_equal_variables_are_dropped_where_rke_drops_them(plan):
    extra = {"extra_env": ["A=1", "A=1"]}
    made = plan(services=dict.fromkeys(KEYS, extra))
    counts = {component: made.process(component)["env"].count("A=1") for component in KEYS.values()}
    assert counts == dict.fromkeys(KEYS.values(), 1) | {"etcd": 2, "kube-scheduler": 2}


@pytest.mark.parametrize(("version", "suffix"), [("v1.21.14-rancher1-1", ":z"), ("v1.22.17-rancher1-2", "")])
def test_rkes_own_binds_are_relabelled_before_1_22(plan, version, suffix):
    made = plan(version, services={"kubelet": {"extra_binds": ["/a:/a:z"]}})
    for component in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"):
        assert f"/etc/kubernetes:/etc/kubernetes{suffix}" in made.process(component)["binds"]
    assert "/a:/a:z" in made.process("kubelet")["binds"]


@pytest.mark.parametrize(
    ("tag", "script"),
    [
        ("v0.1.12", "/opt/rke/entrypoint.sh"),
        ("v0.1.13", "/opt/rke-tools/entrypoint.sh"),
        ("x", "/opt/rke-tools/entrypoint.sh"),
    ],
)
def test_the_entrypoint_moved_with_rkes_tools(plan, tag, script):
    made = plan(system_images={"kubernetes_services_sidecar": f"mine/tools:{tag}"})
    assert made.process("kubelet")["command"][:2] == [script, "kubelet"]


@pytest.mark.parametrize("written", ["/opt/rke", "/opt/rke/", "//opt//rke", "/opt/./x/../rke"])
def test_a_prefix_moves_the_hosts_folders(plan, written):
    made = plan(prefix_path=written)
    assert made.flags("kubelet")["root-dir"] == "/opt/rke/var/lib/kubelet"
    binds = made.process("kubelet")["binds"]
    assert binds[:2] == ["/opt/rke/var/lib/cri-dockerd:/var/lib/cri-dockerd", "/opt/rke/etc/kubernetes:/etc/kubernetes"]
    assert "/opt/rke/var/lib/kubelet:/opt/rke/var/lib/kubelet:shared" in binds
    assert "/opt/rke/var/lib/cni:/var/lib/cni" in binds
    assert "/opt/rke/etc/ceph:/etc/ceph" in binds
    assert binds[-1] == "/var/lib/kubelet/volumeplugins:/var/lib/kubelet/volumeplugins:shared"
    assert made.process("etcd")["binds"][0] == "/opt/rke/var/lib/etcd:/var/lib/rancher/etcd/"
    assert made.process("kube-apiserver")["binds"][1] == "/opt/rke/var/log/kube-audit:/var/log/kube-audit"


@pytest.mark.parametrize(
    ("system", "written", "prefix"),
    [
        ("Boot2Docker 18.09.7 (TCL 8.2.1)", "", "/mnt/sda1/rke"),
        ("RancherOS v1.5.5", "", "/opt/rke"),
        ("Container Linux by CoreOS 2135.5.0", "/", "/opt/rke"),
        ("Flatcar Container Linux by Kinvolk 3510", "", "/opt/rke"),
        ("RancherOS v1.5.5", "/mine", "/mine"),
        ("Debian GNU/Linux 12", "", ""),
    ],
)
def test_some_systems_have_a_prefix_of_their_own(plan, system, written, prefix):
    made = plan(facts=replace(FACTS, operating_system=system), prefix_path=written)
    assert made.process("kube-proxy")["binds"][0] == f"{prefix}/etc/kubernetes:/etc/kubernetes"


def test_what_docker_says_of_the_machine_is_followed(plan):
    made = plan(facts=FACTS)
    assert made.env("etcd")["ETCD_UNSUPPORTED_ARCH"] == "arm64"
    assert "/data/docker:/data/docker:rw,rslave" in made.process("kubelet")["binds"]
    assert "securityOpt" not in made.process("kube-scheduler")


@pytest.mark.parametrize("option", ["selinux", "name=selinux"])
def test_selinux_confines_what_is_not_privileged(plan, option):
    made = plan(
        facts=replace(FACTS, security_options=(option,)), nodes=[{**NODE, "role": ["etcd", "controlplane", "worker"]}]
    )
    level, kind = "label=level:s0:c1000,c1001", "label=type:rke_container_t"
    options = {name: process.get("securityOpt") for name, process in made.data["plan"]["nodes"][0]["processes"].items()}
    assert options == {
        "etcd": [kind],
        "kube-apiserver": [level, kind],
        "kube-controller-manager": [level, kind],
        "kube-proxy": None,
        "kube-scheduler": [level, kind],
        "kubelet": None,
        "service-sidekick": [level, kind],
    }
    old = plan("v1.21.14-rancher1-1", facts=replace(FACTS, security_options=(option,)))
    assert old.process("kube-scheduler")["securityOpt"] == [level]
    assert "securityOpt" not in old.process("etcd")


@pytest.mark.parametrize(
    ("ranges", "both"),
    [
        ("10.42.0.0/16", False),
        ("10.42.0.0/16,fd42::/56", True),
        ("fd42::/56", False),
    ],
)
def test_cri_dockerd_is_told_of_both_address_families(plan, ranges, both):
    made = plan(services={"kube-controller": {"cluster_cidr": ranges}}, network={"plugin": "calico"})
    assert made.flags("kube-proxy")["cluster-cidr"] == ranges
    assert ("RKE_KUBELET_CRIDOCKERD_DUALSTACK" in made.env("kubelet")) is both

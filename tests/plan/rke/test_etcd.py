"""etcd of RKE's releases, beyond what the cases show."""

from __future__ import annotations

import pytest

from tests.plan.rke.conftest import NODE

ONE_ADDRESS = {"address": "192.0.2.11", "user": "u", "role": ["controlplane", "etcd", "worker"]}


def test_with_one_address_it_listens_everywhere_and_etcdctl_asks_loopback(plan):
    made = plan(nodes=[ONE_ADDRESS])
    assert made.flags("etcd")["listen-client-urls"] == "https://0.0.0.0:2379"
    assert made.flags("etcd")["listen-peer-urls"] == "https://0.0.0.0:2380"
    assert made.env("etcd")["ETCDCTL_ENDPOINTS"] == "https://127.0.0.1:2379"
    assert made.process("etcd")["healthCheck"] == {"url": "https://192.0.2.11:2379/health"}


@pytest.mark.parametrize(
    ("tag", "advertised", "ciphers", "endpoint"),
    [
        ("v3.2.24-rancher1", "https://10.0.0.11:2379,https://10.0.0.11:4001", False, "ETCDCTL_ENDPOINT"),
        ("v3.4.3-rancher1", "https://10.0.0.11:2379,https://10.0.0.11:4001", False, "ETCDCTL_ENDPOINTS"),
        ("v3.4.13-rancher1", "https://10.0.0.11:2379", False, "ETCDCTL_ENDPOINTS"),
        ("v3.4.14-rancher1", "https://10.0.0.11:2379", False, "ETCDCTL_ENDPOINTS"),
        ("v3.4.14", "https://10.0.0.11:2379", True, "ETCDCTL_ENDPOINTS"),
        ("v3.4.15-rancher1", "https://10.0.0.11:2379", True, "ETCDCTL_ENDPOINTS"),
        ("latest", "https://10.0.0.11:2379", True, "ETCDCTL_ENDPOINTS"),
    ],
)
def test_the_images_tag_decides_about_old_ports_ciphers_and_names(plan, tag, advertised, ciphers, endpoint):
    made = plan(system_images={"etcd": f"reg.example:5000/etcd:{tag}"})
    assert made.flags("etcd")["advertise-client-urls"] == advertised
    assert ("cipher-suites" in made.flags("etcd")) is ciphers
    assert endpoint in made.env("etcd")


@pytest.mark.parametrize(
    ("version", "flag"),
    [
        ("v1.20.15-rancher2-2", "enable-v2"),
        ("v1.21.14-rancher1-1", "enable-v2"),
        ("v1.22.7-rancher1-2", "experimental-initial-corrupt-check"),
        ("v1.23.4-rancher1-2", "experimental-initial-corrupt-check"),
    ],
)
def test_flags_of_some_releases(plan, version, flag):
    assert plan(version).flags("etcd")[flag] == "true"
    assert flag not in plan("v1.23.6-rancher1-1").flags("etcd")


def test_the_users_timing_wins(plan):
    flags = plan(services={"etcd": {"extra_args": {"election-timeout": "9000"}}}).flags("etcd")
    assert (flags["election-timeout"], flags["heartbeat-interval"]) == ("9000", "500")


def test_it_runs_as_the_user_that_is_named_and_the_group_of_that_number_as_in_rke(plan):
    assert plan(services={"etcd": {"uid": 52034, "gid": 52035}}).process("etcd")["user"] == "52034:52034"
    assert "user" not in plan(services={"etcd": {"uid": 52034}}).process("etcd")


def test_member_and_certificate_follow_name_and_address(plan):
    nodes = [{**NODE, "hostname_override": "Node-A.Example.Com", "internal_address": "Node-A.internal"}]
    made = plan(nodes=nodes)
    assert made.flags("etcd")["name"] == "etcd-node-a.example.com"
    assert made.flags("etcd")["cert-file"] == "/etc/kubernetes/ssl/kube-etcd-node-a-internal.pem"

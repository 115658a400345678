"""Laws of plans, on clusters drawn from everything that cluster.yml can ask of RKE's releases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rke_py.catalog import rke
from rke_py.catalog.order import minor_of
from rke_py.cluster.completed import completed
from rke_py.cluster.resolve import resolve
from rke_py.config.load import load
from rke_py.plan.offline import planned_hosts
from rke_py.plan.offline_json import offline_json
from tests.plan.rke.conftest import NODE

SECRET = "hunter2-hunter2"
LIMITS = {
    "apiVersion": "eventratelimit.admission.k8s.io/v1alpha1",
    "kind": "Configuration",
    "limits": [{"type": "Server", "qps": 1, "burst": 2}],
}
ENCRYPTION = {
    "resources": [{"resources": ["secrets"], "providers": [{"aescbc": {"keys": [{"name": "k", "secret": SECRET}]}}]}]
}

ASKS: tuple[tuple[tuple[int, int], tuple[int, int], dict[str, Any]], ...] = (
    ((1, 20), (1, 99), {"prefix_path": "/opt/rke"}),
    (
        (1, 20),
        (1, 99),
        {"private_registries": [{"url": "r.example", "user": "u", "password": SECRET, "is_default": True}]},
    ),
    ((1, 20), (1, 99), {"cloud_provider": {"name": "external"}}),
    ((1, 20), (1, 30), {"cloud_provider": {"vsphereCloudProvider": {"global": {"password": SECRET}}}}),
    ((1, 20), (1, 25), {"cloud_provider": {"openstackCloudProvider": {"global": {"password": SECRET}}}}),
    ((1, 20), (1, 30), {"cloud_provider": {"azureCloudProvider": {"aadClientSecret": SECRET}}}),
    ((1, 20), (1, 99), {"cloud_provider": {"harvesterCloudProvider": {"cloud_config": SECRET}}}),
    ((1, 20), (1, 99), {"cloud_provider": {"name": "mine", "customCloudProvider": SECRET}}),
    ((1, 20), (1, 26), {"cloud_provider": {"name": "aws", "useInstanceMetadataHostname": True}}),
    ((1, 20), (1, 99), {"services": {"kube-api": {"always_pull_images": True}}}),
    ((1, 20), (1, 99), {"services": {"kube-api": {"audit_log": {"enabled": False}}}}),
    ((1, 20), (1, 99), {"services": {"kube-api": {"event_rate_limit": {"enabled": True, "configuration": LIMITS}}}}),
    ((1, 20), (1, 99), {"services": {"kube-api": {"secrets_encryption_config": {"enabled": True}}}}),
    (
        (1, 20),
        (1, 99),
        {"services": {"kube-api": {"secrets_encryption_config": {"enabled": True, "custom_config": ENCRYPTION}}}},
    ),
    ((1, 23), (1, 99), {"services": {"kube-api": {"pod_security_configuration": "restricted"}}}),
    ((1, 20), (1, 99), {"services": {"kubelet": {"generate_serving_certificate": True, "fail_swap_on": True}}}),
    ((1, 20), (1, 99), {"services": {"kubelet": {"extra_env": [f"MY_PASSWORD={SECRET}"]}}}),
    ((1, 20), (1, 99), {"services": {"scheduler": {"extra_args": {"v": "4"}, "extra_args_array": {"v": ["5", "6"]}}}}),
    ((1, 20), (1, 99), {"services": {"etcd": {"uid": 52034, "gid": 52034}}}),
    ((1, 21), (1, 99), {"enable_cri_dockerd": True}),
    ((1, 20), (1, 99), {"dns": {"nodelocal": {"ip_address": "169.254.20.10"}}}),
    ((1, 20), (1, 99), {"authentication": {"strategy": "x509|webhook"}}),
    ((1, 20), (1, 99), {"network": {"plugin": "flannel"}}),
)
DEFAULTS = {
    "cluster_name": "local",
    "authorization": {"mode": "rbac"},
    "prefix_path": "/",
    "services": {
        "etcd": {"extra_args": {"election-timeout": "5000", "heartbeat-interval": "500"}},
        "kube-api": {"service_cluster_ip_range": "10.43.0.0/16", "service_node_port_range": "30000-32767"},
        "kube-controller": {"cluster_cidr": "10.42.0.0/16", "service_cluster_ip_range": "10.43.0.0/16"},
        "kubelet": {"cluster_domain": "cluster.local", "cluster_dns_server": "10.43.0.10"},
    },
}


def over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one nested map over another."""
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        merged[key] = over(below, value) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return merged


@st.composite
def clusters(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid cluster.yml."""
    version = draw(st.sampled_from(rke.versions()))
    minor = minor_of(version)
    assert minor is not None
    possible = [index for index, (first, last, _) in enumerate(ASKS) if first <= minor <= last]
    config: dict[str, Any] = {}
    for index in draw(st.lists(st.sampled_from(possible), unique=True, max_size=6)):
        config = over(config, ASKS[index][2])
    workers = [
        {"address": f"192.0.2.{number + 20}", "user": "u", "role": ["worker"]}
        for number in range(draw(st.integers(0, 2)))
    ]
    return {"kubernetes_version": version, **config, "nodes": [NODE, *workers]}


def planned(config: Mapping[str, Any]) -> dict[str, Any]:
    given = load(json.dumps(config)).config
    cluster = resolve(given)
    return offline_json(cluster, completed(given, cluster), planned_hosts(cluster))


@settings(max_examples=40)
@given(clusters())
def test_whatever_is_asked_for_is_planned_without_a_secret_in_it(config):
    assert SECRET not in json.dumps(planned(config))


@settings(max_examples=40)
@given(clusters())
def test_a_default_that_is_written_out_changes_nothing(config):
    written, left_out = planned(over(DEFAULTS, config)), planned(config)
    assert {**written, "config": {}} == {**left_out, "config": {}}


@settings(max_examples=40)
@given(clusters())
def test_every_flag_has_one_value_unless_it_is_repeated_on_purpose(config):
    for node in planned(config)["plan"]["nodes"]:
        for name, process in node["processes"].items():
            flags = [element.partition("=")[0] for element in (*process.get("command", ()), *process.get("args", ()))]
            named = [flag for flag in flags if flag.startswith("--")]
            repeated = {flag for flag in named if named.count(flag) > 1}
            assert repeated <= ({"--v"} if name == "kube-scheduler" else set())

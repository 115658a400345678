"""The configuration of a node: the API proxy's and the kubelet's."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from rke_py.cluster.images_model import Registry
from rke_py.cluster.model import Cluster, Host, Role, SshAccess
from rke_py.render.haproxy import check_interval, haproxy_config, notice_time
from rke_py.render.kubelet import docker_config_json, kubelet_configuration


def workers(cluster: Cluster, count: int) -> Cluster:
    more = (
        Host(
            name=f"w{number}",
            address=f"10.1.{number // 256}.{number % 256}",
            internal_address=f"10.1.{number // 256}.{number % 256}",
            roles=frozenset({Role.WORKER}),
            ssh=SshAccess(address="w", port=22, user="root"),
        )
        for number in range(count)
    )
    return replace(cluster, hosts=(*cluster.with_role(Role.CONTROLPLANE), *more))


def servers(text: str) -> list[str]:
    return [line.split()[2] for line in text.splitlines() if line.strip().startswith("server ")]


@pytest.mark.parametrize(("count", "seconds"), [(0, 2), (1, 2), (200, 2), (201, 3), (1000, 10), (5000, 50)])
def test_an_api_server_answers_at_most_a_hundred_checks_a_second(cluster: Cluster, count: int, seconds: int) -> None:
    assert check_interval(workers(cluster, count)) == seconds


@pytest.mark.parametrize(("count", "seconds"), [(1, 7), (1000, 18)])
def test_a_stopping_api_server_has_to_wait_for_two_checks(cluster: Cluster, count: int, seconds: int) -> None:
    assert notice_time(workers(cluster, count)) == seconds


def test_every_api_server_is_behind_the_proxy(cluster: Cluster) -> None:
    text = haproxy_config(cluster, cluster.host("n4"))
    assert sorted(servers(text)) == ["10.0.0.1:6443", "10.0.0.2:6443", "10.0.0.3:6443"]


def test_hosts_begin_with_different_api_servers(cluster: Cluster) -> None:
    fleet = workers(cluster, 3)
    first = [servers(haproxy_config(fleet, host))[0] for host in fleet.with_role(Role.WORKER)]
    assert sorted(first) == ["10.0.0.1:6443", "10.0.0.2:6443", "10.0.0.3:6443"]


@pytest.mark.parametrize(
    ("address", "server"), [("fd00::1", "[fd00::1]:6443"), ("cp.example", "cp.example:6443")], ids=["IPv6", "name"]
)
def test_addresses_of_api_servers(cluster: Cluster, address: str, server: str) -> None:
    only = replace(cluster.host("n1"), internal_address=address)
    worker = cluster.host("n4")
    assert servers(haproxy_config(replace(cluster, hosts=(only, worker)), worker)) == [server]


def test_checks_verify_the_api_server(cluster: Cluster) -> None:
    text = haproxy_config(cluster, cluster.host("n4"))
    checks = next(line for line in text.splitlines() if "default-server" in line)
    assert "verify required ca-file /etc/kubernetes/ssl/kube-ca.pem" in checks
    assert "verifyhost kubernetes.default.svc" in checks


def kubelet(cluster: Cluster, name: str, **given: str) -> Any:
    arguments = {"cgroup_driver": "systemd", "resolv_conf": "/etc/resolv.conf", **given}
    return yaml.safe_load(kubelet_configuration(cluster, cluster.host(name), **arguments))


@pytest.mark.parametrize(
    ("roles", "taints"),
    [
        ({Role.WORKER}, []),
        ({Role.WORKER, Role.ETCD, Role.CONTROLPLANE}, []),
        ({Role.ETCD}, ["node-role.kubernetes.io/etcd=true:NoExecute"]),
        ({Role.CONTROLPLANE}, ["node-role.kubernetes.io/controlplane=true:NoSchedule"]),
        (
            {Role.ETCD, Role.CONTROLPLANE},
            ["node-role.kubernetes.io/etcd=true:NoExecute", "node-role.kubernetes.io/controlplane=true:NoSchedule"],
        ),
    ],
    ids=lambda value: "+".join(sorted(value)) if isinstance(value, set) else "",
)
def test_role_taints_are_there_from_the_first_moment(cluster: Cluster, roles: set[Role], taints: list[str]) -> None:
    host = replace(cluster.host("n1"), roles=frozenset(roles))
    found = kubelet(replace(cluster, hosts=(host,)), "n1")["registerWithTaints"]
    assert [f"{taint['key']}={taint['value']}:{taint['effect']}" for taint in found] == taints


def test_a_kubelet_trusts_nobody_unknown(cluster: Cluster) -> None:
    found = kubelet(cluster, "n4")
    assert found["authentication"] == {
        "anonymous": {"enabled": False},
        "webhook": {"enabled": True},
        "x509": {"clientCAFile": "/etc/kubernetes/ssl/kube-ca.pem"},
    }
    assert found["authorization"] == {"mode": "Webhook"}
    assert found["readOnlyPort"] == 0


def test_a_kubelet_has_its_own_certificate(cluster: Cluster) -> None:
    found = kubelet(cluster, "n4")
    assert found["tlsCertFile"] == "/etc/kubernetes/ssl/kube-kubelet-10-0-0-4.pem"
    assert found["tlsPrivateKeyFile"] == "/etc/kubernetes/ssl/kube-kubelet-10-0-0-4-key.pem"


@pytest.mark.parametrize("driver", ["systemd", "cgroupfs"])
def test_the_cgroup_driver_is_the_runtimes(cluster: Cluster, driver: str) -> None:
    assert kubelet(cluster, "n4", cgroup_driver=driver)["cgroupDriver"] == driver


def test_dns_and_swap_come_from_the_cluster(cluster: Cluster) -> None:
    services = replace(cluster.services, fail_swap_on=True)
    found = kubelet(replace(cluster, services=services), "n4", resolv_conf="/run/systemd/resolve/resolv.conf")
    assert (found["clusterDNS"], found["clusterDomain"]) == (["10.43.0.10"], "cluster.local")
    assert found["resolvConf"] == "/run/systemd/resolve/resolv.conf"
    assert found["failSwapOn"] is True


def test_credentials_of_registries(cluster: Cluster) -> None:
    registries = (
        Registry(url="registry.example:5000/team", user="u", password=SecretStr("p")),
        Registry(url="docker.io", user="u", password=SecretStr("p")),
        Registry(url="open.example"),
    )
    text = docker_config_json(replace(cluster, registries=registries))
    assert text is not None
    assert json.loads(text) == {
        "auths": {
            "registry.example:5000/team": {"auth": "dTpw"},
            "https://index.docker.io/v1/": {"auth": "dTpw"},
        }
    }


def test_without_credentials_there_is_no_file(cluster: Cluster) -> None:
    assert docker_config_json(replace(cluster, registries=(Registry(url="open.example"),))) is None

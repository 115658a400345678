"""What keeps a cluster of RKE's from the upstream family is named, each with what to write or do instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rke_py.cluster.addon_model import Network
from rke_py.cluster.model import Cluster, Role, Service
from rke_py.errors import Problem, Unreachable
from rke_py.pki.rotation import Kind, Phase, Rotation
from rke_py.plan.checks.migration import migration_problems
from rke_py.plan.observed import Observed, ObservedHost, ObservedNode
from rke_py.state.model import State

ALL = frozenset({Role.ETCD, Role.CONTROLPLANE, Role.WORKER})
CONFIGURATION = {
    "kubernetesVersion": "v1.32.6-rancher1-1",
    "network": {"plugin": "canal"},
    "ingress": {"provider": "nginx"},
    "services": {"kubeController": {"clusterCidr": "10.42.0.0/16"}},
}
STATE = State(
    lineage="l", taken_over=datetime(2026, 11, 1, tzinfo=UTC), configuration=CONFIGURATION, desired=CONFIGURATION
)
FLANNEL, CALICO = "flannel.alpha.coreos.com/public-ip", "projectcalico.org/IPv4Address"
ROTATION = Rotation(kind=Kind.AUTHORITIES, phase=Phase.TRUST, began="2026-11-26T00:00:00Z")


@pytest.fixture
def migrating(make_cluster) -> Cluster:
    """A cluster that is about to leave RKE's releases."""
    made = make_cluster()
    return replace(made, migrating=True, hosts=tuple(replace(host, carried=host.roles) for host in made.hosts))


def problems(cluster: Cluster, state: State = STATE, silent: str = "", **nodes: ObservedNode) -> list[Problem]:
    hosts = {
        host.name: ObservedHost(
            name=host.name, fault=Unreachable(host.name, "no answer") if host.name == silent else None
        )
        for host in cluster.every
    }
    observed = Observed(
        hosts={host.name: hosts[host.name] for host in cluster.hosts},
        leaving={host.name: hosts[host.name] for host in cluster.leaving},
        nodes=nodes,
    )
    return list(migration_problems(cluster, state, observed))


def asking(**sections: object) -> State:
    return replace(STATE, desired={**CONFIGURATION, **sections})


def changed_hosts(cluster: Cluster, **changes: object) -> Cluster:
    return replace(cluster, hosts=(*cluster.hosts[:-1], replace(cluster.hosts[-1], **changes)))


def with_plugins(cluster: Cluster, plugins: str) -> Cluster:
    service = Service(extra_args={"enable-admission-plugins": plugins})
    return replace(cluster, services=replace(cluster.services, kube_api=service))


def with_network(cluster: Cluster, plugin: str, **options: str) -> Cluster:
    return replace(cluster, network=Network(plugin=plugin, options=options))


def ran(plugin: str, **options: str) -> State:
    configuration = {**CONFIGURATION, "network": {"plugin": plugin, "options": options}}
    return replace(STATE, configuration=configuration, desired=configuration)


def reached_at(key: str, address: str) -> ObservedNode:
    return ObservedNode(name="n1", ready=True, internal_ips=("10.1.0.1",), annotations={key: address})


def labelled(key: str, value: str) -> ObservedNode:
    return ObservedNode(name="n9", ready=True, labels={key: value})


CASES: dict[str, tuple[Callable[[Cluster], list[Problem]], str, str]] = {
    "not taken over": (lambda c: problems(c, replace(STATE, taken_over=None)), "kubernetes_version", "run rke-py up"),
    "a rotation": (lambda c: problems(c, replace(STATE, rotation=ROTATION)), "", "rke-py cert rotate"),
    "another network": (
        lambda c: problems(c, asking(network={"plugin": "flannel"})),
        "network.plugin",
        "Write network.plugin: canal",
    ),
    "another ingress": (
        lambda c: problems(c, asking(ingress={"provider": "traefik"})),
        "ingress.provider",
        "Write ingress.provider: nginx",
    ),
    "other ranges": (
        lambda c: problems(c, asking(services={"kubeController": {"clusterCidr": "10.44.0.0/16"}})),
        "services.kube-controller.cluster_cidr",
        "10.42.0.0/16",
    ),
    "a port of canal that RKE never wrote": (
        lambda c: problems(
            with_network(c, "canal", canal_flannel_backend_port="4789"), ran("canal", canal_flannel_backend_port="4789")
        ),
        "network.options.canal_flannel_backend_port",
        "Write 8472",
    ),
    "an identifier of canal that RKE never wrote": (
        lambda c: problems(
            with_network(c, "canal", canal_flannel_backend_vni="4096"), ran("canal", canal_flannel_backend_vni="4096")
        ),
        "network.options.canal_flannel_backend_vni",
        "Write 1.",
    ),
    "another port of flannel": (
        lambda c: problems(with_network(c, "flannel"), ran("flannel", flannel_backend_port="4789")),
        "network.options.flannel_backend_port",
        "Write 4789",
    ),
    "another back-end": (
        lambda c: problems(with_network(c, "canal", canal_flannel_backend_type="wireguard"), ran("canal")),
        "network.options.canal_flannel_backend_type",
        "Write vxlan",
    ),
    "another encapsulation": (
        lambda c: problems(
            with_network(c, "calico", calico_encapsulation="vxlan"), ran("calico", calico_encapsulation="vxlan")
        ),
        "network.options.calico_encapsulation",
        "Write ipip",
    ),
    "another interface": (
        lambda c: problems(with_network(c, "canal"), ran("canal"), n1=reached_at(FLANNEL, "192.0.2.1")),
        "network.options.canal_iface",
        "the interface with that address",
    ),
    "another of calico's addresses": (
        lambda c: problems(with_network(c, "calico"), ran("calico"), n1=reached_at(CALICO, "192.0.2.1/24")),
        "network.options.calico_ip_autodetection_method",
        "first-found",
    ),
    "RKE's images": (
        lambda c: problems(replace(c, images=replace(c.images, kubelet="rancher/hyperkube:v1.32.6-rancher1"))),
        "system_images",
        "rke-py config images",
    ),
    "PodSecurityPolicy": (
        lambda c: problems(with_plugins(c, "NodeRestriction,PodSecurityPolicy")),
        "services.kube-api.extra_args.enable-admission-plugins",
        "pod_security_configuration",
    ),
    "a member does not answer": (lambda c: problems(c, silent="n2"), "n2", "Bring it back"),
    "another role": (lambda c: problems(changed_hosts(c, roles=ALL)), "n4", "roles back (worker)"),
    "a host joins": (lambda c: problems(changed_hosts(c, carried=frozenset())), "n4", "join before"),
    "a host leaves": (
        lambda c: problems(replace(c, leaving=(replace(c.hosts[-1], name="n5"),))),
        "n5",
        "leave before",
    ),
    "Windows": (lambda c: problems(c, n9=labelled("kubernetes.io/os", "windows")), "n9", "Linux"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_go_along_is_named_with_what_to_do(migrating: Cluster, name: str) -> None:
    ask, where, hint = CASES[name]
    found = ask(migrating)
    assert [problem.where for problem in found] == [where]
    assert hint in found[0].hint
    assert not found[0].warning


def test_nothing_keeps_a_cluster_that_is_as_before(migrating: Cluster) -> None:
    assert problems(migrating, silent="n4") == []


@pytest.mark.parametrize(
    ("plugin", "options", "node"),
    [
        ("flannel", {"flannel_backend_port": "4789"}, reached_at(FLANNEL, "10.1.0.1")),
        ("canal", {"canal_flannel_backend_port": "8472", "canal_iface": "eth1"}, reached_at(FLANNEL, "192.0.2.1")),
        ("calico", {}, reached_at(CALICO, "10.1.0.1/16")),
        ("none", {}, reached_at(FLANNEL, "192.0.2.1")),
    ],
)
def test_a_pod_network_that_goes_on_as_it_runs_keeps_nobody(
    migrating: Cluster, plugin: str, options: dict[str, str], node: ObservedNode
) -> None:
    assert problems(with_network(migrating, plugin, **options), ran(plugin, **options), n1=node) == []


def test_a_lost_host_may_leave_meanwhile(migrating: Cluster) -> None:
    leaving = replace(migrating.hosts[-1], name="n5")
    assert problems(replace(migrating, leaving=(leaving,)), silent="n5") == []


def test_a_cluster_that_does_not_leave_is_not_asked(migrating: Cluster) -> None:
    assert problems(replace(migrating, migrating=False), replace(STATE, taken_over=None)) == []


@pytest.mark.parametrize(
    ("bind", "whats"),
    [
        ("/etc/iscsi:/etc/iscsi:ro,z", []),
        ("/sbin/iscsiadm", []),
        (
            "/opt/keys/:/etc/keys",
            ["the kubelet of Kubernetes v1.34.4 sees the host's /etc/keys, not /opt/keys/ in its place"],
        ),
    ],
)
def test_what_is_mounted_elsewhere_in_the_kubelet(migrating: Cluster, bind: str, whats: list[str]) -> None:
    services = replace(migrating.services, kubelet=Service(extra_binds=(bind,)))
    assert [problem.what for problem in problems(replace(migrating, services=services))] == whats

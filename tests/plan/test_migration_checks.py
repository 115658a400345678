"""What keeps a cluster of RKE's from the upstream family is named, each with what to write or do instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

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
    "Rancher": (lambda c: problems(c, n9=labelled("cattle.io/creator", "norman")), "n9", "Rancher"),
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


def test_a_lost_host_may_leave_meanwhile(migrating: Cluster) -> None:
    leaving = replace(migrating.hosts[-1], name="n5")
    assert problems(replace(migrating, leaving=(leaving,)), silent="n5") == []


def test_a_cluster_that_does_not_leave_is_not_asked(migrating: Cluster) -> None:
    assert problems(replace(migrating, migrating=False), replace(STATE, taken_over=None)) == []

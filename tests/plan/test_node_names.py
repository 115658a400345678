"""Nodes that a cloud gave other names than cluster.yml has for their hosts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rke_py.cluster.model import Cluster
from rke_py.plan.checks.node_names import node_name_problems
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.observed import Observed, ObservedHost, ObservedNode
from rke_py.state.model import State

KUBELET = ContainerSpec(name="kubelet", image="i", entrypoint=("kubelet",))
CLOUDS = "ip-10-1-0-1.eu-central-1.compute.internal"


@pytest.fixture
def cluster(make_cluster) -> Cluster:
    return make_cluster()


def told(cluster: Cluster, make_found, *nodes: ObservedNode, running: bool = True) -> list[tuple[str, str]]:
    """Return what is said of hosts, the first of which is registered as one of these nodes."""
    first, *rest = cluster.hosts
    containers = {"kubelet": make_found(KUBELET)} if running else {}
    hosts = {host.name: ObservedHost(name=host.name) for host in rest}
    hosts[first.name] = ObservedHost(name=first.name, containers=containers)
    every = (*nodes, *(ObservedNode(name=host.name, ready=True) for host in rest))
    observed = Observed(hosts=hosts, api=True, nodes={node.name: node for node in every})
    return [(problem.where, problem.what) for problem in node_name_problems(cluster, State(lineage="0" * 32), observed)]


@pytest.mark.parametrize(
    "node",
    [
        ObservedNode(name=CLOUDS, ready=True, internal_ips=("10.1.0.1",)),
        ObservedNode(name=CLOUDS, ready=True, labels={"kubernetes.io/hostname": "N1"}),
    ],
    ids=["address", "label"],
)
def test_a_node_under_another_name_is_named_before_anything_is_touched(cluster, make_found, node) -> None:
    what = f"its node is called {CLOUDS}, as the cloud called it, and would register once more as n1"
    assert told(cluster, make_found, node) == [("n1", what)]


def test_a_node_of_its_own_name_is_what_is_expected(cluster, make_found) -> None:
    assert told(cluster, make_found, ObservedNode(name="n1", ready=True, internal_ips=("10.1.0.1",))) == []


def test_a_host_that_joins_may_have_the_address_of_one_that_is_gone(cluster, make_found) -> None:
    assert (
        told(cluster, make_found, ObservedNode(name="gone", ready=False, internal_ips=("10.1.0.1",)), running=False)
        == []
    )


def test_the_node_of_a_host_that_leaves_is_no_name_of_the_one_that_comes(cluster, make_found) -> None:
    leaving = replace(cluster.hosts[0], name="old")
    node = ObservedNode(name="old", ready=True, internal_ips=("10.1.0.1",))
    assert told(replace(cluster, leaving=(leaving,)), make_found, node) == []

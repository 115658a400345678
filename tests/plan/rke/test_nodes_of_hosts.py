"""Which Node object is a host's, where a cloud may have named it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rke_py.cluster.model import Cluster
from rke_py.plan.nodes_of_hosts import HOSTNAME, named_by_cloud, nodes_of_hosts
from rke_py.plan.observed import ObservedNode
from tests.plan.rke.conftest import NODE, Plan

AT = datetime(2026, 11, 26, tzinfo=UTC)
CLOUDS = "ip-10-0-0-11.eu-central-1.compute.internal"
AWS = {"name": "aws"}
METADATA = {"name": "external-aws", "useInstanceMetadataHostname": True}


@pytest.fixture
def cluster(plan: Plan):
    def make(provider: dict[str, Any], version: str = "v1.24.17-rancher1-1", name: str = "n1") -> Cluster:
        nodes = [{**NODE, "hostname_override": name}]
        return plan(version, nodes=nodes, **({"cloud_provider": provider} if provider else {})).cluster

    return make


def seen(name: str, label: str, ip: str = "10.0.0.11", age: int = 0) -> ObservedNode:
    labels = {HOSTNAME: label}
    return ObservedNode(
        name=name, ready=True, labels=labels, internal_ips=(ip,), renewed_at=AT - timedelta(seconds=age)
    )


def hosts(cluster: Cluster, *nodes: ObservedNode) -> dict[str, str]:
    """Return how nodes are called, by their hosts."""
    return {host: node.name for host, node in nodes_of_hosts(cluster, {node.name: node for node in nodes}).items()}


@pytest.mark.parametrize(
    ("provider", "named"),
    [
        ({}, False),
        (AWS, True),
        (METADATA, True),
        ({"name": "external-aws"}, False),
        ({"name": "external"}, False),
        ({"harvesterCloudProvider": {"cloud_config": "x"}}, False),
        ({"name": "vsphere", "vsphereCloudProvider": {}}, True),
    ],
)
def test_a_cloud_names_nodes_where_rkes_kubelets_ask_it(cluster, provider, named):
    assert named_by_cloud(cluster(provider)) == named


@pytest.mark.parametrize(
    ("provider", "name", "label", "ip"),
    [
        (AWS, "n1", "n1", "10.9.9.9"),
        (AWS, "N1", "n1", "10.9.9.9"),
        (AWS, "n1", "N1", "10.9.9.9"),
        (AWS, "node-a.example.com", "node-a.example.com", "10.9.9.9"),
        (AWS, "10.0.0.11", "10.0.0.11", "10.9.9.9"),
        (METADATA, "n1", CLOUDS, "10.0.0.11"),
        (METADATA, "n1", "n1", "10.9.9.9"),
    ],
)
def test_a_node_is_known_by_its_label_and_amazons_external_ones_by_their_address(cluster, provider, name, label, ip):
    assert hosts(cluster(provider, name=name), seen(CLOUDS, label, ip)) == {name.lower(): CLOUDS}


def test_each_internal_address_of_a_node_tells_its_host(cluster):
    node = ObservedNode(name=CLOUDS, ready=True, labels={HOSTNAME: CLOUDS}, internal_ips=("10.9.9.9", "10.0.0.11"))
    assert hosts(cluster(METADATA), node) == {"n1": CLOUDS}


def test_an_address_alone_makes_no_node_of_ours_elsewhere(cluster):
    assert hosts(cluster(AWS), seen(CLOUDS, "old")) == {"old": CLOUDS}


def test_of_two_nodes_the_one_counts_that_lives(cluster):
    assert hosts(cluster(AWS), seen(CLOUDS, "n1"), seen("n1", "n1", age=60)) == {"n1": CLOUDS}
    assert hosts(cluster(AWS), seen(CLOUDS, "n1", age=60), seen("n1", "n1")) == {"n1": "n1"}


def test_without_such_a_cloud_a_node_is_called_as_its_host(cluster):
    assert hosts(cluster({}), seen("n1", "edited-by-hand")) == {"n1": "n1"}

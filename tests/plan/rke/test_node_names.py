"""Edits of ``cloud_provider`` after which kubelets would register a second node are refused."""

from __future__ import annotations

import pytest

from rke_py.plan.checks.node_names import node_name_problems
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.observed import Observed, ObservedHost, ObservedNode
from rke_py.state.model import State
from tests.plan.rke.conftest import NODE

CLOUDS = "ip-10-0-0-11.eu-central-1.compute.internal"
AWS = {"name": "aws"}
METADATA = {"name": "external-aws", "useInstanceMetadataHostname": True}


@pytest.fixture
def told(plan, make_found):
    """Say what is said of the one host, whose kubelet has these flags and whose node is called so."""

    def ask(provider, flags: str, node: str, name: str = "n1") -> list[str]:
        nodes = [{**NODE, "hostname_override": name}]
        cluster = plan("v1.26.15-rancher1-1", nodes=nodes, **({"cloud_provider": provider} if provider else {})).cluster
        spec = ContainerSpec(name="kubelet", image="i", entrypoint=("kubelet", *flags.split()))
        there = ObservedHost(name=name, containers={"kubelet": make_found(spec)})
        seen = ObservedNode(name=node, ready=True, internal_ips=("10.0.0.11",), labels={"kubernetes.io/hostname": name})
        key = name if cluster.cloud.names_nodes else node
        observed = Observed(hosts={name: there}, api=True, nodes={key: seen})
        return [problem.what for problem in node_name_problems(cluster, State(lineage="0" * 32), observed)]

    return ask


@pytest.mark.parametrize("provider", [{}, {"name": "external-aws"}], ids=["none", "external-aws"])
def test_a_cloud_that_named_nodes_cannot_go(told, provider):
    (what,) = told(provider, "--cloud-provider=aws --hostname-override=n1", CLOUDS)
    assert what == f"its node is called {CLOUDS}, as the cloud called it, and would register once more as n1"


@pytest.mark.parametrize("provider", [AWS, METADATA], ids=["aws", "external-aws"])
@pytest.mark.parametrize("running", ["--cloud-provider=", "--cloud-provider=external"])
def test_amazon_cannot_come_to_name_nodes_that_have_names(told, provider, running):
    (what,) = told(provider, f"{running} --hostname-override=n1", "n1")
    assert what == "its node is called n1, and would register once more as Amazon calls the machine"


@pytest.mark.parametrize(
    ("provider", "running", "name"),
    [
        (AWS, "--cloud-provider=aws --hostname-override=n1", "n1"),
        (METADATA, "--cloud-provider=external", "n1"),
        (METADATA, "--cloud-provider=aws --hostname-override=n1", "n1"),
        (AWS, f"--cloud-provider= --hostname-override={CLOUDS}", CLOUDS),
    ],
    ids=["aws stays", "external-aws stays", "aws to external-aws", "the name is Amazon's"],
)
def test_what_keeps_the_names_is_no_fault(told, provider, running, name):
    assert told(provider, running, CLOUDS, name) == []


def test_another_cloud_of_kubernetes_own_is_no_fault(told):
    assert told({"azureCloudProvider": {"aadClientId": "a"}}, "--cloud-provider= --hostname-override=n1", "n1") == []


@pytest.mark.parametrize(("internal", "named"), [("10.0.0.99", [CLOUDS]), ("10.0.0.11", [])], ids=["another", "same"])
def test_a_new_machine_that_has_the_public_address_alone_waits_for_the_end_of_the_old_node(plan, internal, named):
    cluster = plan("v1.26.15-rancher1-1", cloud_provider=AWS).cluster
    addresses = {"rke.cattle.io/external-ip": "192.0.2.11", "rke.cattle.io/internal-ip": internal}
    seen = ObservedNode(name=CLOUDS, ready=False, annotations=addresses)
    observed = Observed(hosts={"n1": ObservedHost(name="n1")}, api=True, nodes={"n1": seen})
    told = [problem.what for problem in node_name_problems(cluster, State(lineage="0" * 32), observed)]
    assert told == [
        f"its old machine's node {name} is still there, and the new one gets a node of its own" for name in named
    ]

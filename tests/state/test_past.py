"""What a state remembers of hosts: who leaves, with which roles, and how to reach it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rke_py.cluster.model import Role
from rke_py.config.schema import ClusterConfig
from rke_py.state.model import HostRecord, State
from rke_py.state.nodes import RememberedNode, remembered_nodes
from rke_py.state.past import with_past

from ..pki.clusters import N1, N2, N4, cluster

NODES: list[dict[str, Any]] = [
    {"address": "192.0.2.1", "hostnameOverride": "N1", "role": ["etcd", "controlplane", "worker"], "user": "ops"},
    {"address": "192.0.2.4", "hostnameOverride": "n4", "role": ["worker"], "port": "2222", "sshKeyPath": "~/key"},
]
STATE = State(lineage="1").with_hosts(NODES)
CONFIG = ClusterConfig()
ALL = frozenset(Role)


def test_the_same_hosts_leave_nobody() -> None:
    past = with_past(cluster(N4, N1), STATE, CONFIG, "")
    assert past.leaving == ()
    assert {host.name: host.carried for host in past.hosts} == {"n4": {Role.WORKER}, "n1": ALL}


def test_a_host_that_nobody_knows_carries_nothing() -> None:
    assert with_past(cluster(N2), State(lineage="1"), CONFIG, "").hosts == (N2,)


def test_a_host_that_is_gone_from_the_file_leaves_with_its_roles_and_its_way_in() -> None:
    (gone,) = with_past(cluster(N1), STATE, CONFIG, "/home/ops").leaving
    assert (gone.name, gone.roles, gone.carried) == ("n4", frozenset(), {Role.WORKER})
    assert (gone.ssh.address, gone.ssh.port, gone.ssh.key_path) == ("192.0.2.4", 2222, "/home/ops/key")


def test_a_host_that_was_forgotten_is_waited_for_no_more() -> None:
    assert with_past(cluster(N1), STATE.forgetting("n4"), CONFIG, "").leaving == ()


def test_a_forgotten_host_that_comes_back_into_the_file_is_one_of_the_cluster() -> None:
    assert not STATE.forgetting("n4").with_hosts(NODES).hosts["n4"].forgotten


def test_another_machine_under_a_known_name_is_told_from_the_one_that_was_there() -> None:
    moved = replace(N4, address="192.0.2.9")
    (host,) = with_past(cluster(moved), STATE, CONFIG, "").hosts
    assert (host.moved_from, host.carried) == ("192.0.2.4", {Role.WORKER})
    (host,) = with_past(cluster(moved), STATE.forgetting("n4"), CONFIG, "").hosts
    assert (host.moved_from, host.carried) == ("", frozenset())


def test_a_forgotten_machine_is_known_by_its_address_while_another_has_its_name() -> None:
    moved = STATE.forgetting("n4").with_hosts([{**NODES[1], "address": "192.0.2.9"}])
    assert {name: (record.address, record.forgotten) for name, record in moved.hosts.items()} == {
        "n1": ("192.0.2.1", False),
        "n4": ("192.0.2.9", False),
        "192.0.2.4": ("192.0.2.4", True),
    }
    assert moved.with_hosts(NODES).hosts.keys() == {"n1", "n4"}


def test_roles_add_up_until_a_run_has_finished() -> None:
    other = [{**NODES[1], "role": ["etcd"]}]
    begun = replace(STATE.with_hosts(other), desired={"nodes": other})
    assert begun.hosts["n4"].roles == {"worker", "etcd"}
    assert begun.finished().hosts["n4"].roles == {"etcd"}
    assert begun.finished().hosts["n1"].roles == STATE.hosts["n1"].roles
    assert begun.finished(silent=["n4"]).hosts["n4"].roles == {"etcd"} | begun.hosts["n4"].roles


def test_a_host_that_is_clean_is_remembered_no_more() -> None:
    assert STATE.without_host("n4").hosts.keys() == {"n1"}


@pytest.mark.parametrize(
    ("configuration", "nodes"),
    [
        ({}, ()),
        ({"nodes": "odd"}, ()),
        ({"nodes": ["odd", {}]}, (RememberedNode(name="", address="", roles=frozenset()),)),
        (
            {"nodes": [{"address": "A.example", "role": ["etcd"]}]},
            (
                RememberedNode(
                    name="a.example",
                    address="A.example",
                    roles=frozenset({"etcd"}),
                    entry={"address": "A.example", "role": ["etcd"]},
                ),
            ),
        ),
    ],
)
def test_nodes_are_read_out_of_a_configuration(configuration: dict[str, Any], nodes: tuple[RememberedNode]) -> None:
    assert remembered_nodes(configuration) == nodes


def test_a_record_shows_no_key_that_stands_in_its_entry() -> None:
    assert "SECRET" not in repr(HostRecord(address="n1", node={"sshKey": "SECRET"}))

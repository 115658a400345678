from typing import Any

import pytest

from rke_py.state.changes import Changes, RoleChange, changes
from rke_py.state.model import State
from rke_py.state.nodes import RememberedNode, remembered_nodes

from ..pki.clusters import N1, N2, N4, cluster

APPLIED: dict[str, Any] = {
    "nodes": [
        {"address": "192.0.2.1", "hostnameOverride": "N1", "role": ["etcd", "controlplane", "worker"]},
        {"address": "192.0.2.4", "hostnameOverride": "n4", "role": ["worker"]},
    ]
}
STATE = State(lineage="1", configuration=APPLIED, hosts={"n1": "192.0.2.1", "n4": "192.0.2.4"})


def test_the_same_hosts_are_no_change() -> None:
    assert changes(STATE, cluster(N4, N1)) == Changes()


def test_a_host_that_nobody_knows_is_added() -> None:
    assert changes(STATE, cluster(N1, N2, N4)) == Changes(added=("n2",))


def test_a_host_that_left_is_known_by_its_address() -> None:
    assert changes(STATE, cluster(N1)) == Changes(removed={"n4": "192.0.2.4"})


def test_a_host_with_other_roles_is_told_apart() -> None:
    state = State(lineage="1", configuration={"nodes": [{"address": "n4", "role": ["etcd"]}]}, hosts={"n4": "n4"})
    assert changes(state, cluster(N4)).rerolled == {
        "n4": RoleChange(before=frozenset({"etcd"}), after=frozenset({"worker"}))
    }


def test_before_anything_was_applied_every_host_is_new() -> None:
    assert changes(State(lineage="1"), cluster(N1, N4)) == Changes(added=("n1", "n4"))


@pytest.mark.parametrize(
    ("configuration", "nodes"),
    [
        ({}, ()),
        ({"nodes": "odd"}, ()),
        ({"nodes": ["odd", {}]}, (RememberedNode(name="", address="", roles=frozenset()),)),
        (
            {"nodes": [{"address": "A.example", "role": ["etcd"]}]},
            (RememberedNode(name="a.example", address="A.example", roles=frozenset({"etcd"})),),
        ),
    ],
)
def test_nodes_are_read_out_of_a_configuration(configuration: dict[str, Any], nodes: tuple[RememberedNode]) -> None:
    assert remembered_nodes(configuration) == nodes

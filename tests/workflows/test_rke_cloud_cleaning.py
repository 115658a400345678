"""``node clean`` where the cloud calls nodes: a machine in use is known by more than the name that was typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rke_py.errors import UsageError
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import node
from tests.workflows.changes import wants

CLOUDS: dict[str, dict[str, Any]] = {
    "aws": {"kubernetes_version": "v1.26.15-rancher1-1", "cloud_provider": {"name": "aws"}},
    "external-aws": {"cloud_provider": {"name": "external-aws", "useInstanceMetadataHostname": True}},
}


@pytest.fixture(params=CLOUDS.values(), ids=CLOUDS)
def cloud(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What cluster.yml says of the cloud."""
    return dict(request.param)


@pytest.mark.parametrize("typed", ["10.0.0.3", "ip-10-0-0-3.eu-central-1.compute.internal"], ids=["address", "node"])
def test_a_living_host_is_not_cleaned_by_what_else_it_is_called(
    folder: Path, cloud: dict[str, Any], typed: str
) -> None:
    person = made_by_rke(folder, "ecw", "w", **cloud)
    person.up()
    machine = person.world.machines["n2"]
    address, machine.address = machine.address, typed
    person.world.add(machine)
    machine.address = address
    with pytest.raises(UsageError, match="n2 is a host of this cluster"):
        person.clean(typed, user="root")
    assert person.world.machines["n2"].running("kubelet")


def test_a_host_that_has_not_left_is_not_cleaned_by_its_other_address(folder: Path, cloud: dict[str, Any]) -> None:
    person = made_by_rke(folder, "ecw", "cw", **cloud)
    person.up()
    wants(person, "ecw")
    with pytest.raises(UsageError, match="n2 has not left this cluster yet"):
        person.clean("10.0.0.3", user="root")
    assert person.world.machines["n2"].running("kubelet")


def test_a_machine_whose_node_nobody_can_name_is_cleaned_only_once_its_kubelet_is_stopped(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "", **CLOUDS["external-aws"])
    person.up()
    person.edit(nodes=[node(1, "ecw"), {**node(2, "w"), "address": "10.0.0.3"}])
    person.up()
    machine = person.world.machines["n2"]
    with pytest.raises(UsageError, match=r"192\.0\.2\.3 runs a node of this cluster, and nobody can tell which one"):
        person.clean("192.0.2.3", user="root")
    assert machine.running("kubelet")
    machine.containers["kubelet"].stop()
    person.clean("192.0.2.3", user="root")
    assert "192.0.2.3: the node that a cloud named, with its pods and their local data" in person.asked
    assert not machine.containers

"""A cluster of RKE's on its way into the upstream family: begun, stopped, broken, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rke_py.errors import Interrupted
from rke_py.plan.migration import of_rke
from rke_py.workflows.context import never
from tests.sim.container import Container
from tests.sim.expect import store_of
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator
from tests.workflows.changes import assert_settled

ROLES = ("ecw", "ecw", "ecw", "w", "w")
SMALL = ("ecw", "w")
NEW, NEXT = "v1.33.13", "v1.34.4"
CORE, WORKERS = ("n1", "n2", "n3"), ("n4", "n5")
MOVE = "move the node and its pods to containerd"
CARRY, BACK = "bring its pods' images to containerd", "prove its pods"
FORGET = "delete what RKE left in the cluster"


def taken_over(folder: Path, *roles: str, **config: object) -> Operator:
    """Return the operator of a cluster that RKE made, right before its way into the upstream family."""
    person = made_by_rke(folder, *roles, **config)
    person.up()
    person.edit(kubernetes_version=NEW)
    person.next_script()
    person.asked.clear()
    return person


def moved(person: Operator) -> list[str]:
    return [host for host, step in person.script.started if step == MOVE]


def of_rke_on(person: Operator, name: str) -> list[str]:
    found = person.world.machines[name].containers.values()
    return sorted(one.spec.name for one in found if one.spec.labels and of_rke(one.found()))


def settles(person: Operator) -> None:
    """Expect the new version everywhere, nothing of RKE's on any host, and nothing left to do."""
    for name, machine in person.world.machines.items():
        assert of_rke_on(person, name) == []
        assert not machine.addresses
        assert machine.pods
        assert not any("kube-node.pem" in path for path in machine.files)
    assert {node.kubelet_version for node in store_of(person).nodes.values()} == {NEW}
    assert store_of(person).left_by_rke == set()
    assert person.world.laws.core_down <= 1
    assert person.world.laws.workers_down <= 1
    assert_settled(person)


def stopped_after(person: Operator, host: str, step: str) -> None:
    """Let a run go as far as a step, and no further."""
    script = person.next_script()
    person.stops = lambda: (host, step) in script.started
    with pytest.raises(Interrupted):
        person.up()
    person.stops = never


def breaks(person: Operator, says: Callable[[Container], str]) -> None:
    person.world.faults.on_start.append(says)


def mend(person: Operator) -> None:
    person.world.faults.on_start.clear()
    person.world.faults.on_check.clear()


def kubelet_on(machine: str) -> Callable[[Container], str]:
    """Let our kubelet end at once on a machine."""

    def says(container: Container) -> str:
        mine = container.machine.name == machine and container.spec.name == "kubelet"
        return "no container runtime" if mine and "-rancher" not in container.spec.image else ""

    return says

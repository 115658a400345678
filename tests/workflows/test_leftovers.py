"""What killed runs leave behind, and that the next one tidies up."""

from __future__ import annotations

import pytest

from rke_py.plan.containers import ContainerSpec
from tests.sim.expect import faults_of


@pytest.mark.parametrize("name", ["rke-py-files-0a1b", "rke-py-tools-install-cni", "rke-py-survey"])
def test_a_helper_that_was_left_over_is_removed(running, name):
    person = running("ecw", "w")
    machine = person.world.machines["n2"]
    spec = ContainerSpec(name=name, image=next(iter(machine.images)), entrypoint=("true",), restart="no")
    machine.create(spec)
    person.up()
    assert person.script.started == (("n2", f"remove {name}"),)
    assert faults_of(person) == []


def test_containers_of_others_are_left_alone(running):
    person = running("ecw")
    machine = person.world.machines["n1"]
    machine.create(ContainerSpec(name="registry", image=next(iter(machine.images)), entrypoint=("serve",)))
    assert person.up().plan.empty
    assert "registry" in machine.containers

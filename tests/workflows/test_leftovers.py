"""What killed runs leave behind, and that the next one tidies up."""

from __future__ import annotations

import pytest

from rke_py.plan.containers import ContainerSpec
from rke_py.transport.tools import look_name, tools_container
from tests.sim.expect import faults_of


@pytest.mark.parametrize("name", ["rke-py-files-0a1b", "rke-py-tools-install-cni", "rke-py-look-survey-0a1b"])
def test_a_helper_that_was_left_over_is_removed(running, name):
    person = running("ecw", "w")
    machine = person.world.machines["n2"]
    spec = ContainerSpec(name=name, image=next(iter(machine.images)), entrypoint=("true",), restart="no")
    machine.create(spec)
    person.up()
    assert person.script.started == (("n2", f"remove {name}"),)
    assert faults_of(person) == []


def test_a_helper_that_looks_for_another_run_is_left_at_work(running):
    person = running("ecw", "w")
    machine = person.world.machines["n2"]
    name, image = look_name("survey", "0a1b"), next(image for image in machine.images if "tools" in image)
    machine.create(tools_container(image, ("survey", "--seconds", "120", "--"), name=name)).start()
    assert person.up().plan.empty
    assert machine.running(name)


def test_containers_of_others_are_left_alone(running):
    person = running("ecw")
    machine = person.world.machines["n1"]
    machine.create(ContainerSpec(name="registry", image=next(iter(machine.images)), entrypoint=("serve",)))
    assert person.up().plan.empty
    assert "registry" in machine.containers

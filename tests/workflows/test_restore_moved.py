"""A restore onto other machines under the old names: an old one that comes back is known, and is cleaned."""

from __future__ import annotations

import json

import pytest

from tests.sim.expect import faults_of
from tests.sim.fleet import address
from tests.sim.operator import Operator
from tests.workflows.changes import another_machine

ROLES = ("ecw", "ecw", "ecw", "w")
MEMBERS = ("n1", "n2", "n3")


@pytest.fixture
def saved(running, folder) -> Operator:
    """The operator of a cluster, with a snapshot in the folder, and with three machines that are in no cluster."""
    person = running(*ROLES, "", "", "")
    person.preload()
    person.snapshot("monday")
    kept = person.world.machines["n2"].snapshots.popitem()[1]
    (folder / "monday.db").write_bytes(kept.content)
    (folder / "monday.json").write_text(json.dumps(kept.manifest))
    return person


@pytest.fixture
def replaced(saved, folder) -> Operator:
    """The operator after a restore onto new machines that have the names of the members, which are all gone."""
    for name, spare in zip(MEMBERS, ("n5", "n6", "n7"), strict=True):
        saved.world.machines[name].power_off()
        another_machine(saved, name, spare)
    saved.restore(str(folder / "monday.db"))
    return saved


def unclean(person: Operator) -> set[str]:
    return {name for name, record in person.state.hosts.items() if record.forgotten}


def test_the_old_machines_stay_known_as_not_clean(replaced):
    assert unclean(replaced) == {address(number) for number in (1, 2, 3)}
    replaced.up()
    standing = {node.name: str(node.standing) for node in replaced.nodes()}
    assert {standing[address(number)] for number in (1, 2, 3)} == {"left, not clean"}


def test_one_that_comes_back_is_cleaned_by_its_address(replaced):
    replaced.up()
    old = replaced.world.machines["old-n1"]
    old.power_on()
    replaced.clean(address(1))
    assert not old.containers
    assert not old.files
    assert unclean(replaced) == {address(2), address(3)}
    assert replaced.world.machines["n1"].running("kubelet")
    replaced.world.time.pass_time(60)
    assert faults_of(replaced) == []


def test_a_machine_that_only_has_another_address_is_no_other_one(saved, folder):
    machine = saved.world.machines["n4"]
    machine.address = "192.0.2.99"
    saved.world.add(machine)
    (*members, worker) = saved.config["nodes"]
    saved.edit(nodes=[*members, {**worker, "address": "192.0.2.99"}])
    saved.restore(str(folder / "monday.db"))
    assert unclean(saved) == set()
    assert saved.state.hosts["n4"].address == "192.0.2.99"

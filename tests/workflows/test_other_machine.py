"""The name of a node at another address: another machine is never made the same node beside the one that was it."""

from __future__ import annotations

import pytest

from rke_py.errors import PreflightError, UsageError
from tests.sim.expect import faults_of, group_in_use, store_of
from tests.sim.fleet import address
from tests.workflows.changes import another_machine, assert_settled, dead, wants

FIVE = ("ecw", "ecw", "ecw", "w", "")


@pytest.mark.parametrize("name", ["n3", "n4"])
def test_no_second_kubelet_starts_as_the_node_of_a_machine_that_runs(running, name):
    person = running(*FIVE)
    another_machine(person, name, "n5")
    mark = len(person.world.calls.log)
    with pytest.raises(PreflightError) as caught:
        person.up()
    (problem,) = caught.value.problems
    assert problem.where == name
    assert "and the machine there carries nothing of this cluster" in problem.what
    assert f"rke-py node replace {name}" in problem.hint
    assert [call for call in person.world.calls.since(mark) if call.changing and "rke-py" not in call.name] == []
    assert person.world.machines[f"old-{name}"].running("kubelet")
    assert person.state.hosts[name].address == address(int(name[1:]))


def test_two_nodes_whose_addresses_were_mixed_up_are_told_apart(running):
    person = running("ecw", "w", "w")
    first, second, third = person.config["nodes"]
    places = [{key: each[key] for key in ("address", "internal_address")} for each in (second, third)]
    person.edit(nodes=[first, {**second, **places[1]}, {**third, **places[0]}])
    with pytest.raises(PreflightError) as caught:
        person.up()
    assert [(problem.where, problem.what.rpartition(", ")[2]) for problem in caught.value.problems] == [
        ("n2", "and the machine there is n3"),
        ("n3", "and the machine there is n2"),
    ]


def test_a_machine_that_changed_its_address_stays_the_node(running):
    person = running(*FIVE)
    machine = person.world.machines["n4"]
    machine.address = "192.0.2.99"
    person.world.add(machine)
    nodes = [
        {**each, "address": "192.0.2.99"} if each["hostname_override"] == "n4" else each
        for each in person.config["nodes"]
    ]
    person.edit(nodes=nodes)
    person.up()
    assert person.state.hosts["n4"].address == "192.0.2.99"
    assert person.nodes()[-1].name == "n4"
    assert_settled(person)


def test_an_address_that_was_wrong_from_the_beginning_is_corrected(running):
    person = running("ecw", "", "")
    wrong = {**person.config["nodes"][0], "hostname_override": "n3", "role": ["worker"]}
    wants(person, "ecw", "w", "")
    (*others, worker) = person.config["nodes"]
    wrong = {**worker, "hostname_override": "n3"}
    person.world.machines["n2"].power_off()
    person.edit(nodes=[*others, wrong])
    with pytest.raises(Exception, match="did not answer: n3"):
        person.up()
    wants(person, "ecw", "", "w")
    person.up()
    assert faults_of(person) == []


def test_a_dead_machine_is_replaced_under_its_name_and_remembered_as_not_clean(running):
    person = running(*FIVE)
    dead(person, "n3")
    another_machine(person, "n3", "n5")
    with pytest.raises(PreflightError):
        person.up()
    person.replace("n3")
    assert faults_of(person) == []
    assert len(group_in_use(person).members) == 3
    assert [(node.name, str(node.standing)) for node in person.nodes()][-1] == (address(3), "left, not clean")
    assert_settled(person)


def test_a_machine_that_answers_is_not_replaced_under_its_name(running):
    person = running(*FIVE)
    another_machine(person, "n3", "n5")
    with pytest.raises(UsageError, match=f"n3 answers at {address(3)}, so it is not dead"):
        person.replace("n3")
    assert person.world.machines["n3"].containers == {}


def test_a_machine_that_was_replaced_under_its_name_is_cleaned_by_its_address(running):
    person = running(*FIVE)
    dead(person, "n4")
    another_machine(person, "n4", "n5")
    person.replace("n4")
    old = person.world.machines["old-n4"]
    old.power_on()
    person.clean(address(4))
    assert not old.containers
    assert not old.files
    assert person.world.machines["n4"].running("kubelet")
    assert {node.name for node in person.nodes()} == {"n1", "n2", "n3", "n4"}
    with pytest.raises(UsageError, match="n4 is a host of this cluster"):
        person.clean("n4")


def test_removing_the_cluster_leaves_another_machine_alone_and_says_which_one_is_not_cleaned(running):
    person = running(*FIVE)
    another_machine(person, "n4", "n5")
    stranger = person.world.machines["n4"]
    stranger.pods.add("somebody-else")
    person.remove()
    assert stranger.pods == {"somebody-else"}
    assert f"n4: the machine at {address(4)}, its address before, is not cleaned" in person.asked


def test_the_node_of_a_machine_stays_when_another_one_under_its_name_is_cleaned(running):
    person = running(*FIVE)
    another_machine(person, "n4", "n5")
    person.clean("n4")
    assert "n4" in store_of(person).nodes
    assert person.state.hosts["n4"].address == address(4)


def test_a_forgotten_machine_stays_known_when_its_name_is_given_to_another(running):
    person = running(*FIVE)
    dead(person, "n4")
    wants(person, "ecw", "ecw", "ecw", "", "")
    person.up()
    wants(person, "ecw", "ecw", "ecw", "w", "")
    another_machine(person, "n4", "n5")
    person.up()
    assert faults_of(person) == []
    assert {node.name: str(node.standing) for node in person.nodes()}[address(4)] == "left, not clean"


@pytest.mark.parametrize("roles", [("ecw", "ecw", "ecw", "w", "w"), ("ecw",) * 5], ids=["workers", "members"])
def test_two_dead_machines_are_replaced_under_their_names_as_it_is_said(running, roles):
    person = running(*roles, "", "")
    for name, spare in (("n4", "n6"), ("n5", "n7")):
        dead(person, name)
        another_machine(person, name, spare)
    with pytest.raises(PreflightError) as caught:
        person.up()
    hints = {problem.hint for problem in caught.value.problems}
    assert [hint.partition(":")[0] for hint in hints] == [
        "Take n4, n5 out of cluster.yml, run rke-py up, and put them in again"
    ]
    nodes = person.config["nodes"]
    for asked in (nodes[:3], nodes):
        person.edit(nodes=asked)
        person.up()
        person.world.time.pass_time(60)
    assert {(node.name, str(node.standing)) for node in person.nodes()} >= {
        (address(number), "left, not clean") for number in (4, 5)
    }
    assert_settled(person)

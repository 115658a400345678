"""``node list``, ``node replace`` and ``node clean``."""

from __future__ import annotations

import pytest

from rke_py.errors import ConsentMissing, PreflightError, Unreachable, UsageError
from tests.sim.expect import faults_of
from tests.sim.left_by_rke import made_by_rke
from tests.workflows.changes import dead, wants
from tests.workflows.migrating import NEW, taken_over

SIX = ("ecw", "ecw", "ecw", "w", "w", "")
ZONE = "topology.kubernetes.io/zone"


@pytest.mark.parametrize("names", [("n6",), ()], ids=["by name", "by what is new"])
def test_a_dead_host_is_replaced_by_what_stands_in_its_place(running, names):
    person = running(*SIX)
    dead(person, "n3")
    wants(person, "ecw", "ecw", "", "w", "w", "ecw")
    person.replace("n3", *names)
    assert faults_of(person) == []
    assert person.state.hosts["n3"].forgotten


def test_a_machine_under_the_old_name_takes_its_place(running):
    person = running(*SIX)
    dead(person, "n3")
    machine = person.world.machines["n3"]
    machine.containers.clear()
    machine.files.clear()
    machine.traces.clear()
    machine.cni.clear()
    machine.pods.clear()
    machine.empty_etcd()
    machine.power_on()
    person.replace("n3")
    assert faults_of(person) == []


REFUSED = [
    pytest.param("n9", (), SIX, "knows no host n9", id="nobody knows it"),
    pytest.param("n5", (), ("ecw", "ecw", "ecw", "w", "", "w"), "answers", id="it lives"),
    pytest.param("n3", ("n6",), SIX, "still has n3", id="cluster.yml has it"),
    pytest.param("n4", ("n6",), ("ecw", "ecw", "ecw", "", "w", ""), "no host n6", id="the new one is not there"),
    pytest.param("n4", (), ("ecw", "ecw", "ecw", "", "w", ""), "no host that is new", id="nothing is new"),
    pytest.param("n4", ("n6",), ("ecw", "ecw", "ecw", "", "w", "e"), "is not: worker", id="not its roles"),
]


@pytest.mark.parametrize(("old", "new", "after", "reason"), REFUSED)
def test_what_is_no_replacement_is_refused(running, old, new, after, reason):
    person = running(*SIX)
    if old == "n4":
        dead(person, old)
    wants(person, *after)
    mark = len(person.world.calls.log)
    with pytest.raises(UsageError, match=reason):
        person.replace(old, *new)
    assert [call for call in person.world.calls.since(mark) if call.changing and "rke-py" not in call.name] == []


def test_without_quorum_nobody_is_replaced(running):
    person = running(*SIX)
    dead(person, "n2")
    dead(person, "n3")
    wants(person, "ecw", "", "", "w", "w", "ecw")
    with pytest.raises(PreflightError, match="no quorum"):
        person.replace("n3", "n6")


def test_a_zone_that_nobody_has_any_more_is_named(running):
    person = running(*SIX)
    nodes = person.config["nodes"]
    nodes[4]["labels"] = {ZONE: "b"}
    person.edit(nodes=nodes)
    person.up()
    dead(person, "n5")
    wants(person, "ecw", "ecw", "ecw", "w", "", "w")
    script = person.next_script()
    person.replace("n5", "n6")
    warned = [event.problem.what for event in script.events if hasattr(event, "problem")]
    assert any(f"{ZONE}=b" in what for what in warned)


def test_a_forgotten_host_is_cleaned_once_it_is_back(running):
    person = running(*SIX)
    dead(person, "n5")
    wants(person, "ecw", "ecw", "ecw", "w", "", "")
    person.up()
    with pytest.raises(Unreachable):
        person.clean("n5")
    person.world.machines["n5"].power_on()
    person.world.time.pass_time(60)
    person.clean("n5")
    assert any("a part of this cluster" in cost for cost in person.asked)
    assert "n5" not in person.state.hosts
    assert faults_of(person) == []


def test_a_forgotten_host_that_rke_set_up_is_cleaned_once_the_cluster_has_left_rkes_releases(folder):
    person = made_by_rke(folder, "ecw", "w", "w")
    person.up()
    dead(person, "n3")
    wants(person, "ecw", "w", "")
    person.up()
    person.edit(kubernetes_version=NEW)
    person.up()
    person.world.machines["n3"].power_on()
    person.world.time.pass_time(60)
    person.clean("n3")
    machine = person.world.machines["n3"]
    assert any("a part of this cluster" in cost for cost in person.asked)
    assert (machine.containers, machine.files) == ({}, {})
    assert "n3" not in person.state.hosts
    assert faults_of(person) == []


@pytest.mark.parametrize("name", ["n2", "n3"])
def test_a_host_that_rke_set_up_and_the_cluster_uses_is_not_cleaned_on_its_way_out_of_rkes_releases(folder, name):
    person = taken_over(folder, "ecw", "w", "ew")
    with pytest.raises(UsageError, match=f"{name} is a host of this cluster"):
        person.clean(name)


def test_a_machine_is_cleaned_without_a_state(running):
    person = running(*SIX)
    machine = person.world.machines["n5"]
    for path in person.folder.iterdir():
        path.unlink()
    person.clean(machine.address, user="root")
    assert any("nobody can name" in cost or "ANOTHER cluster" in cost for cost in person.asked)
    assert machine.containers == {}
    assert not machine.files


def test_a_machine_that_rke_set_up_is_cleaned_without_a_state(folder):
    person = made_by_rke(folder, "ecw", "w")
    machine = person.world.machines["n1"]
    for path in person.folder.iterdir():
        path.unlink()
    person.clean(machine.address, user="root")
    assert any("ANOTHER cluster, which RKE made" in cost for cost in person.asked)
    assert (machine.containers, machine.files) == ({}, {})


@pytest.mark.parametrize("name", ["n1", "192.0.2.2", "10.0.0.2"], ids=["by name", "by address", "by another address"])
def test_without_a_state_no_host_of_cluster_yml_is_cleaned_while_it_carries_a_cluster(running, name):
    person = running(*SIX)
    for path in person.folder.iterdir():
        path.unlink()
    person.write()
    with pytest.raises(UsageError, match=r"cluster\.yml has n1, which carries a cluster, and no state tells"):
        person.clean(name)
    assert person.world.machines["n1"].running("etcd")
    wants(person, "", "ecw", "ecw", "w", "w", "")
    person.clean(person.world.machines["n1"].address, user="root")
    assert not person.world.machines["n1"].containers


def test_a_host_that_the_cluster_uses_is_not_cleaned(running):
    person = running(*SIX)
    with pytest.raises(UsageError, match="n5 is a host of this cluster"):
        person.clean("n5")
    with pytest.raises(UsageError, match="n5 is a host of this cluster"):
        person.clean(person.world.machines["n5"].internal_address)
    assert faults_of(person) == []


def test_a_host_that_has_not_left_yet_is_not_cleaned_while_it_serves(running):
    person = running(*SIX)
    wants(person, "ecw", "ecw", "", "w", "w", "")
    with pytest.raises(UsageError, match=r"n3 has not left this cluster yet, and carries its etcd, kube-apiserver"):
        person.clean("n3")
    assert person.world.machines["n3"].running("etcd")
    person.up()
    assert faults_of(person) == []


def test_nothing_is_cleaned_without_consent(running):
    person = running(*SIX)
    wants(person, "ecw", "ecw", "ecw", "w", "", "")
    person.agrees = False
    with pytest.raises(ConsentMissing):
        person.clean("n5")
    assert person.world.machines["n5"].running("kubelet")


def test_hosts_are_listed_with_how_they_stand_to_the_cluster(running):
    person = running(*SIX)
    dead(person, "n5")
    wants(person, "ecw", "ecw", "ecw", "w", "", "")
    person.up()
    wants(person, "ecw", "ecw", "ew", "", "", "w")
    assert {found.name: str(found.standing) for found in person.nodes()} == {
        "n1": "in use",
        "n2": "in use",
        "n3": "changes its roles",
        "n4": "leaves",
        "n5": "left, not clean",
        "n6": "new",
    }

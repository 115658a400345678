"""``--only``: some hosts, where the others may be left as they are."""

from __future__ import annotations

import pytest

from rke_py.errors import PreflightError, UsageError
from tests.sim.expect import faults_of
from tests.workflows.changes import dead, wants

ROLES = ("ecw", "ecw", "ecw", "w", "w")


def images(person, name):
    """Return which image every host's container of that name runs."""
    return {machine.name: machine.containers[name].spec.image for machine in person.world.machines.values()}


def test_a_new_worker_comes_up_while_others_are_left_as_they_are(operator):
    person = operator(*ROLES)
    nodes = person.config["nodes"]
    person.edit(nodes=nodes[:4])
    person.up()
    person.world.time.pass_time(60)
    person.edit(nodes=nodes, services={"kubeproxy": {"extra_args": {"v": "5"}}})
    person.only = frozenset({"n5"})
    script = person.next_script()
    person.up()
    assert {host for host, _ in script.started} == {"n5"}
    person.only = frozenset()
    person.up()
    assert faults_of(person) == []


def test_what_was_left_is_named_and_still_to_be_done(running):
    person = running(*ROLES)
    person.edit(services={"kubeproxy": {"extra_args": {"v": "5"}}})
    person.only = frozenset({"n4"})
    script = person.next_script()
    person.up()
    (finished,) = [event for event in script.events if type(event).__name__ == "Finished"]
    assert any("n1, n2, n3, n5" in line for line in finished.attention)
    assert person.state.configuration != person.state.desired
    person.only = frozenset()
    assert {step.host for step in person.plan().steps} == {"n1", "n2", "n3", "n5"}


def test_nothing_left_means_all_is_done(running):
    person = running(*ROLES)
    person.edit(
        nodes=[{**node, "labels": {"a": "b"}} if i == 3 else node for i, node in enumerate(person.config["nodes"])]
    )
    person.only = frozenset({"n4"})
    person.up()
    assert person.state.configuration == person.state.desired


def test_a_worker_does_not_go_before_the_control_plane(running):
    person = running(*ROLES, kubernetes_version="v1.34.3")
    before = images(person, "kubelet")
    person.edit(kubernetes_version="v1.34.4")
    person.only = frozenset({"n4"})
    with pytest.raises(PreflightError) as caught:
        person.up()
    (problem,) = caught.value.problems
    assert (problem.where, problem.what) == (
        "n4",
        "its turn (workers) comes after that of n1, n2, n3, which --only leaves out",
    )
    assert images(person, "kubelet") == before


def test_an_api_server_does_not_leave_before_every_proxy_was_told(running):
    person = running("ecw", "w", "w", "w")
    wants(person, "ew", "cw", "w", "w")
    person.only = frozenset({"n1", "n2"})
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert "n3, n4, which --only leaves out" in str(raised.value.problems)


def test_no_member_joins_before_a_lost_one_is_removed(running):
    person = running("ecw", "ecw", "ecw", "w", "")
    dead(person, "n3")
    wants(person, "ecw", "ecw", "", "w", "ecw")
    person.only = frozenset({"n5"})
    with pytest.raises(PreflightError) as caught:
        person.up()
    problem = next(problem for problem in caught.value.problems if "(etcd)" in problem.what)
    assert problem.what == "its turn (etcd) comes after that of n3, which --only leaves out"
    assert problem.hint == "Leave --only away: cluster.yml does not have n3 any more, so it cannot be named."
    person.only = frozenset()
    person.up()
    assert faults_of(person) == []


def test_a_cluster_that_is_not_made_yet_needs_all(operator):
    person = operator("ecw", "w")
    person.only = frozenset({"n1"})
    with pytest.raises(PreflightError, match="one fault"):
        person.up()
    assert person.world.groups == []


def test_a_worker_that_is_not_meant_may_be_away(running):
    person = running(*ROLES)
    person.world.machines["n5"].power_off()
    person.only = frozenset({"n4"})
    assert person.up().plan.empty


@pytest.mark.parametrize("option", ["only", "skip"])
def test_a_host_that_cluster_yml_does_not_have_is_refused(running, option):
    person = running("ecw", "w")
    setattr(person, option, frozenset({"n9"}))
    with pytest.raises(UsageError, match=f"--{option}: cluster.yml has no host n9"):
        person.up()


def test_a_worker_may_be_named_alone_while_a_lost_member_waits_for_its_removal(running):
    person = running("ecw", "ecw", "ecw", "w")
    dead(person, "n3")
    wants(person, "ecw", "ecw", "", "w")
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    person.only = frozenset({"n1", "n2", "n4"})
    person.up()
    assert "--v=4" in person.world.machines["n4"].containers["kubelet"].spec.command

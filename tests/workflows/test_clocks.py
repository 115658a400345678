"""Machines whose clocks differ from rke-py's and from one another's, as far as they may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rke_py.errors import WorkersFailed
from rke_py.progress import StepEnded
from tests.sim.calls import When
from tests.sim.expect import faults_of
from tests.sim.operator import Operator

pytestmark = pytest.mark.thorough

ROLES = ("ecw", "ecw", "ecw", "w")
SKEWS = [
    pytest.param((25, 25, 25, 25), id="all ahead"),
    pytest.param((-25, -25, -25, -25), id="all behind"),
    pytest.param((20, 0, -20, 15), id="each its own"),
]


def skew(person: Operator, seconds: tuple[int, ...]) -> None:
    for machine, difference in zip(person.world.machines.values(), seconds, strict=True):
        machine.skew = timedelta(seconds=difference)


def set_ours(person: Operator, hours: int) -> None:
    person.world.time.set_wall(timedelta(hours=hours))


@pytest.mark.parametrize("seconds", SKEWS)
def test_up_gets_there_and_then_has_nothing_to_do(operator, seconds):
    person = operator(*ROLES)
    skew(person, seconds)
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


@pytest.mark.parametrize("seconds", SKEWS)
def test_a_file_is_taken_up_once(running, seconds):
    person = running(*ROLES)
    skew(person, seconds)
    person.world.time.pass_time(120)
    person.up()
    del person.world.machines["n1"].files["/etc/kubernetes/ssl/kube-ca.pem"]
    del person.world.machines["n4"].files["/etc/kubernetes/haproxy.cfg"]
    person.next_script()
    person.up()
    assert ("n1", "restart kube-apiserver") in person.script.started
    assert ("n4", "reload haproxy") in person.script.started
    assert faults_of(person) == []
    assert person.up().plan.empty


@pytest.mark.parametrize("seconds", SKEWS)
def test_a_run_killed_between_writing_and_restarting_is_healed(running, seconds):
    person = running(*ROLES)
    skew(person, seconds)
    person.world.time.pass_time(120)
    del person.world.machines["n1"].files["/etc/kubernetes/ssl/kube-ca.pem"]
    assert person.killed_up(1, When.AFTER)
    person.up()
    assert ("n1", "restart kube-apiserver") in person.script.started
    assert faults_of(person) == []
    assert person.up().plan.empty


EVERYTHING = {
    "etcd": {"extra_args": {"snapshot-count": "20000"}},
    **{name: {"extra_args": {"v": "4"}} for name in ("kube-api", "kube-controller", "kubelet", "kubeproxy")},
}
SETS = pytest.mark.parametrize("hours", [3, -3], ids=["forward", "back"])


@SETS
@pytest.mark.parametrize("step", [2, 12])
def test_our_clock_may_be_set_while_a_run_is_under_way(running, hours, step):
    person = running(*ROLES)
    person.edit(services=EVERYTHING)
    person.script.at(lambda _, count: count == step, lambda: set_ours(person, hours))
    began = person.world.now
    person.up()
    assert person.world.now - began < timedelta(minutes=5)
    assert person.world.laws.core_down <= 1
    set_ours(person, 0)
    assert faults_of(person) == []
    assert person.up().plan.empty


@SETS
def test_what_does_not_work_is_given_up_in_time_whatever_our_clock_shows(running, hours):
    person = running(*ROLES)
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    person.world.faults.on_check.append(
        lambda container: "not yet" if (container.machine.name, container.spec.name) == ("n4", "kubelet") else ""
    )
    on_n4 = ("n4", "replace kubelet")
    person.script.at(lambda event, _: (event.host, event.step) == on_n4, lambda: set_ours(person, hours))
    with pytest.raises(WorkersFailed):
        person.up()
    (ended,) = (event for event in person.script.events if isinstance(event, StepEnded) and event.error)
    assert 300 <= ended.seconds <= 900, "the new kubelet and the old one each have five minutes"


@SETS
def test_a_hosts_clock_may_be_set_while_a_run_is_under_way(running, hours):
    person = running(*ROLES)
    person.edit(services=EVERYTHING)
    person.world.time.pass_time(4 * 3600)  # its certificates are older than the time that its clock is set back to
    machine = person.world.machines["n2"]

    def set_theirs() -> None:
        machine.skew = timedelta(hours=hours)

    person.script.at(lambda event, _: event.step == "replace etcd", set_theirs)
    person.up()
    machine.skew = timedelta()
    assert faults_of(person) == []

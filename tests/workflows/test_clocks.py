"""Machines whose clocks differ from rke-py's and from one another's, as far as they may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.sim.calls import When
from tests.sim.expect import faults_of
from tests.sim.operator import Operator

ROLES = ("ecw", "ecw", "ecw", "w")
SKEWS = [
    pytest.param((25, 25, 25, 25), id="all ahead"),
    pytest.param((-25, -25, -25, -25), id="all behind"),
    pytest.param((20, 0, -20, 15), id="each its own"),
]


def skew(person: Operator, seconds: tuple[int, ...]) -> None:
    for machine, difference in zip(person.world.machines.values(), seconds, strict=True):
        machine.skew = timedelta(seconds=difference)


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

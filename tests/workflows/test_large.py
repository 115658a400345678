"""Large fleets."""

from __future__ import annotations

import pytest

from tests.sim.expect import faults_of
from tests.sim.operator import Operator

LARGE_RANGE = {"kube-controller": {"cluster_cidr": "10.128.0.0/12"}}


def made(operator, workers: int) -> Operator:
    """Make a cluster of three members, three control-plane nodes and some workers."""
    person = operator(*["e"] * 3, *["c"] * 3, *["w"] * workers, services=LARGE_RANGE)
    person.up()
    return person


@pytest.mark.long
def test_a_thousand_hosts(operator):
    person = made(operator, 994)
    assert faults_of(person) == []
    assert person.up().plan.empty


@pytest.mark.long
def test_a_thousand_hosts_are_changed_within_the_limit(operator):
    person = made(operator, 994)
    person.world.time.pass_time(60)
    person.world.laws.workers_down = 0
    person.edit(services={**LARGE_RANGE, "kubelet": {"extra_args": {"v": "4"}}})
    person.up()
    assert 0 < person.world.laws.workers_down <= 99
    assert faults_of(person) == []


def test_sixty_hosts(operator):
    person = made(operator, 54)
    assert faults_of(person) == []
    assert person.up().plan.empty


@pytest.mark.long
def test_a_fleet_to_measure_on_takes_its_time(operator):
    person = operator("ecw", "w", latency=0.001)
    person.preload()
    person.up()
    assert faults_of(person) == []
    assert [call for call in person.world.calls.log if call.verb == "pull"] == []

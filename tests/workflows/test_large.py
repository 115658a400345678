"""Large fleets."""

from __future__ import annotations

import pytest

from tests.sim.expect import faults_of
from tests.sim.operator import Operator, node

pytestmark = pytest.mark.thorough

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


MANY = pytest.mark.parametrize("workers", [30, pytest.param(993, marks=pytest.mark.long)])


def one_more(operator, workers: int, letters: str) -> dict[str, set[str]]:
    """Let a large cluster get one host more, and return what was done to each of the others: verbs with names."""
    new = workers + 7
    person = operator(*["e"] * 3, *["c"] * 3, *["w"] * workers, "", services=LARGE_RANGE)
    person.up()
    person.world.time.pass_time(60)
    person.edit(nodes=[*person.config["nodes"], node(new, letters)])
    mark = len(person.world.calls.log)
    person.up()
    assert faults_of(person) == []
    done: dict[str, set[str]] = {}
    for call in person.world.calls.since(mark):
        if call.changing and call.host not in ("", f"n{new}"):
            done.setdefault(call.host, set()).add(f"{call.verb} {call.name}")
    return done


@MANY
def test_one_more_worker_touches_no_other_host(operator, workers):
    assert one_more(operator, workers, "w") == {}


def test_one_more_control_plane_host_is_told_to_api_proxies_and_to_nobody_else(operator):
    done = one_more(operator, 20, "c")
    assert done.keys() >= {f"n{number}" for number in range(7, 27)}
    deeds = {deed for deeds in done.values() for deed in deeds if "rke-py-files" not in deed}
    assert deeds == {"signal haproxy"}


@pytest.mark.long
def test_a_fleet_to_measure_on_takes_its_time(operator):
    person = operator("ecw", "w", latency=0.001)
    person.preload()
    person.up()
    assert faults_of(person) == []
    assert [call for call in person.world.calls.log if call.verb == "pull"] == []

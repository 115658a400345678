"""``plan``: what ``up`` would do, and nothing is touched."""

from __future__ import annotations

import pytest

from rke_py.errors import ConfigError
from tests.sim.expect import faults_of
from tests.sim.operator import Operator

ROLES = ("ecw", "ecw", "ecw", "w")


def planned(person: Operator) -> list[tuple[str, str]]:
    """Plan, and see that nothing was touched."""
    mark, before = len(person.world.calls.log), person.files()
    steps = [(step.host, step.title) for step in person.plan().steps]
    assert [call for call in person.world.calls.since(mark) if call.changing] == []
    assert {name: text for name, text in person.files().items() if not name.endswith(".lock")} == {
        name: text for name, text in before.items() if not name.endswith(".lock")
    }
    return steps


def test_a_plan_for_new_machines_touches_nothing(operator):
    person = operator(*ROLES)
    steps = planned(person)
    assert ("n1", "bootstrap etcd") in steps
    assert not person.has_state


@pytest.mark.parametrize(
    "changes",
    [
        {"services": {"kube-api": {"extra_args": {"v": "4"}}}},
        {"services": {"etcd": {"extra_args": {"snapshot-count": "20000"}}, "kubelet": {"extra_args": {"v": "4"}}}},
        {"kubernetes_version": "v1.34.5"},
        {"monitoring": {"provider": "none"}},
    ],
    ids=["one component", "two components", "another version", "no metrics"],
)
def test_up_does_what_was_planned(running, changes):
    person = running(*ROLES)
    person.edit(**changes)
    steps = planned(person)
    assert steps
    person.up()
    assert sorted(person.script.started) == sorted(steps)
    assert faults_of(person) == []


def test_a_plan_for_a_cluster_as_wanted_is_empty(running):
    person = running(*ROLES)
    assert planned(person) == []


@pytest.mark.parametrize("version", ["v1.34.3", "v1.33.13"])
def test_an_older_version_is_refused_before_anything_is_touched(running, version):
    person = running(*ROLES)
    person.edit(kubernetes_version=version)
    with pytest.raises(ConfigError, match="no way back"):
        planned(person)

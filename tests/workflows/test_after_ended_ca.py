"""While a CA that ended is still being replaced, since a worker was silent: what is down later is down as ever."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rke_py.errors import WorkersFailed
from rke_py.pki.rotation import Kind
from tests.sim.calls import When
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator
from tests.workflows.short_lived import ended_alone

ROLES = ("ecw", "w", "w", "w")
QUICK = {"pki": {"key_algorithm": "ecdsa-p256"}}
LATER = 3 * 86400
EDIT = {"kubelet": {"extra_args": {"v": "4"}}, "kube-api": {"extra_args": {"v": "4"}}}


@pytest.fixture
def supplied(operator: Callable[..., Operator], tmp_path: Path) -> Callable[..., Operator]:
    """Make a cluster one of whose CAs, an owner's, has just ended alone."""

    def make(ca: str, *roles: str) -> Operator:
        return ended_alone(ca, operator(*roles, **QUICK), tmp_path)

    return make


def left_open(person: Operator) -> None:
    """Replace what ended while a worker is silent; later the API servers stop."""
    person.world.machines["n4"].reachable = False
    with pytest.raises(WorkersFailed):
        person.rotate(Kind.AUTHORITIES)
    down_later(person)


def down_later(person: Operator) -> None:
    assert person.state.rotation is not None
    person.world.machines["n4"].reachable = True
    person.world.time.pass_time(LATER)
    person.world.machines["n1"].containers["kube-apiserver"].stop()
    person.edit(services=EDIT)


def interrupts_as_ever(person: Operator) -> None:
    plan = person.plan()
    assert {stage.name: stage.limit for stage in plan.stages if stage.name in ("nodes", "workers")} == {
        "nodes": 1,
        "workers": 1,
    }
    assert any("one control-plane node" in cost for cost in plan.outages)


@pytest.mark.parametrize("family", ["ours", "RKE's"])
def test_nodes_are_taken_down_within_their_limit_again(
    running: Callable[..., Operator], folder: Path, family: str
) -> None:
    person = running(*ROLES, **QUICK) if family == "ours" else made_by_rke(folder, *ROLES, **QUICK)
    person.world.time.pass_time(3651 * 86400)
    left_open(person)
    interrupts_as_ever(person)


@pytest.mark.parametrize("ca", ["kube-apiserver-requestheader-ca", "kube-etcd-ca"])
def test_so_they_are_where_another_ca_ended_alone(supplied: Callable[..., Operator], ca: str) -> None:
    person = supplied(ca, *ROLES)
    left_open(person)
    interrupts_as_ever(person)


def test_so_they_are_from_the_start_where_a_front_proxys_ca_ended(supplied: Callable[..., Operator]) -> None:
    person = supplied("kube-apiserver-requestheader-ca", *ROLES)
    assert person.killed(lambda: person.rotate(Kind.AUTHORITIES), 1, When.BEFORE)
    down_later(person)
    interrupts_as_ever(person)

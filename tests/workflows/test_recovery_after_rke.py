"""``state recover`` on a cluster that has left RKE's releases, or is on its way: its hosts tell who made it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rke_py.plan.arguments import flag_name
from rke_py.workflows.recovery import Source
from tests.sim.left_by_rke import VERSION
from tests.sim.operator import Operator
from tests.workflows.migrating import MOVE, NEW, NEXT, SMALL, settles, stopped_after, taken_over

APART = ("ecw", "cw", "w")
_TOKENS = {"service-account-issuer", "api-audiences"}


def lost(person: Operator, source: Source) -> None:
    """Lose the state and make it again."""
    (person.folder / "cluster.rkestate").unlink()
    person.recover(source)


def steps(person: Operator) -> list[tuple[str, str]]:
    return [(step.host, step.title) for step in person.plan().steps]


def tokens_of(person: Operator, host: str) -> set[str]:
    """Return whose tokens a host's API server takes."""
    spec = person.world.machines[host].containers["kube-apiserver"].spec
    return {word for word in (*spec.entrypoint, *spec.command) if flag_name(word) in _TOKENS}


@pytest.mark.parametrize("source", [Source.COPY, Source.HOSTS])
def test_once_it_is_over_nothing_is_left_to_do_and_old_tokens_stay_good(folder: Path, source: Source) -> None:
    person = taken_over(folder, *SMALL)
    person.up()
    before = tokens_of(person, "n1")
    lost(person, source)
    assert person.state.taken_over is not None
    assert person.state.configuration["kubernetesVersion"] == NEW
    assert steps(person) == []
    person.edit(kubernetes_version=NEXT)
    person.up()
    after = tokens_of(person, "n1")
    assert "--service-account-issuer=rke" in before & after


@pytest.mark.thorough
@pytest.mark.parametrize("source", [Source.COPY, Source.HOSTS])
@pytest.mark.parametrize(("host", "step"), [("n1", "replace etcd"), ("n2", "replace kube-apiserver"), ("n2", MOVE)])
def test_half_way_it_goes_on_where_it_stopped(folder: Path, host: str, step: str, source: Source) -> None:
    person = taken_over(folder, *APART)
    stopped_after(person, host, step)
    left = steps(person)
    lost(person, source)
    assert person.state.configuration["kubernetesVersion"] == VERSION
    assert steps(person) == left
    person.up()
    settles(person)

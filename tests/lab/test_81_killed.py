"""``up`` killed with SIGKILL at five drawn points, and run again: the cluster is reached with nothing lost."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from .cluster import assert_well
from .killing import Point, drawn, killed
from .kubectl import Kubectl
from .lab import Lab
from .operator import Operator
from .operator import operator as make_operator

pytestmark = pytest.mark.lab

_KILLS = 5
_LATEST = 7
"""The last step at whose begin or end a run is killed: five runs of so many steps do not finish a cluster."""


@dataclass(frozen=True, slots=True)
class _Survivor:
    """A cluster that was made by runs that were killed and one that was not."""

    operator: Operator
    points: tuple[Point, ...]
    authorities: tuple[str, ...]


@pytest.fixture(scope="module")
def points(seed: int) -> tuple[Point, ...]:
    """Five points drawn by the seed of this run."""
    draw = random.Random(seed)
    return tuple(drawn(draw, _LATEST) for _ in range(_KILLS))


@pytest.fixture(scope="module")
def survivor(lab: Lab, points: tuple[Point, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Survivor]:
    """The cluster, removed at the end."""
    person = make_operator(lab, tmp_path_factory.mktemp("killed"))
    authorities = []
    for point in points:
        killed(person, point, "up")
        authorities.append(_authority(person))
    person.up()
    yield _Survivor(person, points, (*authorities, _authority(person)))
    person.remove()


def test_the_cluster_is_reached_with_nothing_left_over(survivor: _Survivor) -> None:
    assert_well(survivor.operator, Kubectl(survivor.operator.lab.kubectl, survivor.operator.kubeconfig))


def test_no_run_made_a_second_authority(survivor: _Survivor) -> None:
    assert len(set(filter(None, survivor.authorities))) == 1


def test_there_is_nothing_left_to_do(survivor: _Survivor) -> None:
    assert survivor.operator.up().changed == 0


def test_no_half_written_file_lies_beside_the_state(survivor: _Survivor) -> None:
    names = {path.name for path in _files(survivor.operator.folder)}
    assert not [name for name in names if name.endswith(".tmp")], names


def _authority(person: Operator) -> str:
    """Return the CA that the state remembers; empty while there is no state."""
    return person.state.bundle["kube-ca"].certificate if person.state_file.exists() else ""


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.is_file())

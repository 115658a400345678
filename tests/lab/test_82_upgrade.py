"""A cluster goes from one minor release to the next, etcd with it, while it is used and the run is killed once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from .cluster import assert_well
from .lab import Lab
from .operator import Run
from .scenarios.playing import Played, play
from .scenarios.troubles import Killed
from .scenarios.upgrade import NEW, OLD, UPGRADE, ask_for

pytestmark = pytest.mark.lab


@dataclass(frozen=True, slots=True)
class _Upgrade:
    """What was seen from the look at the new version to the end."""

    preview: Run
    played: Played
    second: Run


@pytest.fixture(scope="module")
def upgrade(lab: Lab, seed: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Upgrade]:
    """A cluster of four hosts that went from the older version to the newer one; removed at the end."""
    cluster = UPGRADE.make(lab, tmp_path_factory.mktemp("upgrade"))
    person = cluster.operator
    ask_for(person, OLD[0], NEW)
    preview = person.run("upgrade", "--to", NEW[0])
    once = Killed.drawn(UPGRADE.moves, random.Random(seed))
    played = play(cluster, UPGRADE.users, UPGRADE.moves, once)
    yield _Upgrade(preview, played, person.up())
    person.remove()


def test_the_way_is_shown_first(upgrade: _Upgrade) -> None:
    assert upgrade.preview.status == 0, upgrade.preview.explained()
    assert f"Kubernetes: {OLD[0]} → {NEW[0]}" in upgrade.preview.out
    assert f"etcd: {OLD[1]} → registry.lab:5000/etcd:{NEW[1]}" in upgrade.preview.out


def test_everything_runs_the_new_version_and_nothing_is_left_over(upgrade: _Upgrade) -> None:
    cluster = upgrade.played.cluster
    assert_well(cluster.operator, cluster.kubectl)
    UPGRADE.proof(cluster)


def test_nobody_noticed(upgrade: _Upgrade) -> None:
    assert upgrade.played.report.kept, upgrade.played.report


def test_afterwards_there_is_nothing_to_do(upgrade: _Upgrade) -> None:
    assert upgrade.second.changed == 0

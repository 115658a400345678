"""A scenario is played: its moves one after another, with or without something that comes in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..cluster import Cluster, assert_well
from ..operator import Run
from ..probe import Report
from .scenario import Move, Scenario, Users
from .troubles import Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What was seen.

    Attributes:
        runs: The run by which each move was done; of one that did not finish, the run that went on.
        report: What users noticed.
    """

    cluster: Cluster
    runs: tuple[Run, ...]
    report: Report

    @property
    def run(self) -> Run:
        """The only run."""
        (run,) = self.runs
        return run


def play(cluster: Cluster, users: Users, moves: Sequence[Move], trouble: Trouble | None = None) -> Played:
    """Do the moves while the cluster is used."""
    with users.at_work(cluster) as probe:
        runs = do(cluster, moves, trouble)
    return Played(cluster=cluster, runs=runs, report=probe.report())


def do(cluster: Cluster, moves: Sequence[Move], trouble: Trouble | None = None) -> tuple[Run, ...]:
    """Do moves one after another, one of them in trouble."""
    return tuple(
        _done(cluster, move, trouble if trouble and trouble.move == at else None) for at, move in enumerate(moves)
    )


def prove(scenario: Scenario, cluster: Cluster) -> None:
    """Assert that the cluster is well, as the scenario wants it, and that there is nothing to do."""
    assert_well(cluster.operator, cluster.kubectl)
    scenario.proof(cluster)
    again = cluster.operator.up()
    assert again.changed == 0, again.explained()


def _done(cluster: Cluster, move: Move, trouble: Trouble | None) -> Run:
    move.before(cluster)
    if trouble is None:
        return cluster.operator.agreed(*move.words, status=move.status)
    trouble.comes(cluster, move)
    following = cluster.operator.agreed(*move.resumed, status=move.status)
    trouble.judge(following)
    return following

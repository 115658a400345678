"""What can come in between: the run is killed at a drawn point, or something happens to a host meanwhile."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol

from rke_py.plan.stage_names import CONTROL_PLANE, ETCD, NODES, WORKERS

from ..cluster import Cluster
from ..killing import Point, drawn, killed
from ..operator import Event, Run
from .faults import Fault
from .scenario import BUDGET, NOTHING_LOST, Move

THIRDS = ("first", "second", "last")
_LONGEST = 900
_EXPECTED = (0, 1, 3)
"""Exit statuses of a run on whose hosts something happened: done, failed, done but for some workers."""
_ON_HOSTS = (ETCD, CONTROL_PLANE, NODES, WORKERS)
"""Stages that take something down on one host."""


class Trouble(Protocol):
    """Comes in between once.

    Attributes:
        move: The number of the move that it comes to.
        happened: What it was and when, once it came.
        judged: What users may not notice in spite of it.
    """

    move: int
    happened: str
    judged: tuple[str, ...]

    def comes(self, cluster: Cluster, move: Move) -> None:
        """Run the move with the trouble in it, to whatever end."""

    def judge(self, following: Run) -> None:
        """Assert of the run after it, which went on and did the move, that the one before told the truth."""


@dataclass(slots=True)
class Killed:
    """The run is killed with SIGKILL."""

    move: int
    point: Point
    happened: str = ""
    judged: tuple[str, ...] = BUDGET

    @classmethod
    def drawn(cls, moves: Sequence[Move], draw: random.Random) -> Killed:
        """Return one at a drawn point of a drawn move."""
        at = draw.randrange(len(moves))
        return cls(at, drawn(draw, moves[at].steps))

    def comes(self, cluster: Cluster, move: Move) -> None:
        """Run the move until the point."""
        self.happened = f"{self.point} of a run that ended before"
        event = killed(cluster.operator, self.point, *move.words)
        self.happened = f"{self.point}: {_named(event)}"

    def judge(self, following: Run) -> None:
        """Assert nothing: a killed run said nothing of its end."""


@dataclass(slots=True)
class Struck:
    """Something happens to a host at a step, and is over when the run is."""

    move: int
    fault: Fault
    host: str
    other: str
    step: int
    happened: str = ""
    status: int | None = None
    judged: tuple[str, ...] = field(default=NOTHING_LOST)

    @classmethod
    def drawn(
        cls, moves: Sequence[Move], members: Sequence[str], fault: Fault, third: str, draw: random.Random
    ) -> Struck:
        """Return one that happens to a drawn member of etcd in a third of the longest move."""
        at = max(range(len(moves)), key=lambda number: moves[number].steps)
        part = moves[at].steps // len(THIRDS)
        step = THIRDS.index(third) * part + draw.randint(1, part)
        host = members[1] if fault.small_disk else draw.choice(members)
        return cls(at, fault, host, members[members.index(host) - 1], step)

    def comes(self, cluster: Cluster, move: Move) -> None:
        """Run the move to its end, which is a proper one whatever happens."""
        operator = cluster.operator
        events: list[Event] = []
        begun = 0
        with ExitStack() as struck:
            self.fault.arranged(cluster.lab)
            with operator.following(*move.words, "--yes", "--output", "json") as (process, told):
                watchdog = threading.Timer(_LONGEST, os.killpg, (process.pid, signal.SIGKILL))
                watchdog.start()
                for event in told:
                    events.append(event)
                    begun += event["event"] == "step-started"
                    if begun == self.step and not self.happened:
                        self.happened = f"{self.fault.name} on {self.host} at step {begun}: {_named(event)}"
                        struck.enter_context(self.fault.on(cluster.lab, self.host, self.other))
                self.status = process.wait()
                watchdog.cancel()
        assert self.happened, f"the run ended before step {self.step}"
        self.happened += f"; exit status {self.status}"
        _assert_proper(Run.of_events(self.status, events))

    def judge(self, following: Run) -> None:
        """Assert that a run that said it was done left nothing to do but where something happened meanwhile."""
        begun = [event for event in following.events if event["event"] == "step-started"]
        touched = {event["host"] for event in begun if event["stage"] in _ON_HOSTS}
        assert self.status or touched <= {self.host, self.other}, following.explained()


def _assert_proper(run: Run) -> None:
    """Assert that a run ended with a known status, and when it failed with what happened and what to do."""
    assert run.status in _EXPECTED, run.explained()
    if run.status:
        assert run.error["what"], run.error
        assert run.error["hint"] or any(failure["hint"] for failure in run.error["failures"]), run.error


def _named(event: Event) -> str:
    return f"{event['event']} {event['host']} {event['step']}".replace("  ", " ")

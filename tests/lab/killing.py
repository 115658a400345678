"""A run of ``up`` that is killed at a drawn point."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import dataclass

from .operator import Operator

_SIDES = ("step-started", "step-ended")


@dataclass(frozen=True, slots=True)
class Point:
    """Where a run is killed: at the begin or the end of its so-manieth step."""

    side: str
    number: int


def drawn(draw: random.Random, latest: int) -> Point:
    """Return a point at the latest step or before it."""
    return Point(draw.choice(_SIDES), draw.randint(1, latest))


def killed_up(person: Operator, point: Point) -> None:
    """Run ``up`` and kill it at the point."""
    seen = 0
    with person.following("up", "--yes", "--output", "json") as (process, events):
        for event in events:
            seen += event["event"] == point.side
            if seen == point.number:
                os.killpg(process.pid, signal.SIGKILL)
                break
        assert process.wait() == -signal.SIGKILL, f"the run ended before {point}"

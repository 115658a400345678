"""A run that is killed at a drawn point."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import dataclass

from .operator import Event, Operator

_SIDES = ("step-started", "step-ended")


@dataclass(frozen=True, slots=True)
class Point:
    """Where a run is killed: at the begin or the end of its so-manieth step."""

    side: str
    number: int

    def __str__(self) -> str:
        return f"{self.side} {self.number}"


def drawn(draw: random.Random, latest: int) -> Point:
    """Return a point at the latest step or before it."""
    return Point(draw.choice(_SIDES), draw.randint(1, latest))


def killed(person: Operator, point: Point, *words: str) -> Event:
    """Run rke-py and kill it at the point; return the event that it told last."""
    seen, last = 0, {}
    with person.following(*words, "--yes", "--output", "json") as (process, events):
        for event in events:
            seen += event["event"] == point.side
            if seen == point.number:
                os.killpg(process.pid, signal.SIGKILL)
                last = event
                break
        assert process.wait() == -signal.SIGKILL, f"the run ended before {point}"
    return last

"""A run of rke-py, with its stages and the memory that it had."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.commands import NotMeasured
from benchmarks.timeline import Span, Timeline
from tests.lab.operator import Operator

_LAST_LINES = 5
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A run that is over.

    Attributes:
        seconds: Of the whole process.
        stages: Since the first one began, which is when the operator had agreed.
        peak: The most memory that was resident until its last event, MiB.
    """

    seconds: float
    stages: Mapping[str, Span]
    peak: float


def measured(person: Operator, *words: str) -> Measured:
    """Run a command; raises NotMeasured when it fails."""
    began, first, peak, timeline = time.monotonic(), 0.0, 0.0, Timeline()
    with person.following(*words, "--output", "json") as (process, events):
        for event in events:
            at = time.monotonic()
            first = first or (at if event["event"] == "stage-started" else 0.0)
            if event["event"] == "stage-started":
                timeline.start(event["stage"], at - first)
            elif event["event"] == "stage-ended":
                timeline.end(event["stage"], at - first)
            peak = max(peak, _peak(process.pid))
        status = process.wait()
    if status:
        raise NotMeasured(f"rke-py {' '.join(words)}: exit status {status}\n{''.join(person.shown[-_LAST_LINES:])}")
    return Measured(seconds=time.monotonic() - began, stages=timeline.stages, peak=peak)


def _peak(process: int) -> float:
    with suppress(OSError):
        if found := _PEAK.search(Path(f"/proc/{process}/status").read_text("ascii", "replace")):
            return int(found[1]) / 1024
    return 0.0

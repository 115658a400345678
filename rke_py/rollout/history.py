"""What the journal tells of the last run, for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

_TAIL = 1 << 20
"""Bytes at the end of the journal that are read: the steps of some thousand hosts."""


class Ending(StrEnum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CUT_SHORT = "cut short"
    """Its process was killed or lost its machine."""
    UNDER_WAY = "under way"
    """It holds the lock of the state; the journal alone tells that it was cut short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The last run that changed something.

    Attributes:
        began, ended: Times of its first and of its last line in the journal.
        steps: How many steps it did.
        at: Host and step at which it failed, or which it left unfinished; empty when there is none.
        error: What it failed with.
        by: Who is at it while it is under way.
    """

    run: str
    began: datetime
    ended: datetime
    ending: Ending
    steps: int = 0
    at: str = ""
    error: str = ""
    by: str = ""


def last_run(path: Path) -> LastRun | None:
    """Read the end of a journal; None when there is none, or no line of it can be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return None
    return told(lines)


def told(lines: Sequence[str]) -> LastRun | None:
    """Return what lines of a journal tell of the run that wrote the last of them; torn lines are left out."""
    entries = [entry for entry in map(_entry, lines) if entry is not None]
    if not entries:
        return None
    run = entries[-1]["run"]
    own = [entry for entry in entries if entry["run"] == run]
    stuck = _unfinished(own)
    failed = next((entry for entry in own if entry["event"] == "failed"), None)
    shown = failed or stuck
    return LastRun(
        run=run,
        began=datetime.fromisoformat(own[0]["time"]),
        ended=datetime.fromisoformat(own[-1]["time"]),
        ending=_ending(own[-1]),
        steps=sum(entry["event"] == "done" for entry in own),
        at=" ".join(filter(None, (shown["host"], shown["step"]))) if shown else "",
        error=str((failed or own[-1]).get("error", "")),
    )


def _entry(line: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(line)
        datetime.fromisoformat(found["time"])
        return found if isinstance(found["run"], str) and isinstance(found["event"], str) else None
    except (ValueError, KeyError, TypeError):
        return None


def _ending(last: Mapping[str, Any]) -> Ending:
    if last["event"] != "ended":
        return Ending.CUT_SHORT
    return Ending(last["outcome"]) if last.get("outcome") in set(Ending) else Ending.DONE


def _unfinished(own: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the last step that was begun and not ended."""
    begun: dict[tuple[str, str], Mapping[str, Any]] = {}
    for entry in own:
        key = str(entry.get("host")), str(entry.get("step"))
        if entry["event"] == "begin":
            begun[key] = entry
        else:
            begun.pop(key, None)
    return next(reversed(begun.values()), None)

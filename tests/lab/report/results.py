"""Results of rows, kept for ever: one JSON object a line in ``docs/reports``, appended and never changed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "docs" / "reports"
OK, FAILED = "ok", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a row ended.

    Attributes:
        commit: Short hash; ``with changes`` follows where the code was not what it holds.
        date: When it ended, UTC, RFC 3339.
        crash_point: Where the run was killed, or what happened to a host and when; empty when nothing came in between.
        outcome: ``ok`` or ``failed``.
        seconds: From the first move to the last, without the lab and the first cluster.
        probe: What users noticed; None when the cluster could not be asked any more.
        why: What was not as it has to be.
    """

    commit: str
    date: str
    row: str
    scenario: str
    trouble: str
    seed: int
    crash_point: str
    outcome: str
    seconds: float
    probe: Mapping[str, int] | None
    why: str = ""


def append(report: str, result: Result, folder: Path = FOLDER) -> None:
    """Add a result to a report's file."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{report}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def results(folder: Path = FOLDER) -> Iterator[Result]:
    """Yield every result, by file, oldest first."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            yield Result(**json.loads(line))

"""The figures of explanation/performance.md, from what ``make bench`` wrote to benchmarks/results.

Every ``*.json`` there is one table::

    {"title": "...", "date": "2026-11-21", "commit": "a985da4", "machine": "...", "what": "one paragraph",
     "columns": ["...", ...], "rows": [["...", ...], ...], "notes": ["...", ...]}

``title``, ``columns`` and ``rows`` are needed, the rest is left out where it is missing; cells may be numbers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .markdown import code, table

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


def figures(folder: Path = RESULTS) -> str:
    """Return a section for each result, by file name; a sentence where there is none."""
    results = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    if not results:
        return "No figures are recorded in `benchmarks/results`; `make bench` measures and writes them."
    return "\n\n".join(_section(result) for result in results)


def _section(result: dict[str, Any]) -> str:
    made = ", ".join(filter(None, (result.get("date", ""), _commit(result), result.get("machine", ""))))
    rows = [[_cell(value) for value in row] for row in result["rows"]]
    notes = "\n".join(f"- {note}" for note in result.get("notes", ()))
    parts = (
        f"### {result['title']}",
        result.get("what", ""),
        table(result["columns"], rows),
        notes,
        made and f"({made})",
    )
    return "\n\n".join(filter(None, parts))


def _commit(result: dict[str, Any]) -> str:
    return f"commit {code(result['commit'])}" if result.get("commit") else ""


def _cell(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)

"""What a benchmark found: a table on the terminal, the same table as data for the documents.

``docs/generate/figures.py`` reads the files; ``measured`` is for who wants to look at single runs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .provenance import Provenance

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One table.

    Attributes:
        name: Of the file, without ``.json``; the documents show results in the order of their names.
        what: One paragraph: what was measured, and how.
        columns, rows: The table.
        notes: Targets and whether they were met; what the figures leave out.
        measured: Every single measurement.
    """

    name: str
    title: str
    what: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    measured: Mapping[str, object] = field(default_factory=dict)


def results_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--results``, which every program has."""
    parser.add_argument(
        "--results",
        type=Path,
        default=FOLDER,
        metavar="FOLDER",
        help="where the data goes (default: benchmarks/results)",
    )


def publish(result: Result, folder: Path) -> None:
    """Print a result and write its data."""
    made = Provenance.of_here()
    print(printed(result))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.name}.json"
    path.write_text(as_data(result, made), encoding="utf-8")
    print(f"\n{made.date}, commit {made.commit}, {made.machine}\n{path}")


def as_data(result: Result, made: Provenance) -> str:
    """Return a result as JSON."""
    content = {key: value for key, value in asdict(result).items() if key != "name"}
    return json.dumps({**content, **asdict(made)}, indent=2, ensure_ascii=False) + "\n"


def printed(result: Result) -> str:
    """Return a result as a terminal shows it."""
    lines = [list(result.columns), *(list(row) for row in result.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(result.columns))]
    table = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width) for column, (cell, width) in _cells(line, widths)
        )
        for line in lines
    ]
    rule = "  ".join("-" * width for width in widths)
    text = [result.title, "", table[0].rstrip(), rule, *(line.rstrip() for line in table[1:])]
    return "\n".join([*text, *(["", *result.notes] if result.notes else [])])


def _cells(line: Sequence[str], widths: Sequence[int]) -> enumerate[tuple[str, int]]:
    return enumerate(zip(line, widths, strict=True))

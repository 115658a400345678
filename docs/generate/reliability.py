"""The tables of explanation/reliability.md, from the results that ``make lab-report`` appended to docs/reports."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from statistics import median

from tests.lab.report.results import OK, Result, results
from tests.lab.report.rows import KILLED, REPORTS, UNDISTURBED, Row, matrix
from tests.lab.report.trials import ON_HOSTS, TRIALS, WITHOUT_HOSTS
from tests.lab.scenarios.faults import FAULTS
from tests.lab.scenarios.scenario import BUDGET

from .markdown import code, table

_FIGURES = ("lost writes", "missed events", "failed: API proxy", "other API servers", "Service")
_HEAD = ("", "rows", "runs", "ok", *_FIGURES, "seconds")
_TRIAL = ("", "cases", "runs", "ok", "seconds")
_UNKNOWN, _NOT_ASKED = "?", "not asked"
_OF_SERVICE = "failed_service"


def reliability(found: Sequence[Result] | None = None) -> str:
    """Return the tables of scenarios and of faults, and every run that failed."""
    known = tuple(results()) if found is None else found
    rows = tuple(matrix())
    return "\n\n".join(
        (
            "### What is done to a cluster",
            table(_HEAD, _scenarios(rows, known)),
            "### What happens to hosts meanwhile",
            table(_HEAD, _faults(rows, known)),
            "### What is looked at more closely",
            table(_TRIAL, _trials(known, ON_HOSTS)),
            "### What is tried without hosts",
            table(_TRIAL, _trials(known, WITHOUT_HOSTS)),
            "### Runs that failed",
            _failures([result for result in known if result.outcome != OK]),
        )
    )


def _scenarios(rows: Sequence[Row], known: Sequence[Result]) -> Iterator[Sequence[str]]:
    for scenario in (each for listed in REPORTS.values() for each in listed):
        for kind, what in ((UNDISTURBED, f": {scenario.what}"), (KILLED, ", killed once and run again")):
            of_it = [row for row in rows if (row.scenario.name, row.trouble) == (scenario.name, kind)]
            its = [result for result in known if (result.scenario, _kind(result)) == (scenario.name, kind)]
            without = frozenset[str]() if scenario.users.service else frozenset({_OF_SERVICE})
            yield _line(f"{code(scenario.name)}{what}", of_it, its, without)


def _faults(rows: Sequence[Row], known: Sequence[Result]) -> Iterator[Sequence[str]]:
    for fault in FAULTS:
        of_it = [row for row in rows if row.trouble == fault.name]
        its = [result for result in known if _kind(result) == fault.name]
        yield _line(f"{code(fault.name)}: {fault.what}", of_it, its)


def _trials(known: Sequence[Result], report: str) -> Iterator[Sequence[str]]:
    for title, listed in groupby((each for each in TRIALS if each.report == report), key=attrgetter("title")):
        parts = tuple(listed)
        names = {part.name for part in parts}
        its = [result for result in known if result.row in names]
        well = [result for result in its if result.outcome == OK]
        cases = well[-1].crash_point.partition(" ")[0] if well else ""
        if len(parts) > 1:
            cases = f"{len({result.row for result in well})} of {len(parts)} parts"
        seconds = f"{median(result.seconds for result in well):.0f}" if well else ""
        counts = str(len(its) or ""), str(len(well) if its else "")
        yield (f"{code(title)}: {parts[0].what}", cases, *counts, seconds)


def _kind(result: Result) -> str:
    """Return what came in between, without where in the move."""
    return result.trouble.partition(" ")[0]


def _line(what: str, rows: Sequence[Row], known: Sequence[Result], without: Collection[str] = ()) -> Sequence[str]:
    """Return one line: how many rows were performed of all, runs, those that ended well, the worst of each figure.

    Figures that nobody asked for are named in ``without``.
    """
    performed = {result.row for result in known} & {row.name for row in rows}
    well = sum(result.outcome == OK for result in known)
    seconds = [result.seconds for result in known if result.outcome == OK]
    return (
        what,
        f"{len(performed)} of {len(rows)}",
        str(len(known) or ""),
        str(well if known else ""),
        *(_NOT_ASKED if known and name in without else _worst(name, known) for name in BUDGET),
        f"{median(seconds):.0f}" if seconds else "",
    )


def _worst(name: str, known: Sequence[Result]) -> str:
    figures = [_UNKNOWN if result.probe is None else result.probe[name] for result in known]
    return _UNKNOWN if _UNKNOWN in figures else str(max(map(int, figures), default=""))


def _failures(failed: Sequence[Result]) -> str:
    if not failed:
        return "None."
    head = ("row", "date", "commit", "what came in between", "why")
    cells = [(code(each.row), each.date[:10], code(each.commit), each.crash_point, code(each.why)) for each in failed]
    return table(head, cells)

"""The reliability report: its rows can be repeated by name, and its page tells what the data says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from docs.generate.reliability import reliability
from tests.lab.report.results import FAILED, OK, Result, append, results
from tests.lab.report.rows import matrix, row
from tests.lab.report.trials import TRIALS, Trial
from tests.lab.scenarios.scenario import BUDGET

_KEPT = dict.fromkeys(BUDGET, 0)
_RESULT = Result(
    commit="0aa9dbc",
    date="2026-11-26T08:00:00+00:00",
    row="upgrade",
    scenario="upgrade",
    trouble="undisturbed",
    seed=0,
    crash_point="",
    outcome=OK,
    seconds=61.2,
    probe=_KEPT,
)


def _line(page: str, begin: str) -> list[str]:
    (line,) = (line for line in page.splitlines() if line.startswith(f"| {begin}"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_every_row_is_found_again_by_its_name() -> None:
    rows = list(matrix())
    assert len({each.name for each in rows}) == len(rows)
    assert [row(each.name).name for each in rows] == [each.name for each in rows]
    assert row("upgrade/killed-17").seed == 17


@pytest.mark.parametrize("name", ["", "dance", "upgrade/killed", "upgrade/flood-first", "upgrade/reboot-fourth"])
def test_what_names_no_row_is_refused(name: str) -> None:
    with pytest.raises(KeyError):
        row(name)


def test_the_same_row_is_in_the_same_trouble_again() -> None:
    for each in matrix():
        assert each.drawn() == each.drawn()


def test_results_are_appended_and_read_again(tmp_path: Path) -> None:
    again = replace(_RESULT, outcome=FAILED, probe=None, why="n1: it did not start")
    for result in (_RESULT, again):
        append("day-two", result, tmp_path)
    assert tuple(results(tmp_path)) == (_RESULT, again)


def test_the_page_has_the_worst_of_all_runs_and_every_failure() -> None:
    failed = replace(_RESULT, outcome=FAILED, probe=_KEPT | {"failed_service": 3}, why="failed_service: 3")
    page = reliability((_RESULT, failed, replace(_RESULT, row="upgrade/reboot-last", trouble="reboot last", seed=1)))
    assert _line(page, "`upgrade`: ") == ["1 of 1", "2", "1", "0", "0", "0", "0", "3", "61"]
    assert _line(page, "`upgrade`, killed") == ["0 of 3", "", "", "", "", "", "", "", ""]
    assert _line(page, "`reboot`: ")[:3] == ["1 of 6", "1", "1"]
    assert _line(page, "`upgrade` | 2026-11-26")[-1] == "`failed_service: 3`"


def test_what_could_not_be_read_is_not_called_kept() -> None:
    page = reliability((replace(_RESULT, outcome=FAILED, probe=None, why="no API server answers"),))
    assert _line(page, "`upgrade`: ")[3:8] == ["?"] * len(BUDGET)


def test_what_is_tried_in_parts_is_one_line_that_tells_how_many_of_them_ended_well() -> None:
    first, second = (replace(_RESULT, row=f"simulated/members-{part}", scenario="simulated") for part in (1, 2))
    page = reliability((first, replace(first, seconds=81.2), replace(second, outcome=FAILED, why="n1 is left over")))
    assert _line(page, "`members`: ") == ["1 of 10 parts", "3", "2", "71"]
    assert _line(page, "`years`: ") == ["0 of 5 parts", "", "", ""]


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_what_is_tried_without_hosts_is_there(trial: Trial) -> None:
    file, _, test = trial.test.partition("::")
    assert f"def {test}(" in Path(file).read_text() or not test

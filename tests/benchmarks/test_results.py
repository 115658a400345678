"""What a benchmark found, as a table and as data."""

from __future__ import annotations

import json

from benchmarks.provenance import Provenance, processor
from benchmarks.results import Result, as_data, printed
from docs.generate.figures import figures

RESULT = Result(
    name="1-start",
    title="Commands",
    what="Wall time.",
    columns=("Command", "ms"),
    rows=[("rke-py --version", "74"), ("rke-py --help", "133")],
    notes=("Target: met.",),
    measured={"runs": 2},
)
MADE = Provenance(commit="abc1234", date="2026-11-21", machine="2 cores")


def test_a_table_is_printed_with_numbers_to_the_right():
    assert printed(RESULT).splitlines() == [
        "Commands",
        "",
        "Command            ms",
        "----------------  ---",
        "rke-py --version   74",
        "rke-py --help     133",
        "",
        "Target: met.",
    ]


def test_the_data_names_commit_date_and_machine():
    data = json.loads(as_data(RESULT, MADE))
    assert (data["commit"], data["date"], data["machine"]) == ("abc1234", "2026-11-21", "2 cores")


def test_the_data_keeps_single_measurements():
    assert json.loads(as_data(RESULT, MADE))["measured"] == {"runs": 2}


def test_the_documents_show_a_result(tmp_path):
    (tmp_path / "1-start.json").write_text(as_data(RESULT, MADE))
    shown = figures(tmp_path)
    assert "### Commands" in shown
    assert "| rke-py --help | 133 |" in shown
    assert "2026-11-21, commit `abc1234`, 2 cores" in shown


def test_processor_is_named_as_the_kernel_names_it():
    assert processor("processor\t: 0\nmodel name\t: AMD  EPYC\nmodel name\t: other\n") == "AMD EPYC"

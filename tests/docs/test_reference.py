"""What the documents repeat from the code is what the code says now."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.generate.figures import figures
from docs.generate.keys import map_of, schema_keys, spelled
from docs.generate.pages import DOCS, REFERENCE, made_pages
from docs.generate.sections import MAKERS, filled, names
from docs.generate.statuses import error_types
from rke_py.cli import exits
from rke_py.config.remarks import Remark, remarks
from rke_py.stores.example import example

_MADE = dict(made_pages())


@pytest.mark.parametrize("path", _MADE, ids=lambda path: str(path.relative_to(DOCS)))
def test_a_page_is_as_the_code_makes_it(path: Path) -> None:
    assert path.read_text("utf-8") == _MADE[path], "run: make docs"


def test_every_reference_page_is_made() -> None:
    assert {path.stem for path in (DOCS / "reference").glob("*.md")} == set(REFERENCE)


def test_every_marked_part_has_a_maker_and_every_maker_a_place() -> None:
    marked = [name for path in DOCS.rglob("*.md") for name in names(path.read_text("utf-8"))]
    assert sorted(marked) == sorted(MAKERS)


def test_marked_parts_are_filled_one_by_one_and_only_once() -> None:
    text = "<!-- made: figures -->\n<!-- end -->\nbetween\n<!-- made: figures -->\nof before\n<!-- end -->\n"
    once = filled(text)
    assert once.count("between") == 1
    assert "of before" not in once
    assert filled(once) == once


def test_every_key_of_the_schema_is_on_the_page() -> None:
    page = (DOCS / "reference" / "cluster-yml.md").read_text("utf-8")
    missing = [
        spelled(path)
        for path, field in schema_keys()
        if not map_of(field) and spelled(path).removeprefix("system_images.") not in page
    ]
    assert missing == ["network.update_strategy.rollingUpdate.maxSurge"]  # refused: flannel's pods hold ports


def test_every_exit_status_has_its_meaning() -> None:
    told = {int(line.split("|")[1]) for line in (exits.__doc__ or "").splitlines() if line[2:3].isdigit()}
    assert told == {0, exits.FOUND, *(kind.exit_code for kind in error_types())}


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        pytest.param("port: 22 # sshd's", Remark(default="`22`", meaning="sshd's"), id="value"),
        pytest.param("port: 2 # sshd's; default: 22", Remark(default="22", meaning="sshd's"), id="named default"),
        pytest.param("port: 22 # required: sshd's", Remark(default="required", meaning="sshd's"), id="required"),
        pytest.param("# Of sshd.\nport: 22", Remark(default="`22`", meaning="Of sshd."), id="comment above"),
        pytest.param("# Of sshd.\n\nport: 22", Remark(default="`22`"), id="an empty line ends a comment"),
        pytest.param("# port: 22 # sshd's", Remark(default="`22`", meaning="sshd's"), id="commented out"),
        pytest.param("# port: 2... # sshd's", Remark(meaning="sshd's"), id="dots: a sample, no default"),
        pytest.param('port: "" # sshd\'s', Remark(meaning="sshd's"), id="empty"),
    ],
)
def test_a_remark_tells_default_and_meaning(text: str, remark: Remark) -> None:
    assert remarks(text) == {("port",): remark}


def test_remarks_are_found_by_path() -> None:
    found = remarks(example())
    assert found["nodes", "port"].default == found["bastion_host", "port"].default == "`22`"


def test_a_result_is_a_table_with_its_origin(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text(
        '{"title": "First", "what": "All of it.", "columns": ["what", "s"], "rows": [["up", 18.04], ["n", 4]],'
        ' "notes": ["cold"], "date": "2026-11-21", "commit": "a985da4", "machine": "2 cores", "measured": {}}'
    )
    assert figures(tmp_path).splitlines() == [
        "### First",
        "",
        "All of it.",
        "",
        "| what | s |",
        "| -- | -- |",
        "| up | 18.0 |",
        "| n | 4 |",
        "",
        "- cold",
        "",
        "(2026-11-21, commit `a985da4`, 2 cores)",
    ]

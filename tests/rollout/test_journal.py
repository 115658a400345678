"""The journal: what is written down is whole, or the step does not begin."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rke_py.errors import StateError
from rke_py.plan.steps import DeleteNode
from rke_py.rollout.history import last_run
from rke_py.rollout.journal import Journal

STEP = DeleteNode(host="n1", why=("it left",))


def journal(path: Path, run: str = "1a") -> Journal:
    return Journal(path, run, lambda: datetime(2026, 11, 26, tzinfo=UTC))


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_line_that_fits_in_part_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with journal(path) as written:
        written.write("begin", "nodes", STEP)
        with room_for(path.stat().st_size + 20), pytest.raises(StateError, match="the journal cannot be written"):
            written.write("done", "nodes", STEP)


def test_a_run_after_a_torn_line_begins_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_text('{"time": "2026-')
    with journal(path, run="2b") as written:
        written.write("begin", "nodes", STEP)
        written.write("done", "nodes", STEP)
    assert [json.loads(line)["event"] for line in path.read_text().splitlines()[1:]] == ["begin", "done"]
    last = last_run(path)
    assert last is not None
    assert (last.run, last.steps) == ("2b", 1)

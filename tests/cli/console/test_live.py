import os
import pty
from io import StringIO

import pytest
from rich.console import Console

from rke_py.cli.console.live import LiveTable
from rke_py.cli.redaction import MASK, Redactor
from rke_py.progress import Event, Finished, Note, StageStarted, StepStarted


class Screen:
    """A terminal in memory with a live table on it."""

    def __init__(self, elapsed, *, height: int = 24, ascii_only: bool = False) -> None:
        self.stream = StringIO()
        self.console = Console(
            file=self.stream, force_terminal=True, width=100, height=height, color_system=None, legacy_windows=False
        )
        self.redactor = Redactor()
        self.live = LiveTable(self.console, elapsed=elapsed, redactor=self.redactor)

    def shows(self, *events: Event) -> list[str]:
        for event in events:
            self.live.report(event)
        paper = StringIO()
        Console(file=paper, width=100, color_system=None).print(self.live.table())
        return [line.rstrip() for line in paper.getvalue().splitlines()]

    def closed(self) -> str:
        self.live.close(None)
        return self.stream.getvalue()


@pytest.fixture
def screen(elapsed):
    made = Screen(elapsed)
    yield made
    made.live.close(None)


def test_the_table_has_a_row_for_each_host_and_a_column_for_each_stage(screen, a_run):
    head, first, second = screen.shows(*a_run[:5], StageStarted(stage="workers", hosts=("n1",)))
    assert head.split()[:5] == ["host", "etcd", "1/2", "workers", "0/1"]
    assert first.split()[:3] == ["n1", "✓", "·"]
    assert second.split() == ["node-22", "✗"]


def test_the_step_under_way_is_shown_with_its_time(screen):
    _, row = screen.shows(StepStarted(stage="etcd", host="n1", step="join etcd"))
    assert row.split()[:4] == ["n1", "●", "join", "etcd"]
    assert row.endswith("s")


def test_notes_warnings_and_the_end_stand_above_or_below_the_table(screen, a_run):
    screen.shows(*a_run)
    shown = screen.closed()
    for text in (
        "node-22: join etcd: FAILED after 1m01s: etcd stopped",
        "n1: its clock is 2 s ahead",
        "Warning: n1: swap is on",
        "done: 1 step in 1m10s",
    ):
        assert text in shown


def test_the_table_never_grows_beyond_the_terminal(elapsed):
    screen = Screen(elapsed, height=20)
    shown = screen.shows(StageStarted(stage="workers", hosts=tuple(f"n{number}" for number in range(1000))))
    screen.closed()
    assert len(shown) < 20
    assert "985 more hosts" in shown[-1]


def test_brackets_in_texts_are_no_markup(screen):
    screen.shows(Note(text="[red]nodes[1].role[0][/red]"))
    assert "[red]nodes[1].role[0][/red]" in screen.closed()


def test_secrets_are_masked(screen):
    screen.redactor.protect(["hunter2-hunter2"])
    _, row = screen.shows(StepStarted(stage="etcd", host="n1", step="login hunter2-hunter2"))
    screen.shows(Note(text="hunter2-hunter2"))
    assert MASK in row
    assert "hunter2" not in screen.closed()


def test_while_a_question_is_open_nothing_is_drawn(screen):
    with screen.live.paused():
        before = screen.stream.getvalue()
        screen.live.report(StageStarted(stage="etcd", hosts=("n1",)))
        assert screen.stream.getvalue() == before


def test_a_terminal_that_goes_away_does_not_end_a_run(elapsed):
    terminal, shown = pty.openpty()
    with open(shown, "w") as stream:
        live = LiveTable(Console(file=stream, force_terminal=True), elapsed=elapsed, redactor=Redactor())
        live.report(Note(text="before"))
        os.close(terminal)
        live.report(Note(text="after"))
        live.report(Finished(changed=1, seconds=2))
        live.close(None)

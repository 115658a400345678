"""The live table of hosts by stages, for terminals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TextIO, cast

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rke_py.cli.console.board import Board, Cell
from rke_py.cli.console.display import Enduring
from rke_py.cli.console.words import line_of, place_of, seconds
from rke_py.cli.redaction import Redactor
from rke_py.errors import RkeError
from rke_py.progress import Event, Finished, Note, StepEnded, Warned

_REFRESHES_A_SECOND = 8
_LINES_BESIDE_ROWS = 5

_STYLES = {Cell.OUTSIDE: "", Cell.WAITING: "dim", Cell.ACTIVE: "cyan", Cell.DONE: "green", Cell.FAILED: "bold red"}
_SIGNS = {Cell.OUTSIDE: "", Cell.WAITING: "·", Cell.ACTIVE: "●", Cell.DONE: "✓", Cell.FAILED: "✗"}
_ASCII = {Cell.OUTSIDE: "", Cell.WAITING: ".", Cell.ACTIVE: "*", Cell.DONE: "ok", Cell.FAILED: "X"}


class LiveTable:
    """Draws the table while a run lasts; notes, warnings and failed steps scroll away above it.

    Args:
        elapsed: Seconds since the run began.
        transient: Take the table away at the end, for commands whose answer follows on the same screen.
    """

    def __init__(
        self, console: Console, *, elapsed: Callable[[], float], redactor: Redactor, transient: bool = False
    ) -> None:
        self._console = console
        console.file = cast(TextIO, Enduring(cast(TextIO, console.file)))
        self._elapsed = elapsed
        self._redactor = redactor
        self._board = Board()
        self._lock = RLock()
        self._live = Live(
            console=console,
            get_renderable=self.table,
            refresh_per_second=_REFRESHES_A_SECOND,
            transient=transient,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def report(self, event: Event) -> None:
        """Take the event into the table, or print it above."""
        match event:
            case Note() | Warned():
                self._print(_with_host(event))
            case Finished():
                self._live.stop()
                self._print(line_of(event))
            case _:
                with self._lock:
                    self._board.take(event, self._elapsed())
                if isinstance(event, StepEnded) and event.error is not None:
                    self._print(_with_host(event))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the table off the screen while a question is asked."""
        self._live.stop()
        try:
            yield
        finally:
            self._live.start()

    def close(self, error: RkeError | None) -> None:
        """Leave the last table on the screen."""
        self._live.stop()

    def table(self) -> Table:
        """Return the table as it is now, at most as high as the terminal."""
        at = self._elapsed()
        signs = _ASCII if self._console.options.ascii_only else _SIGNS
        with self._lock:
            rows, hidden = self._board.picked(max(1, self._console.height - _LINES_BESIDE_ROWS))
            table = Table(box=None, pad_edge=False, caption=self._caption(hidden), caption_justify="left")
            table.add_column("host", no_wrap=True)
            for stage in self._board.stages:
                done, of = self._board.counts(stage)
                table.add_column(f"{stage} {done}/{of}" if of else stage, justify="center", no_wrap=True)
            table.add_column(seconds(at), no_wrap=True, overflow="ellipsis", ratio=1)
            for row in rows:
                cells = (_cell(row.cell(stage), signs) for stage in self._board.stages)
                table.add_row(Text(row.host), *cells, Text(self._redactor.text(row.doing(at))))
        return table

    def _caption(self, hidden: int) -> str | None:
        return f"and {hidden} more hosts" if hidden else None

    def _print(self, text: str) -> None:
        self._console.print(Text(self._redactor.text(text)))


def _with_host(event: Event) -> str:
    host, _ = place_of(event)
    return f"{host}: {line_of(event)}" if host else line_of(event)


def _cell(cell: Cell, signs: dict[Cell, str]) -> Text:
    return Text(signs[cell], style=_STYLES[cell])

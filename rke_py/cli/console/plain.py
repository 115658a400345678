"""Plain lines, for pipes and files: ``12.3s  n1  etcd  join etcd: done in 5.4s``."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TextIO

from rke_py.cli.console.display import Lines, Still
from rke_py.cli.console.pace import Pace
from rke_py.cli.console.words import line_of, place_of
from rke_py.cli.redaction import Redactor
from rke_py.errors import RkeError
from rke_py.progress import Event, Finished, Note, Pulling, StageStarted, Warned

_BETWEEN_PULLS = 10.0


class Plain(Still):
    """Writes one line an event; evidence and hints of errors follow at the end of the run, on standard error.

    Args:
        elapsed: Seconds since the run began.
        steps: False leaves only notes, warnings and the end: for commands whose answer is on standard output.
    """

    def __init__(self, stream: TextIO, *, elapsed: Callable[[], float], redactor: Redactor, steps: bool = True) -> None:
        self._lines = Lines(stream)
        self._elapsed = elapsed
        self._redactor = redactor
        self._steps = steps
        self._pace = Pace(_BETWEEN_PULLS)
        self._lock = RLock()
        self._widths = (4, 8)

    def report(self, event: Event) -> None:
        """Write the event."""
        at = self._elapsed()
        match event:
            case Finished() | Warned():
                for line in self._redactor.text(line_of(event)).splitlines():
                    self._lines.write(line)
            case Note():
                self._write(event, at)
            case Pulling() if not self._pace.lets_pass(event, at):
                return
            case _ if self._steps:
                self._write(event, at)

    def close(self, error: RkeError | None) -> None:
        """Nothing is left to write: the error goes to standard error."""

    def _write(self, event: Event, at: float) -> None:
        host, stage = place_of(event)
        with self._lock:
            known = event.hosts if isinstance(event, StageStarted) else (host,)
            self._widths = (max(self._widths[0], *map(len, known), 0), max(self._widths[1], len(stage)))
            wide_host, wide_stage = self._widths
        first, *rest = self._redactor.text(line_of(event)).splitlines()
        head = f"{at:7.1f}s  {host:<{wide_host}}  {stage:<{wide_stage}}  "
        self._lines.write("\n".join([head + first, *(" " * len(head) + line for line in rest)]))

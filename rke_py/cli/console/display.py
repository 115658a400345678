"""What every way of showing a run has in common."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from threading import RLock
from typing import Any, Protocol, TextIO

from rke_py.errors import RkeError
from rke_py.progress import Event, Reporter


class Display(Reporter, Protocol):
    """A Reporter that owns a piece of the screen until it is closed."""

    def paused(self) -> AbstractContextManager[None]:
        """Keep still while a question is asked."""

    def close(self, error: RkeError | None) -> None:
        """End the display, after everything was reported; ``error`` is what ended the run, None after success."""


class Enduring:
    """A stream whose reader may go away (``rke-py up | head``, a terminal that is closed).

    That must not end a rollout half-way: what cannot be written any more is dropped, and is still in the log file.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._gone = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text; return its length."""
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Let the reader have what was written."""
        self._try(self._stream.flush)

    def _try(self, do: Callable[[], object]) -> None:
        if self._gone or self._stream.closed:
            return
        try:
            do()
        except OSError:
            self._gone = True
            self._let_go()

    def _let_go(self) -> None:
        """Send what is still buffered nowhere; the interpreter would fail to write it when it ends."""
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())


class Lines:
    """Writes whole lines to a stream, from several threads."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = Enduring(stream)
        self._lock = RLock()

    def write(self, line: str) -> None:
        """Write one line and flush it."""
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()


class Several:
    """Reports every event to several reporters, in order."""

    def __init__(self, *reporters: Reporter) -> None:
        self._reporters = reporters

    def report(self, event: Event) -> None:
        """Pass the event on."""
        for reporter in self._reporters:
            reporter.report(event)


class Still:
    """The part of a Display that has nothing to keep still."""

    def paused(self) -> AbstractContextManager[None]:
        """Change nothing."""
        return nullcontext()

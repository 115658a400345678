"""Ctrl-C: the first finishes the steps under way and stops, the second stops now. So does a terminal that is closed."""

from __future__ import annotations

import os
import signal
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from types import FrameType, TracebackType
from typing import Self

from rke_py.errors import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_STDOUT = 1
_SHOW_CURSOR = b"\x1b[?25h\n"


class Departure:
    """Ends the process without waiting for its threads, and leaves the terminal as it was when this was made.

    The file locks that the process holds end with it.
    """

    def __init__(self) -> None:
        self._terminal = termios.tcgetattr(sys.stdin) if sys.stdin.isatty() else None

    def __call__(self) -> None:
        """Leave now: show the cursor that the live table hid, and the echo that a passphrase prompt took away."""
        with suppress(OSError):  # the terminal may be gone
            if os.isatty(_STDOUT):
                os.write(_STDOUT, _SHOW_CURSOR)
        with suppress(termios.error):
            if self._terminal is not None:
                termios.tcsetattr(sys.stdin, termios.TCSANOW, self._terminal)
        os._exit(Interrupted.exit_code)


class Interrupts:
    """While entered, turns SIGINT, SIGTERM and SIGHUP into a flag that a run asks for between its steps.

    SIGHUP is what a closed terminal sends, often with a SIGTERM beside it from who ends the session, so it is never the
    second signal. Where it is ignored, as below nohup, it stays so.

    Args:
        first: Called once at the first signal, in a thread of its own, to say what happens now: a signal may come in
            the middle of a write to the very stream that would be written to.
        second: Called at every further one, normally a Departure. A run that is torn off like this is continued by
            running the command again.
    """

    def __init__(self, *, first: Callable[[], None], second: Callable[[], None]) -> None:
        self._first = first
        self._second = second
        self._asked = Event()
        self._told = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        """Take the signals over."""
        for number in _SIGNALS:
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._received)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal returned, it takes

    def stop(self) -> bool:
        """Return True once the run should start no further step."""
        return self._asked.is_set()

    def wait(self, seconds: float) -> None:
        """Let time pass, at most until somebody asks to stop."""
        self._asked.wait(seconds)

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """While a question is open, let Ctrl-C raise KeyboardInterrupt as it does by default."""
        ours = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, ours)

    def _received(self, number: int, frame: FrameType | None) -> None:
        if number != signal.SIGHUP:
            if self._told:
                self._second()
                return
            self._told = True
        if not self._asked.is_set():
            self._asked.set()
            Thread(target=self._first, name="interrupted", daemon=True).start()

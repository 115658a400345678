"""The journal: what was done to which host and when, for people and for ``status``; never needed to continue a run.

One JSON object a line: ``time`` (UTC, RFC 3339), ``run`` (random id), ``event`` (``begin``, ``done``, ``failed``,
``undone``), ``stage``, ``host``, ``step``, ``why``, and ``error`` for a failure. The last line of a run has the event
``ended`` and its ``outcome``: ``done``, ``failed``, ``interrupted``; and ``error`` where it failed and no step did. A
run without it was killed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from rke_py.errors import StateError
from rke_py.plan.steps import Step


class Journal:
    """Appends lines to ``cluster.rkestate.journal``, each one on disk before the step goes on.

    Args:
        path: The file; made with mode 0600.
        run: A random id that all lines of a run share.
        now: Tells the time.
    """

    def __init__(self, path: Path, run: str, now: Callable[[], datetime]) -> None:
        self._path = path
        self._run = run
        self._now = now
        self._lock = Lock()
        self._file: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def write(self, event: str, stage: str, step: Step, error: str = "") -> None:
        """Append one line and sync it; the file is made with the first line; raises StateError when it cannot be."""
        line = {"event": event, "stage": stage, "host": step.host, "step": step.title, "why": list(step.why)}
        self._append({**line, "error": error} if error else line)

    def end(self, outcome: str, error: str = "") -> None:
        """Append the last line of a run, with what it failed for where that was no step of it."""
        line = {"event": "ended", "stage": "", "host": "", "step": "", "why": [], "outcome": outcome}
        self._append({**line, "error": error} if error else line)

    def _append(self, entry: Mapping[str, object]) -> None:
        line = {"time": self._now().isoformat(timespec="milliseconds"), "run": self._run, **entry}
        text = json.dumps(line, ensure_ascii=False) + "\n"
        try:
            with self._lock:
                self._write(text.encode())
        except OSError as fault:
            hint = "Free space there, or let it be writable; then run the same again."
            raise StateError(f"the journal cannot be written: {fault}", where=str(self._path), hint=hint) from fault

    def _write(self, line: bytes) -> None:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            line = (b"\n" if _is_torn(self._file) else b"") + line
        while line:  # a disk that is nearly full takes a part of it, and says so only when asked for the rest
            line = line[os.write(self._file, line) :]
        os.fdatasync(self._file)


def _is_torn(file: int) -> bool:
    """Tell whether a file ends in the middle of a line, as it does where a run died, or its disk was full."""
    size = os.fstat(file).st_size
    return size > 0 and os.pread(file, 1, size - 1) != b"\n"

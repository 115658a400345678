"""The log file of a run: every event, and what paramiko, Docker and urllib3 say, with host and stage on each line."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from threading import local
from time import gmtime, monotonic

from typing_extensions import override

from rke_py.cli.console.pace import Pace
from rke_py.cli.console.words import line_of, place_of
from rke_py.cli.crashes import user_log
from rke_py.cli.faults import text_of
from rke_py.cli.redaction import Redactor
from rke_py.errors import UsageError
from rke_py.progress import Event, Pulling, StepEnded, StepStarted, Warned

MOST_BYTES = 10_000_000
KEPT_FILES = 3

_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(host)s %(stage)s %(name)s: %(message)s"
_BETWEEN_PULLS = 10.0

_LEVELS = {"": logging.WARNING, "rke_py": logging.DEBUG, "paramiko": logging.INFO, "urllib3": logging.DEBUG}
"""urllib3 names every Docker call; paramiko below INFO names every packet; others speak when something is wrong."""

_WITHOUT_CALLS = _LEVELS | {"urllib3": logging.WARNING}


class Bearings(logging.Filter):
    """Puts host and stage on every record.

    A step is reported from the thread that performs it, so what a library logs in that thread belongs to that step.
    """

    def __init__(self) -> None:
        super().__init__()
        self._here = local()

    def move(self, event: Event) -> None:
        """Follow the calling thread into a step and out of it."""
        match event:
            case StepStarted():
                self._here.place = (event.host, event.stage)
            case StepEnded():
                self._here.place = ("", "")

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        place = getattr(record, "place", None) or getattr(self._here, "place", None)
        host, stage = place or ("", "")
        record.host, record.stage = host or "-", stage or "-"
        return True


class LogReporter:
    """Writes every event to the log."""

    def __init__(self, bearings: Bearings) -> None:
        self._logger = logging.getLogger("rke_py.run")
        self._bearings = bearings
        self._pace = Pace(_BETWEEN_PULLS)

    def report(self, event: Event) -> None:
        """Log the event with its place."""
        self._bearings.move(event)
        match event:
            case Pulling():
                self._log_pull(event)
            case Warned():
                self._log(logging.WARNING, event)
            case StepEnded(error=error) if error is not None:
                self._log(logging.ERROR, event, text_of(error))
            case _:
                self._log(logging.INFO, event)

    def _log(self, level: int, event: Event, *more: str) -> None:
        self._logger.log(level, "%s", "\n".join((line_of(event), *more)), extra={"place": place_of(event)})

    def _log_pull(self, event: Pulling) -> None:
        if self._pace.lets_pass(event, monotonic()):
            self._log(logging.DEBUG, event)


class _Formatter(logging.Formatter):
    """Formats in UTC, masks secrets, and indents further lines so that no text can pose as a record."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(_FORMAT, datefmt="%Y-%m-%dT%H:%M:%S")
        self.converter = gmtime
        self._redactor = redactor

    @override
    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.text(super().format(record)).replace("\n", "\n    ")


class _PrivateFile(RotatingFileHandler):
    """A rotated log file that only its owner can read."""

    @override
    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        path.touch(mode=0o600)
        path.chmod(0o600)
        return super()._open()

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        """Drop the record: a full disk here must not end a run, nor print a traceback."""


@contextmanager
def run_log(
    config: Path, asked: Path | None, redactor: Redactor, bearings: Bearings, *, calls: bool = True
) -> Iterator[Path]:
    """Keep the log while entered, and yield its path.

    Args:
        config: The cluster.yml; the log is beside it, ``cluster.log``.
        asked: The value of ``--log-file``, which wins.
        redactor: Masks every line.
        bearings: Knows where each thread is.
        calls: Whether every Docker call is in it. A watch of a large cluster makes so many that what a run beside it
            wrote would be rotated away.

    Raises:
        UsageError: The file that was asked for cannot be written. Where there is no cluster.yml, or nothing can be
            written beside it, the user's own log is used; or that cannot be written either.
    """
    handler = _opened(config, asked)
    handler.setFormatter(_Formatter(redactor))
    handler.addFilter(bearings)
    root = logging.getLogger()
    before = {name: logging.getLogger(name).level for name in _LEVELS}
    root.addHandler(handler)
    logging.captureWarnings(True)
    for name, level in (_LEVELS if calls else _WITHOUT_CALLS).items():
        logging.getLogger(name).setLevel(level)
    try:
        yield Path(handler.baseFilename)
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
        logging.captureWarnings(False)
        root.removeHandler(handler)
        handler.close()


def _opened(config: Path, asked: Path | None) -> _PrivateFile:
    if asked is not None:
        try:
            return _file(asked)
        except OSError as error:
            raise UsageError(f"cannot write the log: {error.strerror}", where=str(asked)) from error
    if config.is_file():
        with suppress(OSError):
            return _file(config.with_suffix(".log"))
    path = user_log()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _file(path)
    except OSError as error:
        hint = "Name another file with --log-file, or a folder for the logs of programs in the variable XDG_STATE_HOME."
        raise UsageError(f"cannot write the log: {error.strerror}", where=str(path), hint=hint) from error


def _file(path: Path) -> _PrivateFile:
    return _PrivateFile(path, maxBytes=MOST_BYTES, backupCount=KEPT_FILES, encoding="utf-8", errors="backslashreplace")

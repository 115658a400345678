"""One JSON object a line on standard output, for programs (``--output json``).

Every object has ``event``, ``time`` (UTC, RFC 3339) and ``elapsed`` (seconds since the run began). The rest:

| event | fields |
| -- | -- |
| ``stage-started`` | ``stage``, ``hosts`` |
| ``stage-ended`` | ``stage``, ``seconds``, ``failed`` (host names) |
| ``step-started`` | ``stage``, ``host`` (empty: the whole cluster), ``step`` |
| ``step-ended`` | ``stage``, ``host``, ``step``, ``seconds``, ``error`` (null, or an error) |
| ``pulling`` | ``host``, ``image``, ``done``, ``total`` (bytes; 0: not known); at most one a second and image |
| ``note`` | ``text``, ``host`` |
| ``warned`` | ``problem``: ``where``, ``what``, ``hint``, ``warning`` |
| ``finished`` | ``changed`` (steps done), ``seconds``, ``attention`` (texts), ``basis`` |
| ``failed`` | ``exit_status``, ``error`` |

An error has ``type`` (a class of rke_py/errors.py), ``where``, ``what``, ``evidence`` (lines), ``notes``, ``hint``,
``problems`` and ``failures`` (errors). The last line of a run is ``finished`` or ``failed``. Fields may be added; none
changes its meaning.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import TextIO

from rke_py.cli.console.display import Lines, Still
from rke_py.cli.console.pace import Pace
from rke_py.cli.faults import json_of, problem_json
from rke_py.cli.redaction import Redactor
from rke_py.errors import Problem, RkeError
from rke_py.progress import (
    Event,
    Finished,
    Note,
    Pulling,
    StageEnded,
    StageStarted,
    StepEnded,
    StepStarted,
    Warned,
)

NAMES: dict[type[Event], str] = {
    StageStarted: "stage-started",
    StageEnded: "stage-ended",
    StepStarted: "step-started",
    StepEnded: "step-ended",
    Pulling: "pulling",
    Note: "note",
    Warned: "warned",
    Finished: "finished",
}

_BETWEEN_PULLS = 1.0


class JsonLines(Still):
    """Writes every event as one line of JSON."""

    def __init__(
        self, stream: TextIO, *, elapsed: Callable[[], float], now: Callable[[], datetime], redactor: Redactor
    ) -> None:
        self._lines = Lines(stream)
        self._elapsed = elapsed
        self._now = now
        self._redactor = redactor
        self._pace = Pace(_BETWEEN_PULLS)

    def report(self, event: Event) -> None:
        """Write the event."""
        if isinstance(event, Pulling) and not self._pace.lets_pass(event, self._elapsed()):
            return
        parts = {field.name: _plain(getattr(event, field.name)) for field in fields(event)}
        self._write(NAMES[type(event)], parts)

    def close(self, error: RkeError | None) -> None:
        """Write how the run failed."""
        if error is not None:
            self._write("failed", {"exit_status": error.exit_code, "error": json_of(error)})

    def _write(self, name: str, parts: dict[str, object]) -> None:
        time = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = {"event": name, "time": time, "elapsed": round(self._elapsed(), 3)}
        self._lines.write(json.dumps(self._redactor.value({**head, **parts})))


def _plain(value: object) -> object:
    match value:
        case RkeError():
            return json_of(value)
        case Problem():
            return problem_json(value)
        case float():
            return round(value, 3)
    return value

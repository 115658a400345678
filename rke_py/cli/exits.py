"""From an exception to what the operator reads and the exit status; an operator never meets a traceback.

| status | meaning |
| -- | -- |
| 0 | done |
| 1 | failed |
| 2 | usage or configuration |
| 3 | done, but some workers failed, or some etcd members have no snapshot |
| 4 | ``plan --detailed-exitcode`` found changes, ``cert list --ends-within`` certificates |
| 130 | interrupted |
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from types import TracebackType
from typing import Never

import click

from rke_py.cli.crashes import internal, keep_traceback, known
from rke_py.cli.redaction import Redactor
from rke_py.errors import Interrupted, RkeError

FAILED = 1
FOUND = 4

_LABEL = re.compile(r"^(Error|Failed|Interrupted|Warning|Hint)(?=: )", re.MULTILINE)
_COLOURS = {"Error": "red", "Failed": "red", "Interrupted": "yellow", "Warning": "yellow", "Hint": "cyan"}


@dataclass(frozen=True, slots=True)
class Exits:
    """A block that ends in SystemExit whatever is raised in it, with the reason on standard error."""

    redactor: Redactor

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show what was raised and leave with its status."""
        if error is not None and not isinstance(error, SystemExit):
            self._leave(error)

    def _leave(self, error: BaseException) -> Never:
        if isinstance(error, click.ClickException):
            error.show()
            raise SystemExit(error.exit_code) from error
        if isinstance(error, click.Abort | KeyboardInterrupt):
            error = Interrupted("stopped at once")
        fault = known(error) or internal(error, keep_traceback(error, self.redactor))
        show(fault, self.redactor)
        raise SystemExit(fault.exit_code) from error


def show(fault: RkeError, redactor: Redactor) -> None:
    """Print an error on standard error, coloured where that is a terminal."""
    # imported here: nine runs of ten do not fail
    from rke_py.cli.faults import text_of

    click.echo(coloured(redactor.text(text_of(fault))), err=True)


def wants_colour() -> bool:
    """Tell whether the operator wants colours, see https://no-color.org: click does not look."""
    return not os.environ.get("NO_COLOR")


def coloured(text: str) -> str:
    """Return the text with its labels in colour; click takes the colour out again where it does not belong."""
    if not wants_colour():
        return text
    return _LABEL.sub(lambda label: click.style(label[0], fg=_COLOURS[label[0]], bold=True), text)

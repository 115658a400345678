"""Which display suits where the output goes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rke_py.cli.console.display import Display
from rke_py.cli.redaction import Redactor


class Output(StrEnum):
    """The value of ``--output``."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What decides about the display.

    Attributes:
        answer: True for a command that answers a question on standard output (``status``, ``plan``): its progress
            goes to standard error. False for one whose progress is what it prints (``up``, ``remove``).
        quiet: True leaves notes, warnings and the end.
    """

    output: Output
    answer: bool
    elapsed: Callable[[], float]
    now: Callable[[], datetime]
    redactor: Redactor
    quiet: bool = False


def display_for(choice: Choice) -> Display:
    """Return a live table for a terminal, JSON lines where asked for, plain lines otherwise."""
    stream = sys.stderr if choice.answer else sys.stdout
    if choice.output is Output.JSON and not choice.answer:
        from rke_py.cli.console.json_lines import JsonLines

        return JsonLines(stream, elapsed=choice.elapsed, now=choice.now, redactor=choice.redactor)
    if stream.isatty() and not choice.quiet:
        from rich.console import Console

        from rke_py.cli.console.live import LiveTable

        console = Console(file=stream)
        if console.is_terminal and not console.is_dumb_terminal:
            return LiveTable(console, elapsed=choice.elapsed, redactor=choice.redactor, transient=choice.answer)
    from rke_py.cli.console.plain import Plain

    return Plain(stream, elapsed=choice.elapsed, redactor=choice.redactor, steps=not (choice.answer or choice.quiet))

"""What a command found, on standard output."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from rke_py.cli.redaction import Redactor


def print_answer(redactor: Redactor, output: str, data: object, lines: Iterable[str]) -> None:
    """Print an answer with every secret masked: as JSON when that is asked for, else line by line.

    Args:
        redactor: Masks secrets.
        output: The value of ``--output``.
        data: The answer for programs.
        lines: The answer for people.
    """
    if output == "json":
        click.echo(json.dumps(redactor.value(data), indent=2))
        return
    for line in lines:
        click.echo(redactor.text(line))

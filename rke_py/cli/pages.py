"""Help pages from docstrings: prose is wrapped to the terminal, blocks with indented lines stay as they are written."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

import click

_AS_WRITTEN = "\b\n"


def laid_out(text: str) -> str:
    """Return a docstring with click's mark before every paragraph that has indented lines, such as examples."""
    paragraphs = cleandoc(text).split("\n\n")
    return "\n\n".join(_AS_WRITTEN + block if "\n  " in block else block for block in paragraphs)


class Command(click.Command):
    """A command whose docstring is its help page."""

    def __init__(self, *, help: str | None = None, **settings: Any) -> None:  # noqa: A002 - click's name
        super().__init__(help=laid_out(help or ""), **settings)


class Group(click.Group):
    """A group whose docstring, and those of its commands, are help pages."""

    command_class = Command

    def __init__(self, *, help: str | None = None, **settings: Any) -> None:  # noqa: A002 - click's name
        super().__init__(help=laid_out(help or ""), **settings)

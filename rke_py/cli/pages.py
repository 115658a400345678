"""Help pages from docstrings: prose is wrapped to the terminal, blocks with indented lines stay as they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from inspect import cleandoc
from typing import Any

import click
from typing_extensions import override

_AS_WRITTEN = "\b\n"
_NO_BREAK = "\N{NON-BREAKING HYPHEN}"


def laid_out(text: str) -> str:
    """Return a docstring with click's mark before every paragraph that has indented lines, such as examples."""
    paragraphs = cleandoc(text).split("\n\n")
    return "\n\n".join(_AS_WRITTEN + block if "\n  " in block else block for block in paragraphs)


class _Formatter(click.HelpFormatter):
    """Breaks lines between words only: whoever copies ``rke-py`` or a flag from a page gets all of it."""

    @override
    def write_text(self, text: str) -> None:
        super().write_text(_unbroken(text))

    @override
    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(term, _unbroken(text)) for term, text in rows], col_max, col_spacing)

    @override
    def getvalue(self) -> str:
        return super().getvalue().replace(_NO_BREAK, "-")


class _Context(click.Context):
    formatter_class = _Formatter


def _unbroken(text: str) -> str:
    return text.replace("-", _NO_BREAK)


class Command(click.Command):
    """A command whose docstring is its help page."""

    context_class = _Context

    def __init__(self, *, help: str | None = None, **settings: Any) -> None:  # noqa: A002 - click's name
        super().__init__(help=laid_out(help or ""), **settings)


class Group(click.Group):
    """A group whose docstring, and those of its commands, are help pages."""

    context_class = _Context
    command_class = Command

    def __init__(self, *, help: str | None = None, **settings: Any) -> None:  # noqa: A002 - click's name
        super().__init__(help=laid_out(help or ""), **settings)

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, names = args[0], self.list_commands(ctx)
        if name in names or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        close = get_close_matches(name, names, n=1) or [f"{group} {name}" for group in self._groups_with(name, ctx)]
        suggestion = f" Did you mean: {', '.join(close)}?" if close else ""
        raise click.UsageError(f"There is no command '{name}'.{suggestion}", ctx)

    def _groups_with(self, name: str, ctx: click.Context) -> Iterator[str]:
        """Yield the groups in this one that have such a command."""
        for group in self.list_commands(ctx):
            found = self.get_command(ctx, group)
            if isinstance(found, click.Group) and name in found.list_commands(ctx):
                yield group

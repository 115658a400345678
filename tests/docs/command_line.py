"""Whether a command line of the documents is one that rke-py takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

import click

from rke_py.cli.root import root

_OPERATORS = re.compile(r"[|&;<>()]+")
_ASSIGNMENT = re.compile(r"\w+=.*")


def invocations(text: str, program: str = "rke-py") -> Iterator[tuple[str, ...]]:
    """Yield the arguments of every call of a program in shell text."""
    lexer = shlex.shlex(text.splitlines()[0], posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    redirected = False
    for word in (*lexer, ";"):
        if redirected:
            redirected = False
        elif not _OPERATORS.fullmatch(word):
            words.append(word)
        elif word[0] in "<>":
            redirected = True
        else:
            while words and _ASSIGNMENT.fullmatch(words[0]):
                words.pop(0)
            if words and words[0].rpartition("/")[2] == program:
                yield tuple(words[1:])
            words = []


def parse(arguments: Sequence[str]) -> None:
    """Parse a command line of rke-py without running it; raises click.UsageError."""
    command: click.Command = root
    context = click.Context(root, info_name="rke-py")
    rest = list(arguments)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command, context = found, click.Context(found, info_name=name, parent=context)
    try:
        command.make_context(context.info_name, rest, parent=context.parent)
    except click.exceptions.Exit:
        return  # --help and --version end here


def options() -> frozenset[str]:
    """Return every option that some command of rke-py has."""
    return frozenset(_options(root))


def _options(command: click.Command) -> Iterator[str]:
    context = click.Context(command)
    for parameter in command.get_params(context):
        yield from parameter.opts
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from _options(found)

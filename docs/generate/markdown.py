"""Markdown from values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MADE = "<!-- Made from the code by docs/generate: do not edit, run `make docs`. -->"


def page(title: str, *blocks: str) -> str:
    """Return a whole page; blocks are paragraphs, tables and the like."""
    return "\n\n".join([f"# {title}", MADE, *(block.strip("\n") for block in blocks if block)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a cell may hold Markdown."""
    lines = [head, ["--"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def fenced(text: str, language: str) -> str:
    """Return a code block."""
    return f"```{language}\n{text.strip(chr(10))}\n```"


def code(text: object) -> str:
    """Return text as code in a line; nothing for nothing."""
    return f"`{text}`" if str(text) else ""


def codes(texts: Iterable[object]) -> str:
    """Return several texts as code, with commas between them."""
    return ", ".join(code(text) for text in texts)


def first_sentence(docstring: str | None) -> str:
    """Return the first sentence of a docstring, without its full stop and with Markdown's one backtick."""
    line = " ".join((docstring or "").split("\n\n")[0].split()).replace("``", "`")
    return line.split(". ")[0].removesuffix(".")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

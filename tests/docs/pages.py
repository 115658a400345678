"""The documents as data: code blocks, the commands in them with what they print, headings, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\S*) ?(?:title=\"(?P<title>[^\"]*)\")?\n(?P<text>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)
_HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"`(?P<text>[^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A code block; ``line`` is that of its first line."""

    page: str
    line: int
    language: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command that a reader types, with the lines shown below it."""

    page: str
    line: int
    text: str
    shown: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> tuple[Path, ...]:
    """Return every document."""
    return (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))


def name_of(path: Path) -> str:
    """Return a document's path below the checkout."""
    return str(path.relative_to(ROOT))


def blocks() -> Iterator[Block]:
    """Yield every code block of every document."""
    for path in pages():
        text = path.read_text("utf-8")
        for found in _FENCE.finditer(text):
            line = text.count("\n", 0, found.start("text")) + 1
            yield Block(name_of(path), line, found["language"], found["title"] or "", dedent(found["text"]))


def prose(path: Path) -> str:
    """Return a document without its code blocks."""
    return _FENCE.sub("", path.read_text("utf-8"))


def commands(page: str = "") -> Iterator[Command]:
    """Yield the commands of all console blocks, or of one document's, in order."""
    for block in blocks():
        if block.language == "console" and page in ("", block.page):
            yield from _commands(block)


def headings(path: Path) -> tuple[str, ...]:
    """Return the headings of a document, without marks."""
    return tuple(found["text"] for found in _HEADING.finditer(prose(path)))


def links(path: Path) -> Iterator[str]:
    """Yield the targets of a document's links."""
    return (found["target"] for found in _LINK.finditer(prose(path)))


def inline_code(path: Path) -> Iterator[str]:
    """Yield what stands in backticks within lines of text."""
    return (found["text"] for found in _CODE.finditer(prose(path)))


def anchor(heading: str) -> str:
    """Return the anchor under which a heading is linked."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _commands(block: Block) -> Iterator[Command]:
    typed: list[str] = []
    shown: list[str] = []
    first = block.line
    for number, line in enumerate(block.text.splitlines(), start=block.line):
        if line.startswith("$ "):
            if typed:
                yield Command(block.page, first, "\n".join(typed), tuple(shown))
            typed, shown, first = [line[2:]], [], number
        elif line.startswith("> ") and not shown:
            typed.append(line[2:])
        else:
            shown.append(line)
    if typed:
        yield Command(block.page, first, "\n".join(typed), tuple(shown))

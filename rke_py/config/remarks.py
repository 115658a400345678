"""What cluster.yml.example says of each key: the value that it has when it is left out, and what it means.

The example is the one place where keys are explained: help in editors and the reference page repeat it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

KeyPath = tuple[str, ...]
"""Keys from the top of cluster.yml; lists add nothing."""

_KEY = re.compile(r"(?P<indent> *)(?P<off># *)?(?P<item>- )?(?P<key>[A-Za-z][\w-]*):(?: (?P<rest>.*))?$")
_RULE = re.compile(r"# -{5,}")
_COMMENT = re.compile(r" *# (?P<text>[^ ].*)$")  # one that is indented once more belongs to a value
_REMARK = re.compile(r"(?:^|\s)# (?P<remark>.*)$")
_EMPTY = frozenset({"", '""', "[]", "{}", "..."})


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What the example says of one key; ``default`` is empty for none."""

    default: str = ""
    meaning: str = ""


def remarks(text: str) -> dict[KeyPath, Remark]:
    """Return the remarks of an example file by key.

    A comment at the end of a key's line is about that key, one above about all keys of the top level up to the
    next empty line.
    """
    found: dict[KeyPath, Remark] = {}
    for path, key, above in _keys(text):
        rest = key["rest"] or ""
        remark = _REMARK.search(rest)
        value = rest[: remark.start()].strip() if remark else rest.strip()
        said = "; ".join(filter(None, (above.removesuffix("." if remark else ""), remark["remark"] if remark else "")))
        found.setdefault(path, _read(value, said))
    return found


def _keys(text: str) -> Iterator[tuple[KeyPath, re.Match[str], str]]:
    """Yield each key with its line and the comment above it."""
    place: list[tuple[int, str]] = []
    above: list[str] = []
    for line in text.splitlines():
        key = _KEY.match(line)
        if key is not None:
            commented_out = len(key["off"]) - len("# ") if key["off"] else 0
            indent = len(key["indent"]) + commented_out + (2 if key["item"] else 0)
            place = [(depth, name) for depth, name in place if depth < indent] + [(indent, key["key"])]
            yield tuple(name for _, name in place), key, "" if indent else " ".join(above)
        elif not line.strip() or _RULE.match(line):
            above = []
        elif comment := _COMMENT.match(line):
            above = [*above, comment["text"]]


def _read(value: str, said: str) -> Remark:
    """Split a remark such as ``what it is; default: another key`` from the default that it names."""
    meaning, named, default = said.partition("default: ")
    meaning = meaning.rstrip("; ")
    if meaning.startswith("required"):
        return Remark(default="required", meaning=meaning.removeprefix("required").lstrip(": "))
    if not named:
        sample = value in _EMPTY or value.startswith(("|", "{")) or value.endswith("...")
        default = "" if sample else f"`{value}`"
    return Remark(default=default, meaning=meaning)

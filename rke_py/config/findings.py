"""Faults on their way to the operator: a path into the file and what is wrong there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rke_py.config.schema import ClusterConfig

Path = tuple[str | int, ...]
"""Keys and list indexes from the top of the file: ``("nodes", 1, "role", 0)``."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault, before its line is looked up.

    Attributes:
        path: Where it is.
        what: One sentence: what is wrong; never a secret's text.
        hint: What to write instead; may be empty.
        warning: True when the run may go on.
        at_key: True when the key itself is meant, not its value.
    """

    path: Path
    what: str
    hint: str = ""
    warning: bool = False
    at_key: bool = False


Check = Callable[["ClusterConfig"], Iterable[Finding]]
"""Looks at a whole configuration and tells what contradicts itself or cannot work."""


def spell_path(path: Sequence[str | int]) -> str:
    """Return the path as operators read it: ``nodes[1].labels["a.b/c"]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.match(part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return a hint that names the choice most like the word, else all of them when they are few."""
    known = sorted(choices)
    folded = {choice.lower().replace("-", "_"): choice for choice in known}
    close = get_close_matches(word.lower().replace("-", "_"), folded, n=1)
    if close:
        return f"Did you mean {folded[close[0]]}?"
    return f"Use one of: {', '.join(known)}" if len(known) <= 12 else ""

"""Parts of hand-written pages that are made from the code, between two marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from rke_py.plan.describe import describe

from .example import THREE_AND_TWO, fresh_plan, removal
from .figures import figures
from .markdown import fenced
from .reliability import reliability

_MARKED = re.compile(r"(<!-- made: (?P<name>[\w-]+) -->\n)(?:(?!<!-- ).)*(<!-- end -->)", re.DOTALL)


def filled(text: str) -> str:
    """Return a page with every marked part made anew."""
    return _MARKED.sub(lambda found: f"{found[1]}{MAKERS[found['name']]()}\n{found[3]}", text)


def names(text: str) -> list[str]:
    """Return the names of the marked parts of a page."""
    return [found["name"] for found in _MARKED.finditer(text)]


def _example() -> str:
    return fenced(THREE_AND_TWO, 'yaml title="cluster.yml"')


def _new_cluster() -> str:
    return fenced("\n".join(describe(fresh_plan())), "text")


def _removal() -> str:
    return fenced("\n".join(describe(removal())), "text")


MAKERS: Mapping[str, Callable[[], str]] = {
    "example": _example,
    "plan": _new_cluster,
    "removal": _removal,
    "figures": figures,
    "reliability": reliability,
}

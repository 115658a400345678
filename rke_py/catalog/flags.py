"""Names of the flags each component knows, read from tables that ``tests/catalog/make_flags.py`` makes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def flags(minor: tuple[int, int]) -> Mapping[str, frozenset[str]]:
    """Return the flags of every component of a minor release, names without dashes.

    The table is made from ``--help`` of the very programs, so flags that they hide are missing from it.
    """
    table = files("rke_py.catalog") / "data" / f"flags-{minor[0]}.{minor[1]}.json"
    known = json.loads(table.read_text(encoding="utf-8"))
    return {component: frozenset(names) for component, names in known["flags"].items()}

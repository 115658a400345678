from __future__ import annotations

from collections.abc import Callable

import pytest

from rke_py.config.load import load
from rke_py.errors import ConfigError, Problem

NODES = """\
nodes:
  - address: 192.0.2.1
    user: ubuntu
    role: [controlplane, etcd, worker]
"""

Told = Callable[[str], list[str]]
"""Takes a whole file or what follows the nodes; returns what is said about it, "place: what", warnings with "~"."""


def told(text: str) -> list[str]:
    whole = text if "nodes:" in text else NODES + text
    return [_line(problem) for problem in problems_of(whole)]


def problems_of(text: str) -> tuple[Problem, ...]:
    try:
        return load(text).warnings
    except ConfigError as error:
        return error.problems


def _line(problem: Problem) -> str:
    place = problem.where.partition(" ")[2]
    return f"{'~' if problem.warning else ''}{place}: {problem.what}"


@pytest.fixture(name="told")
def _told() -> Told:
    return told

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sim.operator import Operator
from tests.sim.operator import operator as make_operator

_MEMORY = Path("/dev/shm")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: each line of the journal is synced, which a busy disk makes slow."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as name:
        yield Path(name)


@pytest.fixture
def operator(folder) -> Callable[..., Operator]:
    """Make the operator of a simulated fleet: one word of roles (e, c, w) for each machine."""

    def make(*roles: str, **config: Any) -> Operator:
        return make_operator(folder, *roles, **config)

    return make


@pytest.fixture
def running(operator) -> Callable[..., Operator]:
    """Make the operator of a cluster that is up already; what was asked and called until then is forgotten."""

    def make(*roles: str, **config: Any) -> Operator:
        person = operator(*roles, **config)
        person.up()
        person.world.time.pass_time(60)
        person.next_script()
        return person

    return make

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator
from tests.sim.operator import operator as make_operator

_MEMORY = Path("/dev/shm")
Kept = dict[str, tuple[Operator, Mapping[str, bytes]]]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: each line of the journal is synced, which a busy disk makes slow."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as name:
        yield Path(name)


@pytest.fixture
def operator(folder) -> Callable[..., Operator]:
    """Make the operator of a simulated fleet: one word of roles (e, c, w) for each machine."""

    def make(*roles: str, **config: Any) -> Operator:
        _empty(folder)
        return make_operator(folder, *roles, **config)

    return make


@pytest.fixture(scope="session")
def kept() -> Kept:
    """Clusters that were made once, with the files in their operator's folder."""
    return {}


@pytest.fixture
def running(kept, folder) -> Callable[..., Operator]:
    """Make the operator of a cluster that is up already; what was asked and called until then is forgotten."""

    return _maker(kept, folder, _up)


@pytest.fixture
def left_by_rke(kept, folder) -> Callable[..., Operator]:
    """Make the operator of a cluster as RKE left it."""
    return _maker(kept, folder, made_by_rke)


def _maker(kept: Kept, folder: Path, begin: Callable[..., Operator]) -> Callable[..., Operator]:
    def make(*roles: str, **config: Any) -> Operator:
        key = repr((begin.__name__, roles, config))
        if key not in kept:
            _empty(folder)
            person = begin(folder, *roles, **config)
            kept[key] = person, person.files()
        model, files = kept[key]
        _empty(folder)
        for name, content in files.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o600)
        return Operator(world=model.world.copy(), folder=folder, config=copy.deepcopy(model.config))

    return make


def _up(folder: Path, *roles: str, **config: Any) -> Operator:
    person = make_operator(folder, *roles, **config)
    person.up()
    person.world.time.pass_time(60)
    return person


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()

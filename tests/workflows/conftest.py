from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Iterator, Mapping
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
        _empty(folder)
        return make_operator(folder, *roles, **config)

    return make


@pytest.fixture(scope="session")
def kept() -> dict[str, tuple[Operator, Mapping[str, bytes]]]:
    """Clusters that were made once, with the files in their operator's folder."""
    return {}


@pytest.fixture
def running(kept, folder) -> Callable[..., Operator]:
    """Make the operator of a cluster that is up already; what was asked and called until then is forgotten."""

    def make(*roles: str, **config: Any) -> Operator:
        key = repr((roles, config))
        _empty(folder)
        if key not in kept:
            kept[key] = _made(folder, roles, config)
        model, files = kept[key]
        _empty(folder)
        for name, content in files.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o600)
        return Operator(world=model.world.copy(), folder=folder, config=copy.deepcopy(model.config))

    return make


def _made(folder: Path, roles: tuple[str, ...], config: dict[str, Any]) -> tuple[Operator, Mapping[str, bytes]]:
    person = make_operator(folder, *roles, **config)
    person.up()
    person.world.time.pass_time(60)
    return person, person.files()


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()

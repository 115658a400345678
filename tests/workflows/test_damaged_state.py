"""A state file that is damaged anywhere: an error with ways out before any host is asked, never another CA."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rke_py.errors import StateError
from rke_py.state.model import State
from rke_py.stores.statefile import StateStore
from tests.sim.operator import Operator

pytestmark = pytest.mark.thorough

Damage = Callable[[bytes], bytes]


@st.composite
def damages(draw: st.DrawFn) -> Damage:
    """Draw what a disk, an editor or a bad merge may do to a file."""
    where, length = draw(st.floats(0, 1)), draw(st.integers(1, 4096))
    byte = draw(st.integers(0, 255))

    def at(data: bytes) -> int:
        return min(int(where * len(data)), len(data) - 1)

    kinds: list[Damage] = [
        lambda data: data[: at(data)],
        lambda data: data[at(data) + 1 :],
        lambda data: data[: at(data)] + bytes([byte]) + data[at(data) + 1 :],
        lambda data: data[: at(data)] + bytes([byte]) + data[at(data) :],
        lambda data: data[: at(data)] + data[at(data) + length :],
        lambda data: data[: at(data)] + bytes(length) + data[at(data) + length :],
        lambda data: data[: at(data) + length] + data[at(data) :],
    ]
    return draw(st.sampled_from(kinds))


def assert_refused(person: Operator, damage: Damage, commands: tuple[str, ...] = ("up",)) -> None:
    """Assert that commands make nothing of the damaged file, unless it still says the same."""
    path = person.folder / "cluster.rkestate"
    whole, meant = path.read_bytes(), person.state
    damaged = damage(whole)
    path.write_bytes(damaged)
    mark = len(person.world.calls.log)
    fault = _fault(path, meant)
    if fault is not None:
        assert "rke-py state recover" in fault.hint
        for command in commands:
            with pytest.raises(StateError):
                getattr(person, command)()
    assert path.read_bytes() == damaged
    assert person.world.calls.since(mark) == ()
    path.write_bytes(whole)


def _fault(path: Path, meant: State) -> StateError | None:
    """Return what is wrong with a file; None when it says what was meant."""
    try:
        found = StateStore(path).read()
    except StateError as error:
        return error
    assert found == meant
    return None


@pytest.fixture
def person(running) -> Operator:
    return running("ecw")


def profile(examples: int) -> settings:
    return settings(
        max_examples=examples,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@profile(300)
@given(damages())
def test_damage_anywhere_is_refused(person, damage: Damage) -> None:
    assert_refused(person, damage)


@pytest.mark.long
@profile(10_000)
@given(damages())
def test_damage_anywhere_is_refused_at_length(person, damage: Damage) -> None:
    assert_refused(person, damage)


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b"[]", b"\x00" * 100], ids=repr)
def test_what_is_no_state_at_all_is_refused(person, content: bytes) -> None:
    assert_refused(person, lambda _: content, ("up", "plan", "status", "certificates", "remove", "push", "pull"))

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from rke_py.errors import StateError
from rke_py.state.model import State
from rke_py.stores.disk import LocalDisk
from rke_py.stores.lock import break_lock
from rke_py.stores.statefile import StateStore

from .holders import Operator

ALICE, BOB = Operator(user="alice"), Operator(user="bob", machine="laptop", process=7)

WRITER = """
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rke_py.state.model import State
from rke_py.stores.statefile import StateStore


@dataclass
class Holder:
    user: str = "carol"
    machine: str = "server"
    process: int = 99
    since: datetime = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


with StateStore(Path(sys.argv[1])).locked(Holder()) as saved:
    print("locked", flush=True)
    while True:
        saved.write(State(lineage="4f2a", desired={"padding": "x" * 100_000}))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cluster.rkestate"


@contextmanager
def another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process that holds the lock and writes without end."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "locked\n"
            yield process
        finally:
            process.kill()


def test_the_second_run_is_told_who_holds_the_lock(path: Path) -> None:
    with StateStore(path).locked(ALICE), pytest.raises(StateError) as caught, StateStore(path).locked(BOB):
        pytest.fail("two runs at once")

    assert "alice@desk, process 42, since 2026-11-21T12:00:00Z" in str(caught.value)


def test_reading_needs_no_lock(path: Path) -> None:
    with StateStore(path).locked(ALICE) as saved:
        written = saved.write(State(lineage="4f2a"))

        assert StateStore(path).read() == written


def test_the_lock_is_free_after_a_run(path: Path) -> None:
    with StateStore(path).locked(ALICE):
        pass
    with StateStore(path).locked(BOB):
        assert '"bob"' in path.with_name("cluster.rkestate.holder").read_text()
    assert not path.with_name("cluster.rkestate.holder").exists()


def test_the_lock_is_free_after_a_run_that_failed(path: Path) -> None:
    with pytest.raises(RuntimeError, match="failed"), StateStore(path).locked(ALICE):
        raise RuntimeError("failed")
    with StateStore(path).locked(BOB):
        pass


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        pytest.param("", "only just started", id="empty"),
        pytest.param("{", "cannot be read", id="torn"),
        pytest.param("[]", "cannot be read", id="odd"),
    ],
)
def test_a_note_that_says_nothing_is_no_obstacle(path: Path, note: str, shown: str) -> None:
    with StateStore(path).locked(ALICE):
        path.with_name("cluster.rkestate.holder").write_text(note)
        with pytest.raises(StateError, match=shown), StateStore(path).locked(BOB):
            pytest.fail("two runs at once")


def test_where_nothing_can_be_written_there_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = pytest.raises(StateError, match="cannot be locked")
    with refused as caught, StateStore(tmp_path / "file" / "x").locked(ALICE):
        pytest.fail("a run began")
    assert "writable" in caught.value.hint


def test_a_disk_that_is_full_is_named_and_holds_nobody_up(path: Path) -> None:
    class FullDisk(LocalDisk):
        def write(self, path: Path, data: bytes, mode: int) -> None:
            raise OSError(28, "No space left on device")

    named = pytest.raises(StateError, match=r"rkestate\.holder: cannot be written: No space left on device")
    with named as caught, StateStore(path, FullDisk()).locked(ALICE):
        pytest.fail("a run began")
    assert "Free space" in caught.value.hint
    with StateStore(path).locked(BOB):
        pass


def test_a_run_that_was_thought_gone_knows_and_leaves_the_next_ones_note(path: Path) -> None:
    store, note = StateStore(path), path.with_name("cluster.rkestate.holder")
    with ExitStack() as later:
        with store.locked(ALICE) as saved:
            assert not saved.lost
            break_lock(path, LocalDisk())
            assert saved.lost
            assert not later.enter_context(store.locked(BOB)).lost
        assert '"bob"' in note.read_text()
    assert not note.exists()


def test_a_run_whose_folder_cannot_be_read_any_more_knows_and_ends_without_another_fault(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    with StateStore(folder / "cluster.rkestate").locked(ALICE) as saved:
        folder.rename(tmp_path / "away")
        folder.touch()  # what is below it fails by another fault than that it does not exist
        assert saved.lost


def test_another_process_is_named(path: Path) -> None:
    named = pytest.raises(StateError, match="carol@server, process 99")
    with another_process(path), named, StateStore(path).locked(ALICE):
        pytest.fail("two runs at once")


def test_a_process_that_is_killed_while_it_writes_leaves_a_whole_state_and_a_free_lock(path: Path) -> None:
    store = StateStore(path)
    with another_process(path) as process:
        seen = [0]
        while seen[-1] < 20:
            state = store.read()
            seen.append(state.serial if state else 0)
        process.kill()
        process.wait()

    assert seen == sorted(seen)
    with store.locked(ALICE) as saved:
        assert saved.state is not None
        assert saved.write(saved.state).serial > seen[-1]

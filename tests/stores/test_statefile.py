import stat
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from rke_py.errors import StateError
from rke_py.state.codec import decode, encode
from rke_py.state.model import State
from rke_py.stores.disk import LocalDisk
from rke_py.stores.statefile import Saved, StateStore, generation

from .crashing_disk import CrashingDisk, Stopped, every_crash
from .holders import Operator

FILE = Path("/cluster/cluster.rkestate")
STATE = State(lineage="4f2a", desired={"clusterName": "prod"})
ALICE = Operator(user="alice")


def serials(files: Mapping[Path, bytes], path: Path = FILE) -> dict[str, int]:
    """Return the serial number of the file and its generations, by the end of their names."""
    paths = [path, *(generation(path, number) for number in range(1, 8))]
    return {found.suffix: decode(files[found]).serial for found in paths if found in files}


def generations(*numbers: int) -> dict[Path, bytes]:
    """Make a file and its generations; the file has the first serial number."""
    paths = [FILE, *(generation(FILE, number) for number in range(1, len(numbers)))]
    return {path: encode(replace(STATE, serial=serial)) for path, serial in zip(paths, numbers, strict=True)}


class TestFile:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "cluster.rkestate"

    def test_there_is_no_state_before_the_first_write(self, path: Path) -> None:
        assert StateStore(path).read() is None
        with StateStore(path).locked(ALICE) as saved:
            assert saved.state is None

    def test_what_was_written_is_read(self, path: Path) -> None:
        with StateStore(path).locked(ALICE) as saved:
            written = saved.write(STATE)

        assert written == replace(STATE, serial=1)
        assert StateStore(path).read() == written

    def test_every_write_has_the_next_serial_number(self, path: Path) -> None:
        for expected in (1, 3):
            with StateStore(path).locked(ALICE) as saved:
                assert saved.write(STATE).serial == expected
                assert saved.write(replace(STATE, serial=0)).serial == expected + 1

    def test_only_the_owner_can_read_it(self, path: Path) -> None:
        with StateStore(path).locked(ALICE) as saved:
            saved.write(STATE)
            saved.write(STATE)

        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}

    def test_a_link_is_followed(self, path: Path, tmp_path: Path) -> None:
        target = tmp_path / "elsewhere"
        target.mkdir()
        path.symlink_to(target / "real.rkestate")

        with StateStore(path).locked(ALICE) as saved:
            saved.write(STATE)

        assert path.is_symlink()
        assert StateStore(target / "real.rkestate").read() == replace(STATE, serial=1)

    def test_threads_do_not_lose_each_others_writes(self, path: Path) -> None:
        with StateStore(path).locked(ALICE) as saved, ThreadPoolExecutor(8) as pool:
            written = list(pool.map(lambda _: saved.write(STATE).serial, range(40)))

        assert sorted(written) == list(range(1, 41))

    def test_a_folder_in_its_place_is_an_error(self, path: Path) -> None:
        path.mkdir()
        with pytest.raises(StateError, match="cannot be read: Is a directory"):
            StateStore(path).read()


class TestDamage:
    def test_a_damaged_file_names_the_generations_that_are_whole(self) -> None:
        files = generations(9, 8, 7) | {FILE: b"{", generation(FILE, 3): b"{"}

        with pytest.raises(StateError, match="damaged") as caught:
            StateStore(FILE, CrashingDisk(files)).read()

        assert caught.value.where == str(FILE)
        assert caught.value.evidence == (
            "cluster.rkestate.1 is whole (serial 8)",
            "cluster.rkestate.2 is whole (serial 7)",
            "cluster.rkestate.3 is damaged too",
        )

    def test_an_empty_file_is_not_a_new_cluster(self) -> None:
        with pytest.raises(StateError, match="damaged"):
            StateStore(FILE, CrashingDisk({FILE: b""})).read()

    def test_a_damaged_file_is_not_written_over(self, tmp_path: Path) -> None:
        path = tmp_path / "cluster.rkestate"
        path.write_bytes(b"{")
        with pytest.raises(StateError, match="damaged"), StateStore(path).locked(ALICE):
            pytest.fail("a run began")
        assert path.read_bytes() == b"{"


class TestForeignWrites:
    def test_a_file_that_somebody_else_wrote_since_is_left_alone(self) -> None:
        disk = CrashingDisk(generations(3))
        saved, other = Saved(FILE, disk), Saved(FILE, disk)
        other.write(replace(STATE, encryption="newer"))

        with pytest.raises(StateError, match="changed by somebody else"):
            saved.write(STATE)

        assert decode(disk.after_kill()[FILE]).encryption == "newer"

    def test_a_file_that_appeared_since_is_left_alone(self) -> None:
        disk = CrashingDisk({})
        saved = Saved(FILE, disk)
        Saved(FILE, disk).write(STATE)

        with pytest.raises(StateError, match="changed by somebody else"):
            saved.write(STATE)

    def test_another_clusters_state_is_not_written_over(self) -> None:
        saved = Saved(FILE, CrashingDisk(generations(3)))
        with pytest.raises(StateError, match="another cluster"):
            saved.write(replace(STATE, lineage="beef"))


class TestGenerations:
    def test_the_first_write_of_a_run_keeps_what_was_there(self) -> None:
        disk = CrashingDisk(generations(1))
        saved = Saved(FILE, disk)
        saved.write(STATE)
        saved.write(STATE)

        assert serials(disk.after_kill()) == {".rkestate": 3, ".1": 1}

    def test_after_a_run_that_died_having_kept_the_file_no_write_keeps_another(self) -> None:
        disk = CrashingDisk(generations(6, 6, 5, 4, 3, 2))
        saved = Saved(FILE, disk)
        saved.write(STATE)
        saved.write(STATE)

        assert serials(disk.after_kill()) == {".rkestate": 8, ".1": 6, ".2": 5, ".3": 4, ".4": 3, ".5": 2}

    def test_five_runs_can_be_gone_back(self) -> None:
        disk = CrashingDisk({})
        for _ in range(8):
            Saved(FILE, disk).write(STATE)

        assert serials(disk.after_kill()) == {".rkestate": 8, ".1": 7, ".2": 6, ".3": 5, ".4": 4, ".5": 3}

    def test_a_run_that_writes_nothing_keeps_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "cluster.rkestate"
        path.write_bytes(encode(STATE))
        with StateStore(path).locked(ALICE):
            pass

        assert sorted(file.name for file in tmp_path.iterdir()) == ["cluster.rkestate", "cluster.rkestate.lock"]


class TestInterruption:
    def test_whenever_it_is_stopped_the_old_or_the_new_state_is_there(self) -> None:
        files = generations(6, 5, 4, 3, 2, 1)
        left = list(every_crash(files, lambda disk: Saved(FILE, disk).write(STATE)))

        assert {decode(found[FILE]).serial for found in left} == {6, 7}

    def test_whenever_it_is_stopped_the_newest_generations_are_there(self) -> None:
        for found in every_crash(generations(6, 5, 4, 3, 2, 1), lambda disk: Saved(FILE, disk).write(STATE)):
            whole = serials({path: data for path, data in found.items() if not path.name.startswith(".")})
            assert {5, 4, 3, 2} <= set(whole.values())

    def test_the_first_write_leaves_nothing_or_all(self) -> None:
        left = list(every_crash({}, lambda disk: Saved(FILE, disk).write(STATE)))

        assert {decode(found[FILE]).serial for found in left if FILE in found} == {1}
        assert any(FILE not in found for found in left)

    @pytest.mark.parametrize("stop_before", range(1, 16))
    def test_runs_that_die_again_and_again_push_no_generation_out(self, stop_before: int) -> None:
        left = generations(6, 5, 4, 3, 2, 1)
        for _ in range(10):
            disk = CrashingDisk(left, stop_before)
            with suppress(Stopped):
                Saved(FILE, disk).write(STATE)
            if serials(disk.after_kill())[".rkestate"] > 6:
                break
            left = disk.after_kill()

        last = CrashingDisk(left)
        Saved(FILE, last).write(STATE)

        assert serials(last.after_kill()) == {".rkestate": 7, ".1": 6, ".2": 5, ".3": 4, ".4": 3, ".5": 2}

    def test_a_full_disk_leaves_the_old_state(self) -> None:
        class FullDisk(CrashingDisk):
            def flush(self, path: Path) -> None:
                raise OSError(28, "No space left on device")

        disk = FullDisk(generations(3))
        saved = Saved(FILE, disk)

        with pytest.raises(StateError, match="cannot be written: No space left on device") as caught:
            saved.write(STATE)
        assert "Free space" in caught.value.hint

        assert disk.after_kill() == generations(3)
        assert saved.state is not None
        assert saved.state.serial == 3


def test_the_local_disk_is_what_is_used_unless_another_is_given(tmp_path: Path) -> None:
    path = tmp_path / "cluster.rkestate"
    Saved(path, LocalDisk()).write(STATE)
    assert StateStore(path).read() == replace(STATE, serial=1)

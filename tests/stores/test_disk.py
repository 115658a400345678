import os
import stat
from pathlib import Path

import pytest

from rke_py.stores.disk import LocalDisk, replace_file

from .crashing_disk import CrashingDisk, every_crash

FILE = Path("/cluster/kube_config_cluster.yml")


class TestReplaceFile:
    def test_whenever_it_is_stopped_the_old_or_the_new_file_is_there(self) -> None:
        found = list(every_crash({FILE: b"old content"}, lambda disk: replace_file(disk, FILE, b"new content")))

        assert {left[FILE] for left in found} == {b"old content", b"new content"}
        assert len(found) > 10

    def test_once_it_is_done_a_power_cut_changes_nothing(self) -> None:
        disk = CrashingDisk({FILE: b"old"})

        replace_file(disk, FILE, b"new")

        assert list(disk.after_power_cut()) == [{FILE: b"new"}]

    def test_the_file_is_private_before_it_has_its_name(self) -> None:
        disk = CrashingDisk({})

        replace_file(disk, FILE, b"new")

        assert list(disk.modes.values()) == [0o600]

    def test_a_leftover_of_an_interrupted_write_is_no_obstacle(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.with_name(".file.new").write_bytes(b"left over")

        replace_file(LocalDisk(), path, b"new")

        assert {child.name: child.read_bytes() for child in tmp_path.iterdir()} == {"file": b"new"}


class TestLocalDisk:
    @pytest.fixture
    def disk(self) -> LocalDisk:
        return LocalDisk()

    def test_what_is_written_is_read(self, disk: LocalDisk, tmp_path: Path) -> None:
        disk.write(tmp_path / "file", b"content", 0o600)
        disk.flush(tmp_path / "file")
        disk.flush(tmp_path)

        assert disk.read(tmp_path / "file") == b"content"

    def test_the_mode_is_exactly_the_one_that_was_asked_for(self, disk: LocalDisk, tmp_path: Path) -> None:
        before = os.umask(0o277)
        try:
            disk.write(tmp_path / "file", b"content", 0o600)
        finally:
            os.umask(before)

        assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600

    def test_a_file_that_was_readable_by_others_is_not_written_into(self, disk: LocalDisk, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(b"old")
        path.chmod(0o644)

        with path.open("rb") as opened_by_others:
            disk.write(path, b"secret", 0o600)

            assert opened_by_others.read() == b"old"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_missing_file_is_none(self, disk: LocalDisk, tmp_path: Path) -> None:
        assert disk.read(tmp_path / "file") is None
        assert not disk.exists(tmp_path / "file")

    def test_a_file_takes_the_place_of_another(self, disk: LocalDisk, tmp_path: Path) -> None:
        disk.write(tmp_path / "a", b"a", 0o600)
        disk.write(tmp_path / "b", b"b", 0o600)

        disk.rename(tmp_path / "a", tmp_path / "b")

        assert disk.read(tmp_path / "b") == b"a"
        assert not disk.exists(tmp_path / "a")

    def test_removing_what_is_not_there_is_no_fault(self, disk: LocalDisk, tmp_path: Path) -> None:
        disk.remove(tmp_path / "file")

    def test_what_cannot_be_written_is_an_error_and_leaves_nothing(self, disk: LocalDisk, tmp_path: Path) -> None:
        (tmp_path / "file").mkdir()

        with pytest.raises(OSError, match="irectory"):
            replace_file(disk, tmp_path / "file", b"new")

        assert [child.name for child in tmp_path.iterdir()] == ["file"]

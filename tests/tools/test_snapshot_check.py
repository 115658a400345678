"""A snapshot is found whole, or it is found out: cut off anywhere, with any bit flipped, in either form."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from rke_py.tools.errors import ToolError
from rke_py.tools.etcd_line import Contents
from rke_py.tools.rke_archive import unpack, write_archive
from rke_py.tools.snapshot_check import verify
from rke_py.tools.snapshot_folder import every_snapshot, locked
from rke_py.tools.snapshots import save
from tests.tools.member import ABOUT, DATABASE, Fake, snapshot_of

READ = Contents(digest="abc", revision=51, keys=7, line="3.6")


def reads(_path: Path) -> Contents:
    return READ


def found_out(folder: Path, name: str) -> bool:
    try:
        verify(folder, name, reads)
    except ToolError:
        return True
    return False


@pytest.fixture
def folder(tmp_path) -> Path:
    save("monday", Fake(), ABOUT, tmp_path, rke_format=True)
    (tmp_path / "monday.zip").rename(tmp_path / "tuesday.zip")
    return tmp_path


def test_a_whole_one_says_what_is_in_it(folder):
    told = verify(folder, "monday", reads)
    assert (told["revision"], told["keys"], told["manifest"]["lineage"]) == (51, 7, "1a")
    assert verify(folder, "tuesday", reads)["sha256"] == told["sha256"]


def test_cut_off_at_a_hundred_places_it_is_found_out_every_time(folder):
    dice, path, whole = random.Random(6), folder / "monday.db", Fake().stream
    for _ in range(100):
        path.write_bytes(whole[: dice.randrange(len(whole))])
        assert found_out(folder, "monday")


def test_with_one_of_a_thousand_bits_flipped_it_is_found_out_every_time(folder):
    dice, path, whole = random.Random(7), folder / "monday.db", bytearray(Fake().stream)
    for _ in range(1000):
        bit = dice.randrange(len(whole) * 8)
        whole[bit // 8] ^= 1 << bit % 8
        path.write_bytes(whole)
        assert found_out(folder, "monday")
        whole[bit // 8] ^= 1 << bit % 8


def test_an_archive_that_is_damaged_never_gives_another_database(folder):
    dice, path = random.Random(8), folder / "tuesday.zip"
    whole = bytearray(path.read_bytes())
    for _ in range(100):
        bit = dice.randrange(len(whole) * 8)
        whole[bit // 8] ^= 1 << bit % 8
        path.write_bytes(whole)
        assert found_out(folder, "tuesday") or verify(folder, "tuesday", reads)["size"] == len(Fake().stream)
        path.write_bytes(whole[: dice.randrange(len(whole))])
        assert found_out(folder, "tuesday")
        whole[bit // 8] ^= 1 << bit % 8


@pytest.mark.parametrize(
    "other",
    [Contents(digest="x", revision=51, keys=7, line="3.6"), Contents(digest="abc", revision=51, keys=8, line="3.6")],
)
def test_another_content_than_the_manifest_says_is_found_out(folder, other):
    with pytest.raises(ToolError, match="its manifest says"):
        verify(folder, "monday", lambda _: other)


def test_each_line_of_etcd_counts_keys_in_its_own_way(folder):
    assert verify(folder, "monday", lambda _: replace(READ, keys=90, line="3.5"))["keys"] == 90


def test_another_snapshot_under_its_name_is_found_out(folder):
    (folder / "monday.db").write_bytes(snapshot_of(b"another" * 500))
    with pytest.raises(ToolError, match="its manifest says"):
        verify(folder, "monday", reads)


@pytest.mark.parametrize(
    ("served", "words"),
    [({"served_revision": 50, "served_keys": 7}, "revision 50"), ({"served_revision": 51, "served_keys": 0}, "no key")],
)
def test_an_etcd_that_serves_less_is_a_failure(folder, served, words):
    with pytest.raises(ToolError, match=words):
        verify(folder, "monday", reads, lambda path, scratch: served)
    assert not list(folder.glob("checking-*"))


def test_what_a_killed_check_left_goes_and_what_another_one_uses_stays(folder):
    (folder / "checking-left").mkdir()
    (folder / "checking-used").mkdir()
    with locked(folder / "checking-used"):
        verify(folder, "tuesday", reads)
    assert [path.name for path in folder.glob("checking-*")] == ["checking-used"]


def test_one_that_is_not_there(folder):
    with pytest.raises(ToolError, match="there is no snapshot sunday"):
        verify(folder, "sunday", reads)


def test_an_archive_of_rkes_has_its_names_and_gives_the_database_back(tmp_path):
    data = tmp_path / "data"
    data.write_bytes(snapshot_of(DATABASE))
    write_archive(tmp_path / "monday.zip", "monday", data)
    assert b"/backup/monday" in (tmp_path / "monday.zip").read_bytes()
    unpack(tmp_path / "monday.zip", "monday", tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == data.read_bytes()


def test_the_list_tells_ours_from_rkes_and_whole_from_damaged(folder):
    (folder / "wednesday").write_bytes(snapshot_of(DATABASE))
    (folder / "pki.bundle.tar.gz").write_bytes(b"RKE's own")
    (folder / "half.unverified").write_bytes(b"half")
    save("cut", Fake(), {**ABOUT, "time": "2026-11-27T03:00:00+00:00"}, folder)
    (folder / "cut.db").write_bytes(b"cut")
    told = {kept.name: (kept.path.name, kept.verified, kept.told()["damaged"]) for kept in every_snapshot(folder)}
    assert told == {
        "monday": ("monday.db", True, False),
        "tuesday": ("tuesday.zip", False, False),
        "wednesday": ("wednesday", False, False),
        "cut": ("cut.db", False, True),
    }

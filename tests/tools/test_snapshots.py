"""Snapshots on a member's host: only a whole and recent one gets a name, and only old automatic ones go."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import pytest

from rke_py.tools.errors import ToolError
from rke_py.tools.etcd_line import Contents
from rke_py.tools.snapshot_folder import Kind, manifests
from rke_py.tools.snapshots import prune, save
from tests.tools.member import ABOUT, DATABASE, MEMBER, Fake


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_snapshot_has_a_manifest_beside_it(tmp_path):
    made = save("monday", Fake(), ABOUT, tmp_path)
    assert names(tmp_path) == {"monday.db", "monday.json"}
    assert json.loads((tmp_path / "monday.json").read_text()) == made
    assert made["sha256"] == hashlib.sha256(DATABASE).hexdigest()
    assert {
        "name": "monday",
        "revision": 51,
        "keys": 7,
        "hash": "abc",
        "etcd": "3.6.16",
        **ABOUT,
    }.items() <= made.items()
    assert manifests(tmp_path) == (made,)


def test_the_state_lies_beside_it_and_goes_with_it(tmp_path):
    made = save("day-1", Fake(), ABOUT, tmp_path, keep=1, state=b"sealed")
    assert (tmp_path / "day-1.rkestate").read_bytes() == b"sealed"
    assert made["state"] == hashlib.sha256(b"sealed").hexdigest()
    save("day-2", Fake(), {**ABOUT, "time": "2026-11-27"}, tmp_path, keep=1)
    assert names(tmp_path) == {"day-2.db", "day-2.json"}


def test_only_root_may_read_it(tmp_path):
    save("monday", Fake(), ABOUT, tmp_path, state=b"sealed")
    assert {oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {"0o600"}
    assert oct(tmp_path.stat().st_mode & 0o777) == "0o700"


@pytest.mark.parametrize(
    ("fake", "words"),
    [
        pytest.param(Fake(stream=DATABASE), "not whole", id="no checksum"),
        pytest.param(Fake(stream=b""), "not whole", id="empty"),
        pytest.param(Fake(stream=Fake().stream[5:]), "not whole", id="cut off"),
        pytest.param(Fake(stream=b"D" + Fake().stream[1:]), "not whole", id="a flipped bit"),
        pytest.param(
            Fake(read=Contents(digest="a", revision=49, keys=7, line="3.6")),
            "older than 50",
            id="older than its member",
        ),
        pytest.param(Fake(told=replace(MEMBER, size=9000)), "the database has 9000", id="smaller than the database"),
        pytest.param(Fake(told=replace(MEMBER, size=1 << 60)), "has room for", id="no room"),
    ],
)
def test_what_cannot_be_trusted_gets_no_name(tmp_path, fake, words):
    with pytest.raises(ToolError, match=words):
        save("monday", fake, ABOUT, tmp_path)
    assert manifests(tmp_path) == ()
    assert not {"monday.db", "monday.json"} & names(tmp_path)


def test_one_that_fails_leaves_nothing_on_the_disk_that_etcd_writes_to(tmp_path):
    with pytest.raises(ToolError, match="not whole"):
        save("monday", Fake(stream=b"half"), ABOUT, tmp_path)
    assert names(tmp_path) == set()


def test_one_older_than_an_earlier_snapshot_of_the_same_cluster_is_refused(tmp_path):
    save("monday", Fake(read=Contents(digest="a", revision=80, keys=7, line="3.6")), ABOUT, tmp_path)
    with pytest.raises(ToolError, match="older than 80"):
        save("tuesday", Fake(), ABOUT, tmp_path)


def test_a_member_without_a_key_has_a_snapshot_too(tmp_path):
    empty = Fake(told=replace(MEMBER, revision=1), read=Contents(digest="a", revision=0, keys=0, line="3.6"))
    assert save("monday", empty, ABOUT, tmp_path)["keys"] == 0


def test_after_a_restore_revisions_begin_anew(tmp_path):
    save("monday", Fake(read=Contents(digest="a", revision=80, keys=7, line="3.6")), ABOUT, tmp_path)
    save("tuesday", Fake(told=replace(MEMBER, cluster="c2")), ABOUT, tmp_path)
    assert {manifest["name"] for manifest in manifests(tmp_path)} == {"monday", "tuesday"}


def test_a_name_is_never_given_twice(tmp_path):
    save("monday", Fake(), ABOUT, tmp_path)
    with pytest.raises(ToolError, match="there is a snapshot monday already"):
        save("monday", Fake(), ABOUT, tmp_path)


def test_two_at_once_do_not_take_each_others_half_file_for_a_left_one(tmp_path):
    @dataclass
    class Slow(Fake):
        def save(self, path: Path) -> None:
            path.write_bytes(b"half")
            other.start()
            other.join(0.2)
            assert path.exists()
            super().save(path)

    other = Thread(target=save, args=("tuesday", Fake(), ABOUT, tmp_path))
    save("monday", Slow(), ABOUT, tmp_path)
    other.join()
    assert {manifest["name"] for manifest in manifests(tmp_path)} == {"monday", "tuesday"}


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path):
    (tmp_path / "sunday.unverified").write_bytes(b"half")
    (tmp_path / "sunday.unverified.part").write_bytes(b"half")
    save("monday", Fake(), ABOUT, tmp_path)
    assert names(tmp_path) == {"monday.db", "monday.json"}


def test_the_oldest_automatic_ones_of_this_cluster_go(tmp_path):
    save("asked", Fake(), {**ABOUT, "automatic": False, "time": "2026-11-01"}, tmp_path)
    save("foreign", Fake(), {**ABOUT, "lineage": "2b", "time": "2026-11-01"}, tmp_path)
    (tmp_path / "rke.zip").write_bytes(b"RKE's own")
    for day in range(2, 7):
        save(f"day-{day}", Fake(), {**ABOUT, "time": f"2026-11-0{day}"}, tmp_path, keep=3)
    assert [manifest["name"] for manifest in manifests(tmp_path)][2:] == ["day-4", "day-5", "day-6"]
    assert {"asked.db", "foreign.db"} <= names(tmp_path)
    assert "rke.zip" in names(tmp_path)


def test_one_that_fails_pushes_none_out(tmp_path):
    save("day-1", Fake(), ABOUT, tmp_path, keep=1)
    with pytest.raises(ToolError):
        save("day-2", Fake(stream=b"half"), ABOUT, tmp_path, keep=1)
    assert [manifest["name"] for manifest in manifests(tmp_path)] == ["day-1"]


RECURRING = {**ABOUT, "recurring": True}


def days(folder: Path, about, *numbers: int) -> None:
    """Save one snapshot a day."""
    for day in numbers:
        kind = "rolling" if about.get("recurring") else "day"
        save(f"{kind}-{day}", Fake(), {**about, "time": f"2026-11-0{day}"}, folder)


def test_each_kind_has_its_own_count(tmp_path):
    days(tmp_path, ABOUT, 1, 2, 3)
    days(tmp_path, RECURRING, 1, 2, 3)
    gone = prune(tmp_path, "1a", {Kind.RECURRING: 1})
    assert gone == ("rolling-1", "rolling-2")
    assert {manifest["name"] for manifest in manifests(tmp_path)} == {"day-1", "day-2", "day-3", "rolling-3"}


def test_one_that_is_damaged_by_now_pushes_none_out(tmp_path):
    days(tmp_path, RECURRING, 1, 2, 3)
    (tmp_path / "rolling-3.db").write_bytes(b"x" + Fake().stream[1:])
    assert prune(tmp_path, "1a", {Kind.RECURRING: 2}) == ()
    days(tmp_path, RECURRING, 4)
    assert prune(tmp_path, "1a", {Kind.RECURRING: 2}) == ("rolling-1",)
    assert (tmp_path / "rolling-3.db").exists()


@pytest.mark.parametrize("damaged", [2, 3, 4])
def test_several_that_are_damaged_push_none_out(tmp_path, damaged):
    days(tmp_path, RECURRING, *range(1, 7))
    for number in range(1, 1 + damaged):
        (tmp_path / f"rolling-{number}.db").write_bytes(b"x" + Fake().stream[1:])
    assert prune(tmp_path, "1a", {Kind.RECURRING: 5}) == ()

"""A restore on a member's host: from wherever a killed run stopped there is a way on, and one back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rke_py.tools.errors import ToolError
from rke_py.tools.restoring import Membership, look, prepare, prune, put_back, put_in_place

DATABASE = b"database" * 1000
WHOLE = DATABASE + hashlib.sha256(DATABASE).digest()
SHA = hashlib.sha256(DATABASE).hexdigest()
TOKEN = "20261126T071500Z-ab12"
MEMBERSHIP = Membership(name="etcd-n1", peer="https://n1:2380", members="etcd-n1=https://n1:2380", token=TOKEN, bump=10)


@dataclass
class Fake:
    """Makes data that a test knows again."""

    made: list[Membership] = field(default_factory=list)

    def restore(self, snapshot: Path, into: Path, membership: Membership) -> None:
        (into / "member").mkdir(parents=True)
        (into / "member" / "db").write_text("new")
        self.made.append(membership)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "etcd"
    folder.mkdir()
    return folder


@pytest.fixture
def snapshots(tmp_path):
    folder = tmp_path / "snapshots"
    folder.mkdir()
    (folder / "monday.db").write_bytes(WHOLE)
    return folder


def put(folder: Path, content: str) -> None:
    folder.mkdir(parents=True)
    (folder / "db").write_text(content)


def read(data: Path) -> str:
    """Return what etcd would read, empty when there is nothing."""
    path = data / "member" / "db"
    return path.read_text() if path.exists() else ""


def at(data: Path, where: str, *, old: bool) -> None:
    """Lay the folders as a killed run may have left them."""
    in_use, aside = where in ("nothing", "prepared", "aside made"), where in ("old moved", "in place")
    if old:
        put(data / "member" if in_use else data / f"replaced-{TOKEN}" / "member", "old")
    if where != "nothing":
        put(data / ("member" if where == "in place" else f"restored-{TOKEN}/member"), "new")
    if where == "aside made" or aside:
        (data / f"replaced-{TOKEN}").mkdir(exist_ok=True)


PLACES = pytest.mark.parametrize("where", ["prepared", "aside made", "old moved", "in place"])
OLD = pytest.mark.parametrize("old", [True, False], ids=["with old data", "without old data"])


@OLD
@PLACES
def test_from_everywhere_there_is_a_way_on(data, where, old):
    at(data, where, old=old)
    put_in_place(TOKEN, data)
    assert read(data) == "new"
    assert (data / f"replaced-{TOKEN}" / "member").is_dir() is old
    put_in_place(TOKEN, data)
    assert read(data) == "new"


@OLD
@PLACES
def test_from_everywhere_there_is_a_way_back(data, snapshots, where, old):
    at(data, where, old=old)
    (snapshots / f"restoring-{TOKEN}.db").write_bytes(WHOLE)
    put_back(TOKEN, data, snapshots)
    assert [path.name for path in snapshots.iterdir()] == ["monday.db"]
    assert read(data) == ("old" if old else "")
    assert [path.name for path in data.iterdir()] == (["member"] if old else [])
    put_back(TOKEN, data, snapshots)
    assert read(data) == ("old" if old else "")


@OLD
@PLACES
def test_what_lies_where_is_told(data, snapshots, where, old):
    at(data, where, old=old)
    told = look("monday", TOKEN, data, snapshots)
    assert told["old"] is old
    assert told["in_place"] is (where == "in place")
    assert told["prepared"] is (where != "in place")
    assert told["half"] is (where in ("aside made", "old moved"))


@pytest.mark.parametrize("file", ["theirs.zip", "theirs"])
def test_one_of_rkes_is_told_of_whether_it_is_packed_or_plain(data, snapshots, file):
    (snapshots / file).write_bytes(WHOLE)
    assert look("theirs", TOKEN, data, snapshots)["archive"]
    assert not look("monday", TOKEN, data, snapshots)["archive"]


def test_a_snapshot_becomes_a_members_data_beside_those_in_use(data, snapshots):
    at(data, "nothing", old=True)
    fake = Fake()
    prepare("monday", SHA, MEMBERSHIP, fake, data, snapshots)
    prepare("monday", SHA, MEMBERSHIP, fake, data, snapshots)
    assert fake.made == [MEMBERSHIP]
    assert read(data) == "old"
    assert (data / f"restored-{TOKEN}" / "member" / "db").read_text() == "new"


def test_what_earlier_attempts_left_goes_first(data, snapshots):
    put(data / "restored-earlier" / "member", "new")
    put(data / f"restoring-{TOKEN}" / "member", "half")
    (snapshots / f"restoring-{TOKEN}.db").write_bytes(WHOLE)
    prepare(f"restoring-{TOKEN}", SHA, MEMBERSHIP, Fake(), data, snapshots)
    assert [path.name for path in data.iterdir()] == [f"restored-{TOKEN}"]
    assert [path.name for path in snapshots.iterdir()] == ["monday.db"]


@pytest.mark.parametrize(
    ("name", "sha", "content", "words"),
    [
        pytest.param("tuesday", SHA, WHOLE, "there is no snapshot tuesday", id="absent"),
        pytest.param("monday", "abc", WHOLE, "not the one with the checksum", id="another one"),
        pytest.param("monday", SHA, WHOLE[:-1], "not whole", id="cut off"),
        pytest.param("monday", SHA, b"D" + WHOLE[1:], "not whole", id="a flipped bit"),
    ],
)
def test_what_is_not_the_snapshot_is_not_restored(data, snapshots, name, sha, content, words):
    (snapshots / "monday.db").write_bytes(content)
    with pytest.raises(ToolError, match=words):
        prepare(name, sha, MEMBERSHIP, Fake(), data, snapshots)
    assert list(data.iterdir()) == []


def test_nothing_is_put_in_place_that_was_not_prepared(data):
    at(data, "nothing", old=True)
    with pytest.raises(ToolError, match="nothing was prepared"):
        put_in_place(TOKEN, data)
    assert read(data) == "old"


def test_the_newest_of_what_was_replaced_stay(data):
    for number in range(4):
        put(data / f"replaced-2026112{number}T000000Z" / "member", str(number))
    assert prune(2, data) == ("replaced-20261120T000000Z", "replaced-20261121T000000Z")
    assert sorted(path.name[-17:-8] for path in data.iterdir()) == ["-20261122", "-20261123"]


def test_a_file_under_anothers_name_is_none_to_restore(data, snapshots):
    manifest = {
        "name": "monday",
        "lineage": "1a",
        "time": "2026-11-26T05:00:00+00:00",
        "revision": 7,
        "size": len(WHOLE),
    }
    (snapshots / "monday.json").write_text(json.dumps({**manifest, "sha256": "0" * 64}))
    told = look("monday", TOKEN, data, snapshots)
    assert told["sha256"] is None
    assert "another file than monday.json tells of" in told["fault"]

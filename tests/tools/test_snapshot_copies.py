"""Snapshots in S3: what looks whole there is whole, whatever happened on the way."""

from __future__ import annotations

import json
from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from rke_py.tools.errors import ToolError
from rke_py.tools.remote import Remote, S3Settings
from rke_py.tools.snapshot_copies import (
    delete_remote,
    fetch,
    manifest_of,
    prune_remote,
    remote_snapshots,
    upload,
    verify_remote,
)
from rke_py.tools.snapshot_folder import Kind
from rke_py.tools.snapshots import save
from tests.tools.member import ABOUT, Fake, snapshot_of

LARGE = snapshot_of(b"0123456789abcdef" * 200_000)


class Bucket(Remote):
    """S3 in memory."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        super().__init__(self.store, "s3://bucket")

    @property
    def names(self) -> set[str]:
        return {file.name for file in self.files()}


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "here"
    path.mkdir()
    save("monday", Fake(stream=LARGE), ABOUT, path, state=b"sealed")
    return path


@pytest.fixture
def other(tmp_path) -> Path:
    path = tmp_path / "there"
    path.mkdir()
    return path


def test_a_snapshot_goes_there_and_comes_back_to_another_host(folder, other, bucket):
    upload(folder, "monday", bucket)
    assert bucket.names == {"monday.db", "monday.json", "monday.rkestate"}
    fetch(other, "monday", bucket)
    for name in bucket.names:
        assert (other / name).read_bytes() == (folder / name).read_bytes()
    assert {oct(path.stat().st_mode & 0o777) for path in other.iterdir()} == {"0o600"}


def test_a_name_may_be_a_time_as_rke_writes_it(tmp_path, other, bucket):
    name = "2026-11-27T01:00:00+00:00"
    save(name, Fake(), ABOUT, tmp_path)
    upload(tmp_path, name, bucket)
    fetch(other, name, bucket)
    assert verify_remote(bucket, name)["name"] == name
    assert set(delete_remote(bucket, name)) == {path.name for path in other.iterdir()}


def test_what_is_damaged_here_never_looks_whole_there(folder, bucket):
    damaged = bytearray(LARGE)
    damaged[len(damaged) // 2] ^= 4
    (folder / "monday.db").write_bytes(damaged)
    with pytest.raises(ToolError, match="not whole"):
        upload(folder, "monday", bucket)
    assert bucket.names == set()


@pytest.mark.parametrize("content", [LARGE[:-1], LARGE[:-40], b"x" + LARGE[1:], snapshot_of(b"another"), b""])
def test_what_is_damaged_there_is_found_out_and_gets_no_name_here(folder, other, bucket, content):
    upload(folder, "monday", bucket)
    obstore.put(bucket.store, "monday.db", content)
    with pytest.raises(ToolError):
        verify_remote(bucket, "monday")
    with pytest.raises(ToolError):
        fetch(other, "monday", bucket)
    assert not list(other.glob("*.db"))


def test_the_list_of_a_folder(folder, bucket):
    upload(folder, "monday", bucket)
    obstore.put(bucket.store, "rke.zip", b"RKE's own")
    obstore.put(bucket.store, "cut.db", b"cut")
    obstore.put(bucket.store, "cut.json", (folder / "monday.json").read_bytes())
    obstore.put(bucket.store, "below/it.db", b"another's")
    told = {entry["name"]: (entry["verified"], entry["damaged"]) for entry in remote_snapshots(bucket)}
    assert told == {"monday": (True, False), "rke": (False, False), "cut": (False, True)}


def test_deleting_one_spares_those_that_begin_alike(folder, bucket):
    save("monday-2", Fake(), ABOUT, folder)
    for name in ("monday", "monday-2"):
        upload(folder, name, bucket)
    assert set(delete_remote(bucket, "monday")) == {"monday.db", "monday.json", "monday.rkestate"}
    assert bucket.names == {"monday-2.db", "monday-2.json"}


def test_only_whole_ones_count_when_old_ones_go(folder, bucket):
    for day in range(1, 5):
        about = {**ABOUT, "recurring": True, "time": f"2026-11-0{day}"}
        save(f"day-{day}", Fake(), about, folder)
        upload(folder, f"day-{day}", bucket)
    obstore.put(bucket.store, "day-4.db", b"cut")
    upload(folder, "monday", bucket)
    assert prune_remote(bucket, "1a", {Kind.RECURRING: 2}) == ("day-1",)
    assert prune_remote(bucket, "another", {Kind.RECURRING: 0}) == ()
    assert {"monday.db", "day-2.db", "day-3.db", "day-4.db"} <= bucket.names


def test_an_archive_of_rkes_goes_and_comes(tmp_path, other, bucket):
    (tmp_path / "monday.zip").write_bytes(b"PK archive")
    upload(tmp_path, "monday", bucket)
    fetch(other, "monday", bucket)
    assert (other / "monday.zip").read_bytes() == b"PK archive"


def test_one_that_is_here_and_whole_stays(folder, other, bucket):
    save("monday", Fake(stream=LARGE), {**ABOUT, "member": "etcd-n2"}, other)
    upload(folder, "monday", bucket)
    fetch(other, "monday", bucket)
    assert json.loads((other / "monday.json").read_text())["member"] == "etcd-n2"
    assert (other / "monday.rkestate").read_bytes() == b"sealed"


@pytest.mark.parametrize("content", [LARGE[:-1], LARGE[:99] + b"x" + LARGE[100:], b""], ids=["cut", "rotten", "empty"])
def test_one_that_is_damaged_here_makes_room_for_the_one_there(folder, bucket, content):
    upload(folder, "monday", bucket)
    (folder / "monday.db").write_bytes(content)
    fetch(folder, "monday", bucket)
    assert (folder / "monday.db").read_bytes() == LARGE


def test_one_without_a_manifest_here_makes_room_for_the_one_there(folder, other, bucket):
    upload(folder, "monday", bucket)
    (other / "monday.db").write_bytes(snapshot_of(b"who knows"))
    fetch(other, "monday", bucket)
    assert (other / "monday.db").read_bytes() == LARGE
    assert (other / "monday.json").read_bytes() == (folder / "monday.json").read_bytes()


def test_one_that_no_manifest_tells_of_there_takes_nobodys_place(other, bucket):
    obstore.put(bucket.store, "monday.db", b"who knows")
    (other / "monday.db").write_bytes(b"nobody either")
    with pytest.raises(ToolError, match=r"no manifest tells whether monday\.db there is better"):
        fetch(other, "monday", bucket)
    assert (other / "monday.db").read_bytes() == b"nobody either"


def test_one_that_is_damaged_there_takes_nobodys_place(folder, other, bucket):
    upload(folder, "monday", bucket)
    obstore.put(bucket.store, "monday.db", LARGE[:-1])
    (other / "monday.db").write_bytes(b"cut")
    with pytest.raises(ToolError, match="not whole"):
        fetch(other, "monday", bucket)
    assert (other / "monday.db").read_bytes() == b"cut"


def test_another_clusters_here_is_never_written_over(folder, other, bucket):
    upload(folder, "monday", bucket)
    save("monday", Fake(), {**ABOUT, "lineage": "2b"}, other)
    with pytest.raises(ToolError, match="another cluster's snapshot monday lies here"):
        fetch(other, "monday", bucket)


def test_what_a_broken_copy_left_takes_no_room_from_the_next(folder, other, bucket):
    upload(folder, "monday", bucket)
    left = other / "monday.db.unverified"
    left.write_bytes(b"half")
    obstore.put(bucket.store, "monday.db", LARGE[:-1])
    with pytest.raises(ToolError, match="not whole"):
        fetch(other, "monday", bucket)
    assert list(other.iterdir()) == []


def test_a_manifest_that_is_none(bucket):
    obstore.put(bucket.store, "monday.json", json.dumps([1]).encode())
    obstore.put(bucket.store, "monday.db", LARGE)
    with pytest.raises(ToolError, match="is no manifest"):
        verify_remote(bucket, "monday")


def test_settings_show_no_secret():
    given = {"endpoint": "s3.example", "bucket_name": "b", "access_key": "AK", "secret_key": "SK", "unknown": "x"}
    settings = S3Settings.of(given)
    assert "SK" not in repr(settings)
    assert settings.place == "s3://b"
    with pytest.raises(ToolError, match="not whole"):
        S3Settings.of({"endpoint": "s3.example"})


def test_what_somebody_else_writes_meanwhile_is_found_out(folder, other, bucket):
    save("monday", Fake(stream=LARGE), {**ABOUT, "member": "etcd-n2"}, other)
    put = bucket.put

    def both(name, pieces):
        put(name, pieces)
        if name == "monday.db":
            put(name, iter([b"of another member"]))

    bucket.put = both
    with pytest.raises(ToolError):
        upload(folder, "monday", bucket)


def test_one_of_another_cluster_is_never_written_over(folder, other, bucket):
    upload(folder, "monday", bucket)
    save("monday", Fake(stream=LARGE), {**ABOUT, "lineage": "2b"}, other)
    with pytest.raises(ToolError, match="is another cluster's there"):
        upload(other, "monday", bucket)
    assert manifest_of(bucket, "monday")["lineage"] == ABOUT["lineage"]

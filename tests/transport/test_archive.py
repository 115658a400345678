from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rke_py.plan.files import FileSpec
from rke_py.transport.archive import missing_folders, pack, pack_large, unpack, unpack_large

MODIFIED = datetime(2026, 11, 21, 6, 10, 40, 123456, tzinfo=UTC)

names = st.text("abc.-", min_size=1, max_size=5).filter(lambda name: name.strip("."))
files = st.builds(
    FileSpec,
    path=names.map(lambda name: f"/etc/kubernetes/{name}"),
    content=st.binary(max_size=2000),
    mode=st.sampled_from([0o600, 0o644, 0o755]),
    uid=st.integers(0, 70000),
    gid=st.integers(0, 70000),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(files, max_size=5, unique_by=lambda file: file.path), st.integers(1, 700))
def test_what_is_packed_is_what_is_unpacked(wanted: list[FileSpec], size: int) -> None:
    packed = pack(wanted, MODIFIED, ["/etc", "/etc/kubernetes"])
    chunks = [packed[start : start + size] for start in range(0, len(packed), size)]
    found = unpack(chunks, "/etc")
    assert list(found) == [file.path for file in wanted]
    assert all(found[file.path].same_as(file) for file in wanted)


def test_times_keep_their_fraction_of_a_second() -> None:
    packed = pack([FileSpec(path="/etc/a", content=b"")], MODIFIED, [])
    assert unpack([packed], "/etc")["/etc/a"].modified == MODIFIED


def test_folders_come_first_with_their_own_mode() -> None:
    packed = pack([FileSpec(path="/etc/a/b", content=b"")], MODIFIED, ["/etc", "/etc/a"])
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        entries = [(entry.name, entry.isdir(), entry.mode, entry.uid) for entry in archive]
    assert entries == [("etc", True, 0o755, 0), ("etc/a", True, 0o755, 0), ("etc/a/b", False, 0o600, 0)]


def test_only_regular_files_are_found() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind in (("ssl", tarfile.DIRTYPE), ("ssl/link", tarfile.SYMTYPE), ("ssl/key", tarfile.REGTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type = kind
            archive.addfile(entry, io.BytesIO())
    assert list(unpack([buffer.getvalue()], "/etc/kubernetes/ssl")) == ["/etc/kubernetes/ssl/key"]


@pytest.mark.parametrize(
    ("paths", "there", "missing"),
    [
        (["/etc/kubernetes/ssl/a"], {"/etc/kubernetes/ssl"}, ()),
        (["/etc/kubernetes/ssl/a"], {"/etc/kubernetes"}, ("/etc/kubernetes/ssl",)),
        (["/etc/kubernetes/ssl/a"], set(), ("/etc", "/etc/kubernetes", "/etc/kubernetes/ssl")),
        (["/a/x/1", "/a/y/2"], {"/a"}, ("/a/x", "/a/y")),
        (["/a/x/y/1", "/a/x/2"], {"/a"}, ("/a/x", "/a/x/y")),
        (["/1"], set(), ()),
    ],
)
def test_which_folders_are_missing(paths: list[str], there: set[str], missing: tuple[str, ...]) -> None:
    wanted = [FileSpec(path=path, content=b"") for path in paths]
    assert missing_folders(wanted, there.__contains__) == missing


def test_a_folder_is_asked_about_once() -> None:
    asked: list[str] = []

    def exists(folder: str) -> bool:
        asked.append(folder)
        return folder == "/etc/kubernetes"

    wanted = [FileSpec(path=f"/etc/kubernetes/{folder}/{name}", content=b"") for folder in "ab" for name in "123"]
    assert missing_folders(wanted, exists) == ("/etc/kubernetes/a", "/etc/kubernetes/b")
    assert asked == ["/etc/kubernetes/a", "/etc/kubernetes", "/etc/kubernetes/b"]


def test_the_content_is_in_no_repr() -> None:
    packed = pack([FileSpec(path="/etc/key", content=b"very secret")], MODIFIED, [])
    assert "very secret" not in repr(unpack([packed], "/etc"))


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=5000), st.integers(1, 700))
def test_a_large_file_comes_out_as_it_went_in(content: bytes, size: int) -> None:
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    archive = b"".join(pack_large(FileSpec(path="/a/b.db", content=b""), len(content), pieces, MODIFIED))
    assert b"".join(unpack_large(archive[at : at + 333] for at in range(0, len(archive), 333))) == content
    assert unpack([archive], "/a")["/a/b.db"].mode == 0o600


def test_a_large_file_that_is_shorter_than_was_said_is_noticed() -> None:
    with pytest.raises(ValueError, match="should have 5 bytes and has 4"):
        list(pack_large(FileSpec(path="/a", content=b""), 5, [b"four"], MODIFIED))

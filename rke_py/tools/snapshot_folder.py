"""What lies in a host's folder of snapshots: ours with their manifests, RKE's archives, and files of anybody's.

Ours are ``NAME.db`` with ``NAME.json`` beside it. RKE's are ``NAME.zip``, and a plain ``NAME`` once it was taken out of
its archive; a ``.db`` without a manifest is one that somebody brought.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from rke_py.tools.errors import ToolError
from rke_py.tools.etcd_line import Manifest

DATA, MANIFEST, STATE, ARCHIVE = ".db", ".json", ".rkestate", ".zip"
UNVERIFIED = ".unverified"
ENDINGS = (DATA, MANIFEST, STATE, ARCHIVE)
DIGEST = hashlib.sha256().digest_size
PIECE = 1 << 20
_SPARE = 256 << 20
"""etcd stops when it cannot write; it makes two files of 64 MiB of its log ahead, and the database grows meanwhile."""
_OTHERS = ("pki.bundle.tar.gz",)
"""What else RKE leaves there."""


class Kind(StrEnum):
    """Why a snapshot was taken; each kind has its own count of those that stay."""

    ASKED = "asked"
    BEFORE_A_CHANGE = "before a change"
    RECURRING = "recurring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A snapshot as it lies in the folder.

    Attributes:
        path: The file with its data.
        manifest: Empty for one that is not ours.
        time: When it was taken, as its manifest tells, else when its file was written; ISO 8601, UTC.
        whole: Whether its file is as long as its manifest says; None where there is no manifest to tell.
    """

    name: str
    path: Path
    size: int
    time: str
    manifest: Manifest
    whole: bool | None

    @property
    def verified(self) -> bool:
        """True when it was verified where it was taken, and no byte is missing since."""
        return self.whole is True

    def told(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {
            "name": self.name,
            "file": self.path.name,
            "size": self.size,
            "time": self.time,
            "verified": self.verified,
            "damaged": self.whole is False,
            "kind": kind_of(self.manifest) if self.manifest else None,
            "manifest": self.manifest or None,
        }


def kind_of(manifest: Manifest) -> Kind:
    """Return why a snapshot was taken."""
    if manifest.get("recurring"):
        return Kind.RECURRING
    return Kind.BEFORE_A_CHANGE if manifest.get("automatic") else Kind.ASKED


def every_snapshot(folder: Path) -> tuple[Kept, ...]:
    """Return every snapshot in a folder, the oldest first; none where there is no folder."""
    if not folder.is_dir():
        return ()
    known = {str(manifest["name"]): manifest for manifest in manifests(folder)}
    found = (_kept(path, known) for path in folder.iterdir() if path.is_file() and _is_data(path))
    return tuple(sorted(found, key=lambda kept: (kept.time, kept.name)))


def snapshot(folder: Path, name: str) -> Kept:
    """Return the snapshot of that name, ours before RKE's; raises ToolError where there is none."""
    found = {kept.path.suffix if kept.path.suffix in (DATA, ARCHIVE) else "": kept for kept in _named(folder, name)}
    for ending in (DATA, ARCHIVE, ""):
        if ending in found:
            return found[ending]
    raise ToolError(f"there is no snapshot {name}")


def manifests(folder: Path) -> tuple[Manifest, ...]:
    """Return the manifests of all verified snapshots, the oldest first; what cannot be read is none of ours."""
    found = (manifest_of(path.name.removesuffix(MANIFEST), folder) for path in folder.glob(f"*{MANIFEST}"))
    there = (manifest for manifest in found if manifest and (folder / f"{manifest['name']}{DATA}").exists())
    return tuple(sorted(there, key=lambda manifest: str(manifest["time"])))


def manifest_of(name: str, folder: Path) -> Manifest | None:
    """Return the manifest of a snapshot, None when there is none or it cannot be read."""
    try:
        manifest = json.loads((folder / (name + MANIFEST)).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and {"name", "lineage", "time"} <= manifest.keys() else None


def is_whole(folder: Path, manifest: Manifest) -> bool:
    """Read a snapshot to its end, and tell whether it is the one that its manifest describes."""
    try:
        return embedded_digest(folder / f"{manifest['name']}{DATA}") == manifest.get("sha256")
    except (OSError, ToolError):
        return False


def delete(folder: Path, name: str) -> tuple[str, ...]:
    """Delete a snapshot with everything beside it, no other that begins alike; return the files that were there."""
    paths = [folder / f"{name}{ending}" for ending in ("", *ENDINGS)]
    there = [path for path in paths if path.is_file()]
    for path in there:
        path.unlink()
    return tuple(path.name for path in there)


@contextmanager
def locked(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a folder alone, on this host, and yield whether that was possible; it is given up when its holder dies.

    A snapshot that somebody asks for and a recurring one would take each other's half file for one that was left over.

    Args:
        folder: The folder.
        wait: Until nobody else holds it.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def need_room(folder: Path, size: int) -> None:
    """Raise ToolError unless a file of that size fits, and an etcd that shares the disk goes on beside it."""
    disk = os.statvfs(folder)
    free, needed = disk.f_bavail * disk.f_frsize, size + _SPARE
    if free < needed:
        raise ToolError(f"{folder} has room for {free >> 20} MiB, and a snapshot needs {needed >> 20} MiB")


def embedded_digest(path: Path) -> str:
    """Return the SHA-256 that etcd put behind its database; raise ToolError when that is another one."""
    with path.open("rb") as file:
        return digest_of(iter(lambda: file.read(PIECE), b""))


def digest_of(pieces: Iterable[bytes]) -> str:
    """Return the SHA-256 behind a database that comes in pieces; raise ToolError when that is another one."""
    digest = Digest()
    for piece in pieces:
        digest.update(piece)
    return digest.embedded()


class Digest:
    """The SHA-256 of a database that comes in pieces, with its own at its end."""

    def __init__(self) -> None:
        self._digest, self._tail = hashlib.sha256(), b""

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        self._tail += piece
        self._digest.update(memoryview(self._tail)[:-DIGEST])
        self._tail = self._tail[-DIGEST:]

    def embedded(self) -> str:
        """Return what the end says, which fits the rest; raise ToolError when it does not."""
        if self._digest.digest() != self._tail:
            raise ToolError("the snapshot is not whole: its checksum does not fit its content")
        return self._digest.hexdigest()


def write(path: Path, content: bytes) -> None:
    """Write a file for root alone, whole or not at all."""
    new = path.with_name(path.name + UNVERIFIED)
    new.touch(0o600)
    new.write_bytes(content)
    sync(new)
    new.rename(path)


def sync(path: Path) -> None:
    """Bring a file, or a folder's entries, onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _named(folder: Path, name: str) -> Iterator[Kept]:
    return (kept for kept in every_snapshot(folder) if kept.name == name)


def _kept(path: Path, known: dict[str, Manifest]) -> Kept:
    name = path.name.removesuffix(path.suffix) if path.suffix in (DATA, ARCHIVE) else path.name
    manifest = known.get(name, {}) if path.suffix == DATA else {}
    about = path.stat()
    written = datetime.fromtimestamp(about.st_mtime, UTC).isoformat(timespec="seconds")
    whole = about.st_size == manifest.get("size") if manifest else None
    time = str(manifest.get("time", written))
    return Kept(name=name, path=path, size=about.st_size, time=time, manifest=manifest, whole=whole)


def _is_data(path: Path) -> bool:
    return path.suffix not in (MANIFEST, STATE) and UNVERIFIED not in path.name and path.name not in _OTHERS

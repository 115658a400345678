"""A snapshot in a file of the operator's: what it is, and its bytes without having them all in memory."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from rke_py.errors import UsageError
from rke_py.stores.rke_archive import DAMAGED, database_in, state_in
from rke_py.stores.rke_cluster import cluster_of

ARCHIVE = ".zip"
_DIGEST = hashlib.sha256().digest_size
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFile:
    """A whole snapshot; ``manifest`` is what lies beside it as ``NAME.json``, or RKE's state in its archive tells."""

    size: int
    sha256: str
    manifest: Mapping[str, object] = field(default_factory=dict)


def read_snapshot_file(path: Path) -> SnapshotFile:
    """Read a snapshot's file, or the one in an archive of RKE's, from its first byte to its last, and its manifest.

    Raises:
        UsageError: It cannot be read, is not whole, or is not the one that its manifest tells of.
    """
    try:
        with _opened(path) as (file, size):
            sha256 = _digest(path, file, size)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    manifest = _manifest(path.with_suffix(".json"))
    if manifest.get("sha256", sha256) != sha256:
        what = f"{path} is not the snapshot that {path.with_suffix('.json').name} beside it tells of"
        raise UsageError(what, hint="Download both again, or move that file away.")
    if not manifest and path.suffix == ARCHIVE and (state := state_in(path, path.stem)):
        manifest = cluster_of(state)
    return SnapshotFile(size=size, sha256=sha256, manifest=manifest)


def read_pieces(path: Path) -> Iterator[bytes]:
    """Yield a snapshot's content; raises UsageError when it cannot be read, or its archive is not whole."""
    try:
        with _opened(path) as (file, _):
            while piece := file.read(_PIECE):
                yield piece
    except OSError as error:  # else it would be taken for one of the host that the pieces go to
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], int]]:
    """Yield the database and its size."""
    if path.suffix != ARCHIVE:
        with path.open("rb") as file:
            yield file, path.stat().st_size
        return
    try:
        with zipfile.ZipFile(path) as archive:
            entry = database_in(archive, path.stem)
            with archive.open(entry) as packed:
                yield packed, entry.file_size
    except DAMAGED as error:
        raise UsageError(f"{path} is not a whole archive of RKE's: {error}", hint="Take another copy.") from error


def _digest(path: Path, file: IO[bytes], size: int) -> str:
    """Return the checksum that etcd put behind its database, once that was seen to fit."""
    left, digest = size - _DIGEST, hashlib.sha256()
    while left > 0 and (piece := file.read(min(_PIECE, left))):
        digest.update(piece)
        left -= len(piece)
    if left or file.read() != digest.digest():
        hint = "A snapshot ends with the checksum of all before it. Take another copy."
        raise UsageError(f"{path} is not a whole snapshot of etcd", hint=hint)
    return digest.hexdigest()


def _manifest(path: Path) -> Mapping[str, object]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

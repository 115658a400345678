"""A snapshot in a file of the operator's: what it is, and its bytes without having them all in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rke_py.errors import UsageError

_DIGEST = hashlib.sha256().digest_size
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFile:
    """A whole snapshot; ``manifest`` is what lies beside it as ``NAME.json``, empty when nothing does."""

    size: int
    sha256: str
    manifest: Mapping[str, object] = field(default_factory=dict)


def read_snapshot_file(path: Path) -> SnapshotFile:
    """Read a snapshot's file from its first byte to its last, and its manifest.

    Raises:
        UsageError: It cannot be read, is not whole, or is not the one that its manifest tells of.
    """
    try:
        size, sha256 = path.stat().st_size, _digest(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    manifest = _manifest(path.with_suffix(".json"))
    if manifest.get("sha256", sha256) != sha256:
        what = f"{path} is not the snapshot that {path.with_suffix('.json').name} beside it tells of"
        raise UsageError(what, hint="Download both again, or move that file away.")
    return SnapshotFile(size=size, sha256=sha256, manifest=manifest)


def read_pieces(path: Path) -> Iterator[bytes]:
    """Yield a file's content."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _digest(path: Path) -> str:
    """Return the checksum that etcd put behind its database, once that was seen to fit."""
    left, digest = path.stat().st_size - _DIGEST, hashlib.sha256()
    with path.open("rb") as file:
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

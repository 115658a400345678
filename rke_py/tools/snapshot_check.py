"""Whether a snapshot is whole: its own checksum, etcd's own reading of it, its manifest, and an etcd made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from rke_py.tools.errors import ToolError
from rke_py.tools.etcd_line import Contents
from rke_py.tools.rke_archive import has_state, unpack, unpacked_size
from rke_py.tools.snapshot_folder import ARCHIVE, Kept, embedded_digest, locked, need_room, snapshot

Reads = Callable[[Path], Contents]
"""etcd's own reading of a snapshot, from its first key to its last."""

Revives = Callable[[Path, Path], dict[str, Any]]
"""Makes an etcd of a snapshot, in an empty folder, and tells what it then serves."""

_SCRATCH = "checking-"


def verify(folder: Path, name: str, reads: Reads, revives: Revives | None = None) -> dict[str, Any]:
    """Read a snapshot where it lies and return what is in it.

    Args:
        folder: Where snapshots lie.
        name: The snapshot's; ours, one of RKE's, or a file that somebody brought.
        reads: etcd's own program.
        revives: Starts an etcd from it too; None does not.

    Raises:
        ToolError: It is not whole, not what its manifest says, or no etcd comes out of it.
    """
    kept = snapshot(folder, name)
    with _database(folder, kept) as path:
        digest = embedded_digest(path)
        contents = reads(path)
        told = {
            "name": name,
            "file": kept.path.name,
            "sha256": digest,
            "hash": contents.digest,
            "revision": contents.revision,
            "keys": contents.keys,
            "size": path.stat().st_size,
            "time": kept.time,
            "state": kept.manifest.get("state") is not None or has_state(kept.path, name),
            "manifest": kept.manifest or None,
        }
        counted = ("keys",) if kept.manifest.get("line") == contents.line else ()  # each line counts in its own way
        for key in ("sha256", "hash", "revision", "size", *counted) if kept.manifest else ():
            if told[key] != kept.manifest.get(key):
                raise ToolError(f"its {key} is {told[key]}, and its manifest says {kept.manifest.get(key)}")
        return told | (_revived(folder, path, contents, revives) if revives else {})


def _revived(folder: Path, path: Path, contents: Contents, revives: Revives) -> dict[str, Any]:
    need_room(folder, 2 * path.stat().st_size)
    with _scratch(folder) as scratch:
        served = revives(path, scratch)
    if served["served_revision"] < contents.revision:
        what = f"an etcd made from it is at revision {served['served_revision']}, and it holds {contents.revision}"
        raise ToolError(what)
    if not served["served_keys"]:
        raise ToolError("an etcd made from it serves no key")
    return served


@contextmanager
def _database(folder: Path, kept: Kept) -> Iterator[Path]:
    """Yield the file with the database, taken out of its archive where it lies in one."""
    if kept.path.suffix != ARCHIVE:
        yield kept.path
        return
    need_room(folder, unpacked_size(kept.path, kept.name))
    with _scratch(folder) as scratch:
        path = scratch / "database"
        unpack(kept.path, kept.name, path)
        yield path


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Make a folder for a while; those that killed runs left are removed, which nobody holds any more."""
    for left in folder.glob(f"{_SCRATCH}*"):
        with locked(left, wait=False) as ours:
            if ours:
                rmtree(left, ignore_errors=True)
    path = Path(mkdtemp(prefix=_SCRATCH, dir=folder))
    with locked(path):
        try:
            yield path
        finally:
            rmtree(path, ignore_errors=True)

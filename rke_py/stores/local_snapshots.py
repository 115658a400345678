"""Snapshots in a folder of the operator's own: what was downloaded, and is not on the hosts alone."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rke_py.errors import RkeError
from rke_py.stores.disk import WRITABLE

_DATA, _MANIFEST, _ARCHIVE = ".db", ".json", ".zip"


def local_snapshots(folder: Path) -> list[dict[str, Any]]:
    """Return the snapshots in a folder, as the tools container tells of those on a host; none without a folder."""
    if not folder.is_dir():
        return []
    return [_told(path) for path in sorted(folder.iterdir()) if path.suffix in (_DATA, _ARCHIVE) and path.is_file()]


@contextmanager
def arriving(folder: Path, file: str) -> Iterator[Path]:
    """Yield a folder for what is brought; only once all of it is whole it takes the place of what was there.

    The database comes first, and what stands beside it after: a manifest of another one would not fit it.

    Raises:
        RkeError: When it cannot be written.
    """
    place = folder / f".{file}.part"
    shutil.rmtree(place, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.mkdir(mode=0o700)
        yield place
        for path in sorted(place.iterdir(), key=lambda path: path.name != file):
            path.replace(folder / path.name)
    except OSError as error:
        raise RkeError(f"cannot be written: {error.strerror or error}", where=str(folder), hint=WRITABLE) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def write_snapshot_file(path: Path, pieces: Iterable[bytes]) -> Path:
    """Write a file for its owner alone, whole or not at all, without having all of it in memory; return it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.part")
    new.unlink(missing_ok=True)
    new.touch(0o600)
    try:
        with new.open("wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        return new.rename(path)
    finally:
        new.unlink(missing_ok=True)


def _told(path: Path) -> dict[str, Any]:
    manifest = _manifest(path) if path.suffix == _DATA else None
    about = path.stat()
    written = datetime.fromtimestamp(about.st_mtime, UTC).isoformat(timespec="seconds")
    whole = manifest is not None and manifest.get("size") == about.st_size
    return {
        "name": path.stem,
        "file": path.name,
        "size": about.st_size,
        "time": str(manifest.get("time", written)) if manifest else written,
        "verified": whole,
        "damaged": manifest is not None and not whole,
        "manifest": manifest,
    }


def _manifest(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.with_suffix(_MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None

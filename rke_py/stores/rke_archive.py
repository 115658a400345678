"""What is in an archive of RKE's: the database of a snapshot, and RKE's state of that time where it had one."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

DATA, STATE = "backup/{name}", "etc/kubernetes/{name}.rkestate"
DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, RuntimeError)
"""What reading an archive raises that is none, or is not whole."""


def database_in(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return the entry of the database; one whose archive was renamed is the only one that is no state.

    Raises:
        ValueError: There is none, or nobody can tell which it is.
    """
    entries = [entry for entry in archive.infolist() if not entry.filename.endswith((".rkestate", "/"))]
    exact = [entry for entry in entries if entry.filename.lstrip("/") == DATA.format(name=name)]
    if not exact and len(entries) != 1:
        raise ValueError("it has no snapshot in it" if not entries else f"it has {len(entries)} files in it")
    return (exact or entries)[0]


def state_in(path: Path, name: str) -> bytes | None:
    """Return RKE's state of the time of a snapshot; None where it is not in its archive, or that is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            wanted = STATE.format(name=name)
            entry = next((entry for entry in archive.namelist() if entry.lstrip("/") == wanted), None)
            return archive.read(entry) if entry else None
    except (*DAMAGED, OSError):
        return None

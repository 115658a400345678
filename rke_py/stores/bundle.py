"""A compressed tar of texts, on the operator's disk."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path

from rke_py.errors import RkeError
from rke_py.stores.disk import WRITABLE, LocalDisk, replace_file

_MODE = 0o600


def write_bundle(path: Path, files: Mapping[str, bytes], modified: datetime) -> None:
    """Write files into a tar.gz with mode 0600, below one folder that has the archive's name.

    Args:
        path: The archive, ``NAME.tar.gz``; what is there is replaced.
        files: Content by relative name.
        modified: The time that every file in it bears.

    Raises:
        RkeError: When it cannot be written.
    """
    folder, data = path.name.removesuffix(".tar.gz"), BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mode, entry.mtime = len(content), _MODE, int(modified.timestamp())
            archive.addfile(entry, BytesIO(content))
    try:
        replace_file(LocalDisk(), path, data.getvalue())
    except OSError as error:
        raise RkeError(f"cannot be written: {error.strerror}", where=str(path), hint=WRITABLE) from error

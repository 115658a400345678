"""The folder with certificates of the cluster's owner, ``cluster_certs`` beside cluster.yml, on the operator's disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rke_py.errors import RkeError, UsageError
from rke_py.stores.disk import WRITABLE, Disk, LocalDisk, replace_file

_FOLDER_MODE = 0o700


def read_folder(folder: Path) -> Mapping[str, bytes]:
    """Return the content of every ``*.pem`` file in a folder, by name.

    Raises:
        UsageError: There is no such folder, or a file in it cannot be read.
    """
    if not folder.is_dir():
        hint = "Name it with --cert-dir; rke-py cert generate-csr makes it, with the requests that have to be signed."
        raise UsageError(f"there is no folder {folder}", hint=hint)
    try:
        return {path.name: path.read_bytes() for path in sorted(folder.glob("*.pem")) if path.is_file()}
    except OSError as error:
        raise UsageError(f"{error.filename or folder} cannot be read: {error.strerror}") from error


def write_files(folder: Path, files: Mapping[str, bytes], disk: Disk | None = None) -> None:
    """Write files into a folder, which is made when it is not there; all of them private (mode 0600).

    Raises:
        RkeError: When one cannot be written.
    """
    where = disk or LocalDisk()
    try:
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        for name, data in files.items():
            replace_file(where, folder / name, data)
    except OSError as error:
        raise RkeError(
            f"cannot be written: {error.strerror}", where=str(error.filename or folder), hint=WRITABLE
        ) from error

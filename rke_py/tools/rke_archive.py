"""RKE's form of a snapshot: a zip archive with the database, and with RKE's state where it had one.

Older releases of RKE wrote the database alone, as a plain file without an ending.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rke_py.stores.rke_archive import DAMAGED, database_in, state_in
from rke_py.stores.rke_archive import DATA as ENTRY
from rke_py.tools.errors import ToolError
from rke_py.tools.snapshot_folder import ARCHIVE, PIECE, STATE, UNVERIFIED, digest_of, sync

_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""RKE's entries all have the oldest time that the format knows, so that equal contents give equal archives."""


def write_archive(path: Path, name: str, data: Path) -> None:
    """Write a snapshot as RKE would, and read it back.

    It has no state: RKE's has every private key in it for all who can read the file. RKE takes the state beside its
    cluster.yml then.

    Raises:
        ToolError: What was written is not what was read.
    """
    new = path.with_name(path.name + UNVERIFIED)
    new.touch(0o600)
    entry = zipfile.ZipInfo(f"/{ENTRY.format(name=name)}", date_time=_BEGINNING)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    with (
        zipfile.ZipFile(new, "w") as archive,
        data.open("rb") as file,
        archive.open(entry, "w", force_zip64=True) as to,
    ):
        shutil.copyfileobj(file, to, PIECE)
    sync(new)
    with zipfile.ZipFile(new) as archive, archive.open(entry.filename) as file:
        digest_of(iter(lambda: file.read(PIECE), b""))
    new.rename(path)


def of_rke(folder: Path, name: str) -> Path | None:
    """Return RKE's snapshot of a name: its archive, or the plain file of an older release; None without either."""
    return next((path for path in (folder / (name + ARCHIVE), folder / name) if path.is_file()), None)


def unpack(path: Path, name: str, target: Path) -> None:
    """Write the database of RKE's snapshot into a file.

    Raises:
        ToolError: It is not an archive of RKE's, or it is damaged.
    """
    if path.suffix != ARCHIVE:
        target.touch(0o600)
        shutil.copyfile(path, target)
        return
    with _opened(path) as archive, archive.open(database_in(archive, name)) as file, target.open("wb") as to:
        target.chmod(0o600)
        shutil.copyfileobj(file, to, PIECE)


def unpacked_size(path: Path, name: str) -> int:
    """Return the bytes of the database of RKE's snapshot, as its archive tells; raises ToolError as `unpack`."""
    if path.suffix != ARCHIVE:
        return path.stat().st_size
    with _opened(path) as archive:
        return database_in(archive, name).file_size


def has_state(path: Path, name: str) -> bool:
    """Tell whether RKE's state is in an archive; a damaged one has none."""
    return state_in(path, name) is not None


def state_of(folder: Path, name: str) -> bytes | None:
    """Return the state of the time of a snapshot: ours, encrypted, beside it, else RKE's in its archive."""
    try:
        return (folder / f"{name}{STATE}").read_bytes()
    except FileNotFoundError:
        return state_in(folder / f"{name}{ARCHIVE}", name)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Yield an archive to read; whatever is found wrong with it meanwhile is a ToolError."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (*DAMAGED, OSError) as error:
        raise ToolError(f"{path.name} is not a whole archive: {error}") from None

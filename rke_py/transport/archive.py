"""Files to and from the tar archives of Docker's archive API; pure.

Docker unlinks and rewrites each file in the archive's order and applies the mode and owner of every entry, also of a
folder that is there already: so only missing folders become entries.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath

from rke_py.plan.files import FileSpec, FoundFile

_FOLDER_MODE = 0o755
_PIECE = 1 << 20


def pack(files: Sequence[FileSpec], modified: datetime, missing: Sequence[str]) -> bytes:
    """Return a tar archive to be unpacked at ``/``.

    Args:
        files: In the order in which they are to be written.
        modified: Every entry's modification time; PAX keeps its fraction of a second.
        missing: Folders that are to be made first, parents before children.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in missing:
            folder = _entry(path, _FOLDER_MODE, modified)
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
        for file in files:
            entry = _entry(file.path, file.mode, modified)
            entry.uid, entry.gid, entry.size = file.uid, file.gid, len(file.content)
            archive.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()


def missing_folders(files: Iterable[FileSpec], exists: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the folders that the files need and the host does not have, parents before children.

    Args:
        files: What is to be written.
        exists: Asked about a folder only while none below it was found.
    """
    present: set[PurePosixPath] = {PurePosixPath("/")}
    missing: set[PurePosixPath] = set()
    for folder in dict.fromkeys(PurePosixPath(file.path).parent for file in files):
        for path in (folder, *folder.parents):
            if path in present or path in missing:
                break
            if exists(str(path)):
                present.update((path, *path.parents))
                break
            missing.add(path)
    return tuple(str(path) for path in sorted(missing))


def unpack(chunks: Iterable[bytes], folder: str) -> dict[str, FoundFile]:
    """Return the regular files of an archive that Docker made of a folder, by absolute path.

    Args:
        chunks: The archive; its names begin with the folder's own name.
        folder: The folder's absolute path.
    """
    parent = PurePosixPath(folder).parent
    with tarfile.open(fileobj=_Reader(chunks), mode="r|") as archive:
        files = (_found(archive, entry, str(parent / entry.name)) for entry in archive if entry.isreg())
        return {file.path: file for file in files}


def pack_large(file: FileSpec, size: int, pieces: Iterable[bytes], modified: datetime) -> Iterator[bytes]:
    """Yield a tar archive of one file, to be unpacked at ``/``, without ever having the whole of it in memory.

    Args:
        file: Its path, mode and owner; its content comes in pieces.
        size: Bytes of all pieces together.
        pieces: Its content.
        modified: Its modification time.

    Raises:
        ValueError: The pieces are more or fewer bytes than that.
    """
    entry = _entry(file.path, file.mode, modified)
    entry.uid, entry.gid, entry.size = file.uid, file.gid, size
    yield entry.tobuf(tarfile.PAX_FORMAT)
    left = size
    for piece in pieces:
        left -= len(piece)
        yield piece
    if left:
        raise ValueError(f"{file.path} should have {size} bytes and has {size - left}")
    yield bytes(-size % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE)


def unpack_large(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content of the one file in an archive that Docker made of it, in pieces."""
    with tarfile.open(fileobj=_Reader(chunks), mode="r|") as archive:
        entry = archive.next()
        content = archive.extractfile(entry) if entry else None
        while content is not None and (piece := content.read(_PIECE)):
            yield piece


def _entry(path: str, mode: int, modified: datetime) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.mode = mode
    entry.mtime = modified.timestamp()
    return entry


def _found(archive: tarfile.TarFile, entry: tarfile.TarInfo, path: str) -> FoundFile:
    content = archive.extractfile(entry)
    return FoundFile(
        path=path,
        content=content.read() if content else b"",
        mode=entry.mode & 0o7777,
        uid=entry.uid,
        gid=entry.gid,
        modified=datetime.fromtimestamp(entry.mtime, UTC),
    )


class _Reader(io.RawIOBase):
    """The chunks of a response as a file, as tarfile wants one."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        parts, length = [self._rest], len(self._rest)
        while size < 0 or length < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            parts.append(chunk)
            length += len(chunk)
        data = b"".join(parts)
        size = length if size < 0 else size
        self._rest = data[size:]
        return data[:size]

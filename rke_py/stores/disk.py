"""The few operations on files that the stores need, and a write that leaves either the old file or the new one."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Protocol

PRIVATE = 0o600

WRITABLE = "Free space there, or let the folder be writable for you; then run the same again."
"""What to try where a file cannot be written."""


class Disk(Protocol):
    """A file system; what is not flushed may be lost or torn when the machine loses power."""

    def read(self, path: Path) -> bytes | None:
        """Return a file's content, None when there is no such file."""

    def exists(self, path: Path) -> bool:
        """Tell whether there is such a file."""

    def write(self, path: Path, data: bytes, mode: int) -> None:
        """Write a file anew, with exactly this mode from the moment it exists."""

    def flush(self, path: Path) -> None:
        """Make a file's content, or the names in a folder, survive a power cut."""

    def rename(self, source: Path, target: Path) -> None:
        """Give a file another name, taking the place of what has it; at once or not at all."""

    def remove(self, path: Path) -> None:
        """Remove a file if it is there."""


class LocalDisk:
    """The machine's own file system."""

    def read(self, path: Path) -> bytes | None:
        """Return a file's content, None when there is no such file."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def exists(self, path: Path) -> bool:
        """Tell whether there is such a file."""
        return path.exists()

    def write(self, path: Path, data: bytes, mode: int) -> None:
        """Write a file anew, with exactly this mode from the moment it exists."""
        self.remove(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)  # the umask may have taken from it
            file.write(data)

    def flush(self, path: Path) -> None:
        """Make a file's content, or the names in a folder, survive a power cut."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno != errno.EINVAL:  # CIFS and FUSE have it for files only, and keep names in order
                raise
        finally:
            os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Give a file another name, taking the place of what has it; at once or not at all."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file if it is there."""
        path.unlink(missing_ok=True)


def replace_file(disk: Disk, path: Path, data: bytes) -> None:
    """Write a private file (mode 0600) so that at any moment its name shows the old content or the new one, whole.

    Raises:
        OSError: When it cannot be written. The old file is then untouched; where only its folder could not be
            flushed the new one is there, and either may be after a loss of power.
    """
    temporary = path.with_name(f".{path.name}.new")
    try:
        disk.write(temporary, data, PRIVATE)
        disk.flush(temporary)
        disk.rename(temporary, path)
    except OSError:
        disk.remove(temporary)
        raise
    disk.flush(path.parent)

"""One run at a time on one state file, and who that is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from rke_py.errors import StateError
from rke_py.stores.disk import WRITABLE, Disk, replace_file


class Holder(Protocol):
    """Who runs rke-py."""

    @property
    def user(self) -> str:
        """Login name."""

    @property
    def machine(self) -> str:
        """Name of the operator's machine."""

    @property
    def process(self) -> int:
        """Process id."""

    @property
    def since(self) -> datetime:
        """When the run began, UTC."""


@contextmanager
def lock(path: Path, holder: Holder, disk: Disk) -> Iterator[Callable[[], bool]]:
    """Hold the lock of a state file; the system frees it when the process ends, however it ends.

    The lock is on ``cluster.rkestate.lock``, which stays; ``cluster.rkestate.holder`` says who has it and is only
    believed while the lock is held.

    Args:
        path: The state file.
        holder: Who takes it, shown to whoever comes second.
        disk: Where the note of the holder is written.

    Yields:
        Tells whether ``break_lock`` took it away meanwhile, or nobody can tell since the folder cannot be read.

    Raises:
        StateError: When another run holds it; names that run. Or when it cannot be written down who holds it.
    """
    note = _note_path(path)
    guard = _taken(path, note, disk)
    mine = _identity(_lock_path(path))

    def lost() -> bool:
        return _identity(_lock_path(path)) != mine

    try:
        _leave(disk, note, holder)
        yield lost
    finally:
        if not lost():  # else the note is that of another run
            disk.remove(note)
        guard.release()


def lock_holder(path: Path, disk: Disk) -> str:
    """Say who holds the lock of a state file; empty when nobody does.

    Raises:
        StateError: When that cannot be found out.
    """
    guard = FileLock(_lock_path(path), timeout=0, mode=0o600, thread_local=False)
    if not disk.exists(_lock_path(path)):
        return ""
    try:
        guard.acquire()
    except Timeout:
        return _described(disk.read(_note_path(path)))
    except OSError as error:
        raise StateError(f"cannot be locked: {error.strerror}", where=str(path), hint=WRITABLE) from error
    guard.release()
    return ""


def break_lock(path: Path, disk: Disk) -> None:
    """Take the lock away from whoever holds it: the next run locks a file of the same name that is another one.

    A run that is alive after all begins no further step, and saves nothing over what a later run saved: see ``Saved``.

    Raises:
        StateError: When the files cannot be removed.
    """
    try:
        disk.remove(_lock_path(path))
        disk.remove(_note_path(path))
    except OSError as error:
        raise StateError(f"its lock cannot be removed: {error.strerror}", where=str(path)) from error


def _identity(path: Path) -> tuple[int, int] | None:
    """Return which file has that name, None when none has, or none can be seen as on a file server that went away."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _lock_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _note_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.holder")


def _taken(path: Path, note: Path, disk: Disk) -> FileLock:
    guard = FileLock(_lock_path(path), timeout=0, mode=0o600, thread_local=False)
    try:
        guard.acquire()
    except Timeout:
        raise StateError(
            f"another run of rke-py is working on this cluster: {_described(disk.read(note))}",
            where=str(path),
            hint="Wait until it ends, or end it: the lock goes with its process. If that process is gone and the lock "
            "still held, as on a network file system: rke-py unlock",
        ) from None
    except OSError as error:
        raise StateError(f"cannot be locked: {error.strerror}", where=str(path), hint=WRITABLE) from error
    return guard


def _leave(disk: Disk, note: Path, holder: Holder) -> None:
    try:
        replace_file(disk, note, _written(holder))
    except OSError as error:
        raise StateError(f"cannot be written: {error.strerror}", where=str(note), hint=WRITABLE) from error


def _written(holder: Holder) -> bytes:
    return json.dumps(
        {
            "user": holder.user,
            "machine": holder.machine,
            "process": holder.process,
            "since": f"{holder.since:%Y-%m-%dT%H:%M:%SZ}",
        }
    ).encode()


def _described(note: bytes | None) -> str:
    """Say who holds the lock; a run that has only just taken it has not said so yet."""
    if not note:
        return "it has only just started"
    try:
        found = json.loads(note)
        return f"{found['user']}@{found['machine']}, process {found['process']}, since {found['since']}"
    except (ValueError, KeyError, TypeError):
        return "its note cannot be read"

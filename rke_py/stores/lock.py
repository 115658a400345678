"""One run at a time on one state file, and who that is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from rke_py.errors import StateError
from rke_py.stores.disk import Disk, replace_file


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
def lock(path: Path, holder: Holder, disk: Disk) -> Iterator[None]:
    """Hold the lock of a state file; the system frees it when the process ends, however it ends.

    The lock is on ``cluster.rkestate.lock``, which stays; ``cluster.rkestate.holder`` says who has it and is only
    believed while the lock is held.

    Args:
        path: The state file.
        holder: Who takes it, shown to whoever comes second.
        disk: Where the note of the holder is written.

    Raises:
        StateError: When another run holds it; names that run.
    """
    note = path.with_name(f"{path.name}.holder")
    guard = _taken(path, note, disk)
    try:
        replace_file(disk, note, _written(holder))
        yield
    finally:
        disk.remove(note)
        guard.release()


def _taken(path: Path, note: Path, disk: Disk) -> FileLock:
    guard = FileLock(path.with_name(f"{path.name}.lock"), timeout=0, mode=0o600, thread_local=False)
    try:
        guard.acquire()
    except Timeout:
        raise StateError(
            f"another run of rke-py is working on this cluster: {_described(disk.read(note))}",
            where=str(path),
            hint="Wait until it ends, or end it. The lock goes with its process, nothing has to be removed.",
        ) from None
    except OSError as error:
        raise StateError(f"cannot be locked: {error.strerror}", where=str(path)) from error
    return guard


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

"""cluster.rkestate on the operator's disk: locked, whole at any moment, with a generation kept for every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Lock

from rke_py.errors import StateError
from rke_py.state.codec import adopt, decode, encode, written_by_rke
from rke_py.state.model import State
from rke_py.state.past import waits_to_be_taken_over
from rke_py.stores.disk import WRITABLE, Disk, LocalDisk, replace_file
from rke_py.stores.lock import Holder, lock

GENERATIONS = 5
"""How many runs can be gone back."""


class StateStore:
    """The state file of one cluster.

    Args:
        path: The file; a symbolic link is followed, so that what it points to is replaced and not the link.
        disk: The file system it is on.
    """

    def __init__(self, path: Path, disk: Disk | None = None) -> None:
        self._path = path.resolve()
        self._disk = disk or LocalDisk()

    def read(self) -> State | None:
        """Return the state as last saved, None when there is no file; needs no lock.

        A file that RKE wrote is the beginning of one of ours, unless there was one of ours before.

        Raises:
            StateError: When the file cannot be read, is damaged, or RKE wrote it after rke-py.
        """
        data = _read(self._disk, self._path)
        return None if data is None else _decoded(self._disk, self._path, data)

    def left_by_rke(self) -> State:
        """Return the state of a cluster as RKE left it, as RKE wrote it or as it was made again; needs no lock.

        Raises:
            StateError: When there is no file, or none of a cluster that is still to be taken over.
        """
        data = _read(self._disk, self._path)
        if data is None:
            hint = (
                "Put the cluster.rkestate beside cluster.yml that RKE wrote there. Is it lost, make it again from what "
                "the cluster has: rke-py state recover"
            )
            raise StateError("there is none", where=str(self._path), hint=hint)
        try:
            if written_by_rke(data) or not waits_to_be_taken_over(state := decode(data)):
                return adopt(data)
            return state
        except StateError as error:
            raise StateError(error.what, where=str(self._path), hint=error.hint) from None

    @contextmanager
    def locked(self, holder: Holder, *, damaged: bool = False) -> Iterator[Saved]:
        """Hold the state for one run.

        Args:
            holder: Who.
            damaged: Take a damaged file for none, for a run that is to make the state again.

        Raises:
            StateError: When another run holds it, or the file cannot be read.
        """
        with lock(self._path, holder, self._disk) as lost:
            yield Saved(self._path, self._disk, lost, damaged=damaged)

    def put(self, state: State, holder: Holder, now: datetime) -> Path | None:
        """Put a state in the place of any file that is there; return where that one is kept, None if there was none.

        Raises:
            StateError: When another run holds the file, or it cannot be written; what is on disk is then untouched.
        """
        with lock(self._path, holder, self._disk):
            before = _read(self._disk, self._path)
            kept = self._path.with_name(f"{self._path.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
            try:
                if before is not None:
                    replace_file(self._disk, kept, before)
                replace_file(self._disk, self._path, encode(state))
            except OSError as error:
                raise StateError(
                    f"cannot be written: {error.strerror}", where=str(self._path), hint=WRITABLE
                ) from error
            return None if before is None else kept


class Saved:
    """The state file during one run, under its lock; safe to use from several threads.

    Args:
        path: The file.
        disk: The file system it is on.
        lost: Tells whether the lock was taken away.
        damaged: Take a damaged file for none.
    """

    def __init__(
        self, path: Path, disk: Disk, lost: Callable[[], bool] = lambda: False, *, damaged: bool = False
    ) -> None:
        self._path = path
        self._disk = disk
        self._lost = lost
        self._guard = Lock()
        self._kept = False
        self._seen = _read(disk, path)
        try:
            self._state = None if self._seen is None else _decoded(disk, path, self._seen)
        except StateError:
            if not damaged:
                raise
            self._state = None

    @property
    def state(self) -> State | None:
        """The state as last read or written; None while there is no file."""
        return self._state

    @property
    def lost(self) -> bool:
        """True once somebody took the lock away, for whom this run must not go on."""
        return self._lost()

    def write(self, state: State) -> State:
        """Save a state and return it with its new serial number.

        The first write of a run keeps the file it replaces as a generation.

        Raises:
            StateError: When the file is no longer the one that was read, belongs to another cluster, or cannot be
                written; what is on disk is then untouched.
        """
        with self._guard:
            self._check(state)
            serial = (self._state.serial if self._state else state.serial) + 1
            saved = replace(state, serial=serial)
            data = encode(saved)
            try:
                self._keep_generation()
                replace_file(self._disk, self._path, data)
            except OSError as error:
                raise StateError(
                    f"cannot be written: {error.strerror}", where=str(self._path), hint=WRITABLE
                ) from error
            self._seen, self._state = data, saved
            return saved

    def _check(self, state: State) -> None:
        if self._state and state.lineage != self._state.lineage:
            raise StateError("belongs to another cluster than the state that is to be saved", where=str(self._path))
        if _read(self._disk, self._path) != self._seen:
            raise StateError(
                "was changed by somebody else since it was read, so nothing was saved",
                where=str(self._path),
                hint="Find out who writes this file (RKE, a synchronised folder, version control), then run again.",
            )

    def _keep_generation(self) -> None:
        """Keep the file as ``.1`` and move the older ones up, as far as they follow one another.

        A run that died meanwhile has left a gap, or has already kept this very file: however often that happens, no
        other generation is pushed out.
        """
        if self._kept or self._seen is None:
            return
        generations = [generation(self._path, number) for number in range(1, GENERATIONS + 1)]
        if self._seen != _read(self._disk, generations[0]):
            taken = next((i for i, path in enumerate(generations) if not self._disk.exists(path)), GENERATIONS - 1)
            for index in reversed(range(taken)):
                self._disk.rename(generations[index], generations[index + 1])
            replace_file(self._disk, generations[0], self._seen)
        self._kept = True


def generation(path: Path, number: int) -> Path:
    """Return where the file is kept that was there before the last run (1), the one before that (2), and so on."""
    return path.with_name(f"{path.name}.{number}")


def _read(disk: Disk, path: Path) -> bytes | None:
    try:
        return disk.read(path)
    except OSError as error:
        raise StateError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _decoded(disk: Disk, path: Path, data: bytes) -> State:
    """Read a file of ours, or one of RKE's where we never had one: what RKE wrote after us may not fit its hosts."""
    try:
        if written_by_rke(data) and not _whole(disk, path):
            return adopt(data)
        return decode(data)
    except StateError as error:
        raise StateError(error.what, where=str(path), evidence=_whole(disk, path), hint=error.hint) from None


def _whole(disk: Disk, path: Path) -> list[str]:
    """Say which generations could be put back."""
    found = []
    for number in range(1, GENERATIONS + 1):
        kept = generation(path, number)
        data = _read(disk, kept)
        try:
            found += [] if data is None else [f"{kept.name} is whole (serial {decode(data).serial})"]
        except StateError:
            found.append(f"{kept.name} is damaged too")
    return found

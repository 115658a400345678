"""A file system in memory that stops at a chosen step, and everything a machine may find after that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path

Names = dict[Path, int]


class Stopped(Exception):
    """The process was killed, or the machine lost power, before the next step."""


class CrashingDisk:
    """A disk that keeps what was flushed apart from what was only written.

    Names change in order, as on a journalling file system; content that was not flushed may be there, torn or empty.

    Args:
        files: What is on it, flushed.
        stop_before: The number of the step that is not done any more, counted from 1; 0 never stops.
    """

    def __init__(self, files: Mapping[Path, bytes], stop_before: int = 0) -> None:
        self.steps = 0
        self.modes: dict[Path, int] = {}
        self._stop_before = stop_before
        self._names: Names = {path: number for number, path in enumerate(files)}
        self._contents = dict(enumerate(files.values()))
        self._flushed_names = dict(self._names)
        self._flushed_contents = set(self._contents)
        self._pending: list[Callable[[Names], object]] = []

    def read(self, path: Path) -> bytes | None:
        return self._contents[self._names[path]] if path in self._names else None

    def exists(self, path: Path) -> bool:
        return path in self._names

    def write(self, path: Path, data: bytes, mode: int) -> None:
        self._step()
        number = len(self._contents)
        self._contents[number] = b""
        self._change(lambda names: names.update({path: number}))
        self.modes[path] = mode
        for part in (data[: len(data) // 2], data):
            self._step()
            self._contents[number] = part

    def flush(self, path: Path) -> None:
        self._step()
        if path in self._names:
            self._flushed_contents.add(self._names[path])
        else:
            self._flushed_names = dict(self._names)
            self._pending.clear()

    def rename(self, source: Path, target: Path) -> None:
        self._step()
        self._change(lambda names: names.update({target: names.pop(source)}))

    def remove(self, path: Path) -> None:
        self._step()
        self._change(lambda names: names.pop(path, None))

    def after_kill(self) -> dict[Path, bytes]:
        """Return what is there when only the process ended."""
        return {path: self._contents[number] for path, number in self._names.items()}

    def after_power_cut(self) -> Iterator[dict[Path, bytes]]:
        """Return everything that may be there when the machine lost power."""
        for kept in range(len(self._pending) + 1):
            names = dict(self._flushed_names)
            for change in self._pending[:kept]:
                change(names)
            possible = [self._possible(number) for number in names.values()]
            yield from (dict(zip(names, contents, strict=True)) for contents in product(*possible))

    def _possible(self, number: int) -> set[bytes]:
        data = self._contents[number]
        return {data} if number in self._flushed_contents else {b"", data[: len(data) // 2], data}

    def _change(self, change: Callable[[Names], object]) -> None:
        change(self._names)
        self._pending.append(change)

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self._stop_before:
            raise Stopped


def every_crash(files: Mapping[Path, bytes], act: Callable[[CrashingDisk], object]) -> Iterator[dict[Path, bytes]]:
    """Do something again and again, stopped before each of its steps in turn; return all that may be left each time."""
    stop_before = 0
    while True:
        stop_before += 1
        disk = CrashingDisk(files, stop_before)
        try:
            act(disk)
        except Stopped:
            yield disk.after_kill()
            yield from disk.after_power_cut()
        else:
            yield disk.after_kill()
            yield from disk.after_power_cut()
            return

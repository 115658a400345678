"""What this process used of the machine while it did something."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.05
_THREADS, _DESCRIPTORS = Path("/proc/self/task"), Path("/proc/self/fd")


@dataclass(slots=True)
class Usage:
    """Attributes are final once the measured block has ended.

    Attributes:
        seconds: Wall time.
        processor_seconds: Processor time of all threads.
        megabytes_before: The most memory that was resident when it began.
        megabytes: The same when it ended, MiB; it never falls.
        threads, descriptors: The most at once, those of the measuring included.
    """

    seconds: float = 0
    processor_seconds: float = 0
    megabytes_before: float = 0
    megabytes: float = 0
    threads: int = 0
    descriptors: int = 0


@contextmanager
def measured() -> Iterator[Usage]:
    """Measure what happens in the block."""
    usage, over = Usage(megabytes_before=_megabytes()), threading.Event()
    sampler = threading.Thread(target=_sample, args=(usage, over), name="sampler", daemon=True)
    sampler.start()
    began, processor = time.monotonic(), time.process_time()
    try:
        yield usage
    finally:
        usage.seconds, usage.processor_seconds = time.monotonic() - began, time.process_time() - processor
        over.set()
        sampler.join()
        usage.megabytes = _megabytes()


def _sample(usage: Usage, over: threading.Event) -> None:
    while True:
        usage.threads = max(usage.threads, _entries(_THREADS))
        usage.descriptors = max(usage.descriptors, _entries(_DESCRIPTORS))
        if over.wait(_EVERY):
            return


def _entries(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

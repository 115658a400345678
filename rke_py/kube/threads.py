"""Several requests at once: each is a wait of one round trip over SSH."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_AT_ONCE = 8


def in_parallel(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Call ``work`` on every item, a few at once, and return the results in order; the first error is raised."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="kube") as threads:
        return list(threads.map(work, items))

"""The same look at many hosts at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from rke_py.errors import HostError

Key = TypeVar("Key")
Seen = TypeVar("Seen")

AT_ONCE = 64
"""Looks under way at once: more than this and this machine, not the hosts, is what one waits for."""


def for_each(keys: Iterable[Key], look: Callable[[Key], Seen]) -> Mapping[Key, Seen | HostError]:
    """Look at each of the keys on threads of their own; a host's own fault stands in the place of its answer."""
    every = tuple(keys)

    def guarded(key: Key) -> Seen | HostError:
        try:
            return look(key)
        except HostError as fault:
            return fault

    if not every:
        return {}
    with ThreadPoolExecutor(min(AT_ONCE, len(every)), thread_name_prefix="look") as pool:
        return dict(zip(every, pool.map(guarded, every), strict=True))

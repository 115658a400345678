"""The same look at many hosts at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from rke_py.errors import HostError

Key = TypeVar("Key")
Seen = TypeVar("Seen")

First = TypeVar("First")
Second = TypeVar("Second")

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


def apart(seen: Mapping[Key, Seen | HostError]) -> tuple[Mapping[Key, Seen], Mapping[Key, HostError]]:
    """Return the answers of a look, and apart from them the faults in the place of those that did not come."""
    faults = {key: one for key, one in seen.items() if isinstance(one, HostError)}
    return {key: one for key, one in seen.items() if not isinstance(one, HostError)}, faults


def both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Do two things at once and return both results; the first one's error is raised before the second's."""
    with ThreadPoolExecutor(1, thread_name_prefix="look") as pool:
        other = pool.submit(second)
        mine = first()
        return mine, other.result()

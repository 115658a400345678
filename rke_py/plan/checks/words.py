"""Numbers and lists as they stand in messages."""

from __future__ import annotations

from collections.abc import Iterable

_SHOWN = 5


def listed(names: Iterable[str]) -> str:
    """Return names joined by commas, the rest counted when there are many."""
    every = tuple(names)
    more = len(every) - _SHOWN
    return ", ".join(every) if more <= 0 else f"{', '.join(every[:_SHOWN])} and {more} more"


def amount(number: int) -> str:
    """Return a number of bytes in MiB, or GiB from one on."""
    return f"{number / (1 << 30):.1f} GiB" if number >= 1 << 30 else f"{number / (1 << 20):.0f} MiB"

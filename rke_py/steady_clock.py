"""A clock that nobody sets and that goes on while the machine sleeps."""

from __future__ import annotations

import sys
import time


def steady() -> float:
    """Return its seconds; the machine's sleep counts where its system can tell."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    else:
        return time.monotonic()

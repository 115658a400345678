"""The time of a run, which nobody sets while it is under way."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from rke_py.steady_clock import steady


def _wall() -> datetime:
    return datetime.now(UTC)


class Clock:
    """What the machine's clock showed when the run began, counted on from there by one that nobody sets.

    So a clock that is set by hours meanwhile ends no wait early, prolongs none, and a host's clock stays as far from
    ours as it was measured to be.

    Args:
        wall: The machine's clock, with time zone.
        steady: Seconds of a clock that is never set.
        sleep: Lets so many seconds pass.
    """

    def __init__(
        self,
        wall: Callable[[], datetime] = _wall,
        steady: Callable[[], float] = steady,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._began, self._since = wall(), steady()
        self._steady = steady
        self._sleep = sleep

    def now(self) -> datetime:
        """Return the time, UTC."""
        return self._began + timedelta(seconds=self._steady() - self._since)

    def pause(self, seconds: float) -> None:
        """Sleep."""
        self._sleep(seconds)

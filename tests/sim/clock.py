"""The passing of time in a simulation: a clock that jumps when nobody has anything to do, and a real one.

The product runs turns, looks and pulls on real threads. A thread that pauses must not let the time of another one that
is still working run away, so the clock jumps to the next wake-up only when every thread that takes part waits.
"""

from __future__ import annotations

import gc
import heapq
import itertools
import sys
import threading
import time
from concurrent.futures import thread as pool_threads
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Protocol

BEGAN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""When every simulation begins."""

MOMENT = timedelta(milliseconds=1)
"""What a call to the fleet takes: two things never happen at the same time on a host."""

_GLANCE = 0.0005
_STUCK = 0.25
_WAITING = frozenset({threading.__file__, pool_threads.__file__})
"""A thread whose innermost frame is in one of these waits for another thread, or for work."""


class Crash(BaseException):
    """rke-py was killed: whatever it does from now on reaches nobody."""


class Time(Protocol):
    """What the fleet asks of a clock; a Waiter of ``rollout.site`` as well."""

    def now(self) -> datetime:
        """Return the time of the machine that rke-py runs on, UTC."""

    def peek(self) -> datetime:
        """Return the same for the fleet itself, which goes on when rke-py is killed."""

    def pause(self, seconds: float) -> None:
        """Let time pass for the calling thread."""

    def wall(self) -> datetime:
        """Return what the clock of that machine shows, which somebody may have set."""

    def call(self) -> None:
        """Let the time pass that a call to a host takes."""

    def kill(self) -> None:
        """End the process that rke-py runs in: its threads get a Crash wherever they touch the clock."""

    def revive(self) -> None:
        """Begin a new process."""

    def locks(self) -> dict[int, object]:
        """Return new locks for a copy, by the identity of those that they stand for."""


@dataclass(slots=True, order=True)
class _Sleeper:
    """A thread that pauses, and how to wake it."""

    until: datetime
    number: int
    poke: threading.Event = field(default_factory=threading.Event, compare=False)


class SimulatedClock:
    """Jumps to the next wake-up when all threads that ever looked at it wait; nobody really sleeps."""

    def __init__(self, began: datetime = BEGAN) -> None:
        self._now = began
        self._lock = threading.Lock()
        self._taking_part: dict[int, threading.Thread] = {}
        self._sleepers: list[_Sleeper] = []
        self._asleep: set[int] = set()
        self._numbers = itertools.count()
        self._looked_at = 0
        self._dead = False
        self._set = timedelta()

    def now(self) -> datetime:
        """Return the simulated time."""
        with self._lock:
            self._take_part()
            return self._now

    def peek(self) -> datetime:
        """Return the simulated time, also to a thread that was killed."""
        return self._now

    def wall(self) -> datetime:
        """Return what the clock on the wall shows."""
        return self.now() + self._set

    def set_wall(self, ahead: timedelta) -> None:
        """Set the clock on the wall forward or back; no time passes by that."""
        self._set = ahead

    def call(self) -> None:
        """Move the clock by a moment."""
        with self._lock:
            self._take_part()
            self._advance(self._now + MOMENT)

    def pass_time(self, seconds: float) -> None:
        """Let time pass between two runs."""
        with self._lock:
            self._advance(self._now + timedelta(seconds=seconds))

    def pause(self, seconds: float) -> None:
        """Wait until the simulated time has passed."""
        with self._lock:
            self._take_part()
            sleeper = _Sleeper(self._now + timedelta(seconds=seconds), next(self._numbers))
            heapq.heappush(self._sleepers, sleeper)
            self._asleep.add(threading.get_ident())
        try:
            self._sleep(sleeper)
        finally:
            with self._lock:
                self._asleep.discard(threading.get_ident())
                self._sleepers.remove(sleeper)
                heapq.heapify(self._sleepers)
                self._wake_next()
        with self._lock:
            self._take_part()

    def kill(self) -> None:
        """Give every thread that pauses, or touches the clock from now on, a Crash."""
        with self._lock:
            self._dead = True
            for sleeper in self._sleepers:
                sleeper.poke.set()

    def revive(self) -> None:
        """Forget the threads of the process that ended."""
        with self._lock:
            self._dead = False
            self._taking_part.clear()

    def locks(self) -> dict[int, object]:
        """Return a new lock for a copy."""
        return {id(self._lock): threading.Lock()}

    def _take_part(self) -> None:
        if self._dead:
            raise Crash
        self._looked_at += 1
        self._taking_part.setdefault(threading.get_ident(), threading.current_thread())

    def _advance(self, to: datetime) -> None:
        self._now = max(self._now, to)
        self._wake_next()

    def _wake_next(self) -> None:
        if self._sleepers:
            self._sleepers[0].poke.set()

    def _sleep(self, sleeper: _Sleeper) -> None:
        """Wait; the one who wakes first looks after the clock for all."""
        seen, since = -1, time.monotonic()
        while True:
            with self._lock:
                if self._now >= sleeper.until or self._dead:
                    return
                first = self._sleepers[0] is sleeper
                if self._looked_at != seen:
                    seen, since = self._looked_at, time.monotonic()
                if first and (self._all_wait() or time.monotonic() - since > _STUCK):
                    self._now = sleeper.until
                    return
            sleeper.poke.wait(_GLANCE if first else None)
            sleeper.poke.clear()

    def _all_wait(self) -> bool:
        frames = _frames()
        for identity, thread in tuple(self._taking_part.items()):
            if not thread.is_alive():
                del self._taking_part[identity]
                continue
            innermost = frames.get(identity)
            awake = identity not in self._asleep and innermost is not None
            if awake and innermost.f_code.co_filename not in _WAITING:
                return False
        return True


def _frames() -> dict[int, FrameType]:
    """Return what each thread runs.

    Without garbage collection meanwhile: in Python up to 3.11.7 one that begins then waits for ever for a lock that is
    held (https://github.com/python/cpython/issues/106883).
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return sys._current_frames()
    finally:
        if collects:
            gc.enable()


class RealClock:
    """Time as it is, with every call to a host taking a while: for measuring.

    Args:
        latency: Seconds that a call takes.
    """

    def __init__(self, latency: float) -> None:
        self._latency = latency

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)

    def peek(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)

    def pause(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)

    def wall(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)

    def call(self) -> None:
        """Sleep as long as a call takes."""
        time.sleep(self._latency)

    def kill(self) -> None:
        """Nobody is killed while measuring."""

    def revive(self) -> None:
        """Nobody was."""

    def locks(self) -> dict[int, object]:
        """It has none."""
        return {}

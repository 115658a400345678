"""Thins out the stream of pull events."""

from __future__ import annotations

from threading import Lock

from rke_py.progress import Pulling


class Pace:
    """Says which pull events to show: the first of an image, its last, and one per interval between them."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._shown: dict[tuple[str, str], float] = {}

    def lets_pass(self, event: Pulling, at: float) -> bool:
        """Return True when the event, which happened at ``at`` seconds, is to be shown."""
        key = (event.host, event.image)
        with self._lock:
            before = self._shown.get(key)
            complete = 0 < event.total <= event.done
            if before is not None and not complete and at - before < self._seconds:
                return False
            self._shown[key] = at
            return True

"""Somebody who writes all the time, and counts what was acknowledged."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from .kubectl import Kubectl

_PAUSE = 0.2


class Writer:
    """Creates ConfigMaps, one after another, while entered.

    Attributes:
        written: The names of those that an API server said it has.
    """

    def __init__(self, kubectl: Kubectl) -> None:
        self.written: list[str] = []
        self._kubectl = kubectl
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        number = 0
        while not self._stop.wait(_PAUSE):
            name, number = f"written-{number:05}", number + 1
            done = self._kubectl.attempt("create", "configmap", name, "--request-timeout=5s")
            if done.returncode == 0:
                self.written.append(name)

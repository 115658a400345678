"""What this package needs of a connection to a host: a way to open byte streams to ports, and the streams.

``transport.HostConnection.dial`` fits ``Dial``; so does a function that connects a socket.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Stream(Protocol):
    """A byte stream: a socket or an SSH channel."""

    def recv(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; empty at the end; TimeoutError when none came in time."""

    def sendall(self, data: bytes, /) -> None:
        """Send everything; TimeoutError when the peer does not take it in time."""

    def settimeout(self, seconds: float | None, /) -> None:
        """Set how long recv and sendall wait; 0 means not at all, None without end."""

    def close(self) -> None:
        """Close both directions."""


Dial = Callable[[str, int, float], Stream]
"""Opens a stream to (address, port) within a number of seconds; raises OSError or rke_py.errors.Unreachable."""

"""A connection that is kept for the whole run, and opened again when it was lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

from paramiko.channel import Channel

from rke_py.errors import HostError, Unreachable
from rke_py.transport.channels import ConnectionLost, HostTransport

_MOMENT = 0.1


class Link:
    """One host's, or one bastion's, SSH connection; several threads use it at once.

    The first failure to connect stands for the whole run: three hundred hosts do not each wait for a bastion that is
    down. Once it was up, a lost connection is opened again by whoever needs it next, once for all that wait for it.

    Args:
        host: The node's name, for errors.
        connect: Opens a new connection or raises Unreachable.
    """

    def __init__(self, host: str, connect: Callable[[], HostTransport]) -> None:
        self.host = host
        self._connect = connect
        self._transport: HostTransport | None = None
        self._fault: HostError | None = None
        self._attempts_ended = 0
        self._closed = threading.Event()
        self._lock = threading.Lock()

    def watch(self) -> Callable[[], bool]:
        """Return what tells later whether the connection of now still stands, also when another one took its place."""
        before = self._transport if self._transport is not None and self._transport.is_active() else None

        def stands() -> bool:
            transport = before or self._transport
            if transport is None:
                return False
            transport.join(_MOMENT)  # its channels end just before it does
            return transport.is_active()

        return stands

    def transport(self) -> HostTransport:
        """Return the connection, opened again if it was lost; raises Unreachable."""
        transport, ended = self._transport, self._attempts_ended
        if transport is not None and transport.is_active():
            return transport
        with self._lock:
            if self._transport is not None and self._transport.is_active():
                return self._transport
            if self._fault is not None and (self._transport is None or self._attempts_ended != ended):
                raise self._fault
            return self._open()

    def channel(self, open_channel: Callable[[HostTransport], Channel]) -> Channel:
        """Open a channel; on a new connection when the one at hand turns out to be lost.

        Nothing was sent over a channel that was not opened, so this does no harm in the middle of any call.

        Raises:
            Unreachable: There is no connection.
            ConnectionLost: The new one was lost as well.
            ChannelRefused, TimeoutError: As they say.
        """
        try:
            return open_channel(self.transport())
        except ConnectionLost:
            return open_channel(self.transport())

    def close(self) -> None:
        """Close the connection for good; one that is being opened is closed as soon as it is there."""
        self._closed.set()
        if self._transport is not None:
            self._transport.close()

    def _open(self) -> HostTransport:
        if self._closed.is_set():
            raise Unreachable(self.host, "the connection was closed, the run is over")
        try:
            transport = self._connect()
        except HostError as fault:
            self._fault = fault
            raise
        finally:
            self._attempts_ended += 1
        self._transport, self._fault = transport, None
        if self._closed.is_set():
            transport.close()
        return transport

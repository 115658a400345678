"""Holds TCP ports of the host's network open for a while, so that other hosts can try to reach them."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import FrameType

from rke_py.tools.ports import SURVEY

_BACKLOG = 1024


def listen(ports: Iterable[int], seconds: float, announce: Callable[[Mapping[str, object]], None]) -> None:
    """Listen, say what came of it, and hang up on everybody who connects until the time is over or SIGTERM comes.

    The process is called ``SURVEY`` from then on, by which another one tells that these ports are free.

    Args:
        ports: The ports to listen on, on every address of the host.
        seconds: How long.
        announce: Is given ``listening`` (ports) and ``in_use`` (port to reason) as soon as all ports were tried.
    """
    Path("/proc/self/comm").write_text(SURVEY)
    sockets: dict[int, socket.socket] = {}
    in_use: dict[int, str] = {}
    for port in ports:
        try:
            sockets[port] = _listener(port)
        except OSError as error:
            in_use[port] = os.strerror(error.errno or 0)
    with selectors.DefaultSelector() as selector:
        stopped = _stop_signal(selector)
        for listener in sockets.values():
            selector.register(listener, selectors.EVENT_READ)
        announce({"listening": sorted(sockets), "in_use": in_use})
        _serve(selector, stopped, time.monotonic() + seconds)
    for listener in sockets.values():
        listener.close()


def _serve(selector: selectors.BaseSelector, stopped: socket.socket, deadline: float) -> None:
    while (left := deadline - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            ready = key.fileobj
            if ready is stopped:
                return
            if isinstance(ready, socket.socket):
                connection, _ = ready.accept()
                connection.close()


def _listener(port: int) -> socket.socket:
    """Listen on IPv6 and IPv4 at once, on IPv4 alone where there is no IPv6."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG)
    return socket.create_server(("", port), backlog=_BACKLOG)


def _stop_signal(selector: selectors.BaseSelector) -> socket.socket:
    """Return a socket that becomes readable when SIGTERM comes; the selector watches it."""
    woken, waker = socket.socketpair()
    selector.register(woken, selectors.EVENT_READ)

    def stop(_number: int, _frame: FrameType | None) -> None:
        waker.close()

    signal.signal(signal.SIGTERM, stop)
    return woken

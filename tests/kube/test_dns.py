"""A question to a DNS server, answered by one that is not one."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rke_py.kube.dns import resolve

NAME = "kubernetes.default.svc.cluster.local"


@contextmanager
def server(answer: bytes) -> Iterator[int]:
    """Answer one question with these bytes, and end the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                (length,) = struct.unpack(">H", connection.recv(2))
                assert NAME.split(".")[0].encode() in connection.recv(length)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def message(code: int = 0, answers: int = 1) -> bytes:
    header = struct.pack(">6H", 0x524B, 0x8180 | code, 1, answers, 0, 0)
    return struct.pack(">H", len(header)) + header


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param(message(), "", id="found"),
        pytest.param(message(code=3, answers=0), "no such name", id="no such name"),
        pytest.param(message(code=9, answers=0), "code 9", id="odd"),
        pytest.param(message(answers=0), "has no address", id="no address"),
        pytest.param(b"", "did not answer", id="closed"),
        pytest.param(message()[:6], "did not answer", id="cut"),
    ],
)
def test_what_a_server_says(answer: bytes, fault: str) -> None:
    with server(answer) as port:

        def dial(address: str, _port: int, timeout: float) -> socket.socket:
            return socket.create_connection((address, port), timeout)

        found = resolve(dial, "127.0.0.1", NAME, 5)
    assert fault in found
    assert bool(found) == bool(fault)


def test_a_server_that_is_away() -> None:
    def dial(address: str, port: int, timeout: float) -> socket.socket:
        raise ConnectionRefusedError("refused")

    assert resolve(dial, "10.43.0.10", NAME, 5) == "10.43.0.10 port 53: refused"

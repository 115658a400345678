"""One question to a DNS server, over TCP and through a host: RFC 1035, sections 4.1 and 4.2.2."""

from __future__ import annotations

import struct

from rke_py.errors import Unreachable
from rke_py.kube.streams import Dial, Stream

_PORT = 53
_ID = 0x524B
_RECURSE = 0x0100
_ADDRESS, _INTERNET = 1, 1
_CODES = {1: "format error", 2: "server failure", 3: "no such name", 5: "refused"}


def resolve(dial: Dial, server: str, name: str, timeout: float) -> str:
    """Ask for a name's address; return why there was no answer, nothing when there was one.

    Args:
        dial: Streams from the host that asks.
        server: The server's address.
        name: An absolute name.
        timeout: Seconds for connecting and for each read.
    """
    try:
        stream = dial(server, _PORT, timeout)
    except (OSError, Unreachable) as error:
        return f"{server} port {_PORT}: {error}"
    try:
        stream.settimeout(timeout)
        message = _question(name)
        stream.sendall(struct.pack(">H", len(message)) + message)
        (length,) = struct.unpack(">H", _read(stream, 2))
        return _fault(_read(stream, length), server, name)
    except (OSError, struct.error) as error:
        return f"{server} did not answer: {error}"
    finally:
        stream.close()


def _question(name: str) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    header = struct.pack(">6H", _ID, _RECURSE, 1, 0, 0, 0)
    return header + labels + b"\0" + struct.pack(">2H", _ADDRESS, _INTERNET)


def _fault(answer: bytes, server: str, name: str) -> str:
    _, flags, _, answers, _, _ = struct.unpack(">6H", answer[:12])
    code = flags & 0xF
    if code:
        return f"{server} answered for {name}: {_CODES.get(code, f'code {code}')}"
    return "" if answers else f"{server} has no address for {name}"


def _read(stream: Stream, size: int) -> bytes:
    data = b""
    while len(data) < size and (piece := stream.recv(size - len(data))):
        data += piece
    return data

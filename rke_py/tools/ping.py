"""ICMP echo to many addresses at once, small and as large as the path ought to take."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Mapping, Sequence

_ECHO, _REPLY = 8, 0
_HEADERS = 28
"""Bytes of the IPv4 and the ICMP header."""

_SMALL = 84
_AGAIN = 0.3
_MTU_DISCOVER, _DO = 10, 2
"""IP_MTU_DISCOVER and IP_PMTUDISC_DO of Linux: no router may cut a packet into pieces."""


def ping(addresses: Sequence[str], size: int, seconds: float) -> dict[str, dict[str, bool]]:
    """Return for each address whether it answered a small packet, and one of ``size`` bytes that may not be cut.

    Args:
        addresses: IPv4 addresses.
        size: Bytes of the large packet, with its headers.
        seconds: How long to wait for answers at most.
    """
    sizes = (_SMALL, max(size, _SMALL + 1))
    wanted = dict(enumerate((address, length) for address in addresses for length in sizes))
    answered: set[int] = set()
    identity, until, next_try = os.getpid() & 0xFFFF, time.monotonic() + seconds, 0.0
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        raw.setsockopt(socket.IPPROTO_IP, _MTU_DISCOVER, _DO)
        while len(answered) < len(wanted) and (now := time.monotonic()) < until:
            if now >= next_try:
                _send(raw, identity, {n: key for n, key in wanted.items() if n not in answered})
                next_try = now + _AGAIN
            raw.settimeout(max(0.01, min(next_try, until) - time.monotonic()))
            try:
                number = answer_to(raw.recv(65535), identity)
            except TimeoutError:
                continue
            answered |= {number} if number in wanted else set()
    return {
        address: {"small": number in answered, "large": number + 1 in answered}
        for number, (address, length) in wanted.items()
        if length == _SMALL
    }


def _send(raw: socket.socket, identity: int, wanted: Mapping[int, tuple[str, int]]) -> None:
    for number, (address, length) in wanted.items():
        try:
            raw.sendto(request(identity, number, length), (address, 0))
        except OSError:  # no route, or larger than the path is known to take: no answer comes
            continue


def request(identity: int, number: int, length: int) -> bytes:
    """Return an echo request that makes a packet of so many bytes."""
    payload = bytes(length - _HEADERS)
    bare = struct.pack(">BBHHH", _ECHO, 0, 0, identity, number) + payload
    return struct.pack(">BBHHH", _ECHO, 0, _checksum(bare), identity, number) + payload


def answer_to(packet: bytes, identity: int) -> int | None:
    """Return the number of the request that a packet answers, None when it is none of ours."""
    start = (packet[0] & 0xF) * 4
    if len(packet) < start + 8:
        return None
    kind, _, _, whose, number = struct.unpack(">BBHHH", packet[start : start + 8])
    return int(number) if kind == _REPLY and whose == identity else None


def _checksum(data: bytes) -> int:
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(~total & 0xFFFF)

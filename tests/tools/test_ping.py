"""Echo requests and their answers as packets."""

from __future__ import annotations

import struct

import pytest

from rke_py.tools.network import paths_of
from rke_py.tools.ping import answer_to, request

IP_HEADER = b"\x45" + bytes(19)


def reply(message: bytes, kind: int = 0) -> bytes:
    return IP_HEADER + bytes([kind]) + message[1:]


def test_a_request_makes_a_packet_of_its_length() -> None:
    assert len(IP_HEADER + request(7, 1, 1450)) == 1450


def test_a_request_has_a_right_checksum() -> None:
    message = request(7, 3, 1451)
    padded = message + b"\0" * (len(message) % 2)
    total = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    assert (total & 0xFFFF) + (total >> 16) in (0xFFFF, 0x1FFFE)


@pytest.mark.parametrize(
    ("packet", "number"),
    [
        pytest.param(reply(request(7, 3, 84)), 3, id="ours"),
        pytest.param(reply(request(8, 3, 84)), None, id="another process's"),
        pytest.param(reply(request(7, 3, 84), kind=8), None, id="a request"),
        pytest.param(IP_HEADER + b"\0" * 4, None, id="short"),
    ],
)
def test_an_answer_is_told_from_others(packet: bytes, number: int | None) -> None:
    assert answer_to(packet, 7) == number


ETH0 = {"ifname": "eth0", "mtu": 1500, "addr_info": [{"family": "inet", "local": "10.0.0.1"}]}
FLANNEL = {"ifname": "flannel.1", "mtu": 1450, "addr_info": [{"family": "inet", "local": "10.42.1.0"}]}
BARE = {"ifname": "flannel.1", "mtu": 1450, "addr_info": []}
ROUTES = [{"dst": "default", "dev": "eth0"}]


@pytest.mark.parametrize(
    ("links", "routes", "found"),
    [
        pytest.param([ETH0, FLANNEL], ROUTES, ("10.42.1.0", 1450, 1500), id="flannel"),
        pytest.param([ETH0], ROUTES, ("", 0, 1500), id="no pod network"),
        pytest.param([ETH0, BARE], ROUTES, ("", 0, 1500), id="no address"),
        pytest.param([ETH0, FLANNEL], [], ("10.42.1.0", 1450, 0), id="no default route"),
    ],
)
def test_where_the_pod_network_leads(links, routes, found) -> None:
    assert tuple(paths_of(links, routes).values()) == found

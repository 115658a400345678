from __future__ import annotations

from datetime import timedelta

import pytest

from rke_py.errors import Unreachable
from rke_py.transport.host import SshHost
from rke_py.transport.interface import PortState

from .sshd import Refusal, Sshd

PORTS = {
    ("10.0.0.1", 1): Refusal(2, "Connection refused"),
    ("10.0.0.1", 2): Refusal(2, "Connection timed out"),
    ("10.0.0.1", 3): Refusal(2, "No route to host"),
    ("10.0.0.1", 4): Refusal(1, "open failed"),
    ("10.0.0.1", 5): Refusal(4, "resource shortage"),
}


@pytest.mark.parametrize(
    ("address", "port", "state"),
    [
        ("127.0.0.1", 2379, PortState.OPEN),
        ("10.0.0.1", 1, PortState.REFUSED),
        ("10.0.0.1", 2, PortState.TIMED_OUT),
        ("10.0.0.1", 3, PortState.TIMED_OUT),
        ("10.0.0.1", 4, PortState.NOT_CHECKED),
        ("10.0.0.1", 5, PortState.NOT_CHECKED),
    ],
)
def test_what_a_port_check_finds(host: SshHost, sshd: Sshd, address: str, port: int, state: PortState) -> None:
    sshd.tcp |= PORTS
    assert host.port(address, port, 5) is state


def test_a_port_that_does_not_answer_in_time(host: SshHost, sshd: Sshd) -> None:
    sshd.answers.clear()
    assert host.port("10.0.0.1", 6443, 0.01) is PortState.TIMED_OUT


@pytest.mark.parametrize(
    ("port", "error", "words"),
    [
        (1, ConnectionRefusedError, "node-1 to 10.0.0.1 port 1: Connection refused"),
        (3, ConnectionError, "No route to host"),
        (4, Unreachable, "sshd does not forward to 10.0.0.1 port 4"),
    ],
)
def test_why_a_stream_is_not_opened(host: SshHost, sshd: Sshd, port: int, error: type[Exception], words: str) -> None:
    sshd.tcp |= PORTS
    with pytest.raises(error, match=words):
        host.dial("10.0.0.1", port, 5)


def test_forbidden_forwarding_names_the_settings(host: SshHost, sshd: Sshd) -> None:
    sshd.tcp |= PORTS
    with pytest.raises(Unreachable) as error:
        host.dial("10.0.0.1", 4, 5)
    assert "AllowTcpForwarding yes" in error.value.hint
    assert "rke's authorized_keys" in error.value.hint


def test_a_stream_carries_bytes_both_ways(host: SshHost) -> None:
    stream = host.dial("127.0.0.1", 2379, 5)
    stream.sendall(b"hello")
    assert stream.recv(5) == b"hello"
    stream.close()


def test_a_lost_connection_is_opened_again_to_dial(host: SshHost, sshd: Sshd) -> None:
    sshd.cut()
    host.dial("127.0.0.1", 2379, 5).close()
    assert sshd.handshakes == 2


def test_the_clock_is_asked_for_once(host: SshHost, sshd: Sshd) -> None:
    assert host.clock_offset == timedelta(seconds=3.278859)
    assert host.clock_offset is host.clock_offset

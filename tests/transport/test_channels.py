from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable, Iterator

import paramiko
import pytest
from paramiko.channel import Channel
from paramiko.common import cMSG_IGNORE

from rke_py.transport.channels import CONNECT_FAILED, PROHIBITED, ChannelRefused, ConnectionLost, HostTransport
from rke_py.transport.interface import Output

from .sshd import Refusal, Sshd, echo


@pytest.fixture
def transport(sshd: Sshd, user_key: str) -> Iterator[HostTransport]:
    transport = HostTransport(socket.create_connection(("127.0.0.1", sshd.port)))
    transport.start_client()
    transport.auth_publickey("rke", paramiko.Ed25519Key.from_private_key(io.StringIO(user_key)))
    yield transport
    transport.close()
    transport.join()


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (
            paramiko.Transport,
            [
                "_active_check_timeout",
                "_next_channel",
                "_send_user_message",
                "_parse_channel_open_success",
                "_parse_channel_open_failure",
                "_parse_request_success",
                "_parse_request_failure",
            ],
        ),
        (Channel, ["_set_transport", "_set_window", "_event_pending", "_wait_for_event"]),
    ],
)
def test_the_private_names_of_paramiko_that_channels_uses_are_where_they_were(owner: type, names: list[str]) -> None:
    assert [name for name in names if not hasattr(owner, name)] == []


def test_writing_to_a_connection_that_is_gone_fails_as_on_any_stream(sshd: Sshd, transport: HostTransport) -> None:
    sshd.unix["/run/some.sock"] = echo
    channel = transport.open_unix("/run/some.sock", timeout=5)
    channel.settimeout(5)
    transport.packetizer.close()  # what its own thread does when it notices
    with pytest.raises(OSError, match="closed"):
        channel.sendall(b"x" * 1_000_000)


def test_its_own_thread_ends_without_a_fault_when_it_can_send_no_answer_any_more(transport: HostTransport) -> None:
    """Pytest fails a test whose thread ends with an exception."""

    def answer() -> None:
        transport.packetizer.close()
        transport._send_user_message(paramiko.Message(cMSG_IGNORE))

    transport.packetizer.set_keepalive(0.001, answer)
    transport.join(10)
    assert not transport.is_alive()


def test_a_transport_of_paramiko_still_keeps_its_channels_where_channels_looks(transport: HostTransport) -> None:
    attributes = ["_channels", "channel_events", "channels_seen", "packetizer", "saved_exception", "lock"]
    assert [name for name in attributes if not hasattr(transport, name)] == []


def test_a_unix_socket_is_reached(transport: HostTransport, sshd: Sshd) -> None:
    sshd.unix["/run/some.sock"] = echo
    channel = transport.open_unix("/run/some.sock", 5)
    channel.sendall(b"hello")
    assert channel.recv(5) == b"hello"


def test_a_port_is_reached_and_its_end_is_seen(transport: HostTransport) -> None:
    channel = transport.open_tcp("127.0.0.1", 2379, 5)
    channel.sendall(b"hello")
    channel.shutdown_write()
    channel.settimeout(5)
    assert channel.recv(5) == b"hello"
    assert channel.recv(5) == b""


def test_a_stream_that_stays_silent_times_out(transport: HostTransport) -> None:
    channel = transport.open_tcp("127.0.0.1", 2379, 5)
    channel.settimeout(0.01)
    with pytest.raises(TimeoutError):
        channel.recv(1)


def test_a_command_line_keeps_its_words_apart(transport: HostTransport, sshd: Sshd) -> None:
    sshd.commands["test", "-w", "/run/a b;c.sock"] = Output(exit_code=0, stdout="yes", stderr="")
    assert transport.open_command(["test", "-w", "/run/a b;c.sock"], 5).recv(3) == b"yes"


def test_every_channel_gets_its_own_refusal_although_they_are_asked_for_at_once(
    transport: HostTransport, sshd: Sshd
) -> None:
    sshd.tcp |= {("10.0.0.1", port): Refusal(port % 2 + 1, f"reason {port}") for port in range(40)}
    seen: dict[int, tuple[int, str]] = {}

    def ask(port: int) -> None:
        with pytest.raises(ChannelRefused) as refused:
            transport.open_tcp("10.0.0.1", port, 5)
        seen[port] = (refused.value.code, refused.value.reason)

    threads = [threading.Thread(target=ask, args=(port,)) for port in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {port: (port % 2 + 1, f"reason {port}") for port in range(40)}


@pytest.mark.parametrize("code", [PROHIBITED, CONNECT_FAILED])
def test_the_servers_words_are_kept(transport: HostTransport, sshd: Sshd, code: int) -> None:
    sshd.tcp["10.0.0.1", 6443] = Refusal(code, "No route to host")
    with pytest.raises(ChannelRefused, match="No route to host") as refused:
        transport.open_tcp("10.0.0.1", 6443, 5)
    assert refused.value.code == code


def test_a_server_without_sessions_is_told_from_a_lost_one(transport: HostTransport, sshd: Sshd) -> None:
    sshd.sessions = False
    with pytest.raises(ChannelRefused):
        transport.open_command(["id"], 5)
    assert transport.is_active()


def test_a_channel_that_is_not_opened_in_time_is_closed_when_it_comes_after_all(
    transport: HostTransport, sshd: Sshd
) -> None:
    closed = threading.Event()

    def until_closed(channel: paramiko.Channel) -> None:
        channel.recv(1)
        closed.set()

    sshd.tcp["10.0.0.1", 6443] = until_closed
    sshd.answers.clear()
    with pytest.raises(TimeoutError):
        transport.open_tcp("10.0.0.1", 6443, 0.01)
    sshd.answers.set()
    assert closed.wait(5)


def test_a_command_that_is_not_started_in_time_is_not_waited_for(transport: HostTransport, sshd: Sshd) -> None:
    sshd.commands["id",] = Output(exit_code=0, stdout="me", stderr="")
    sshd.starts.clear()
    with pytest.raises(TimeoutError):
        transport.open_command(["id"], 0.1)
    sshd.starts.set()
    assert transport.open_command(["id"], 5).recv(2) == b"me"


def test_a_refusal_that_comes_too_late_is_not_taken_for_another_channels(transport: HostTransport, sshd: Sshd) -> None:
    sshd.answers.clear()
    with pytest.raises(TimeoutError):
        transport.open_tcp("10.0.0.1", 1, 0.01)
    sshd.answers.set()
    assert transport.open_tcp("127.0.0.1", 2379, 5).active


@pytest.mark.parametrize(
    "ask", [lambda t: t.open_unix("/x", 5), lambda t: t.open_tcp("a", 1, 5), lambda t: t.open_command(["id"], 5)]
)
def test_a_lost_connection_is_an_error_of_its_own(
    transport: HostTransport, sshd: Sshd, ask: Callable[[HostTransport], object]
) -> None:
    sshd.cut()
    transport.join()
    with pytest.raises(ConnectionLost):
        ask(transport)


def test_a_connection_lost_while_a_channel_is_awaited(transport: HostTransport, sshd: Sshd) -> None:
    sshd.answers.clear()
    cut = threading.Thread(target=transport.close)
    cut.start()
    with pytest.raises((ConnectionLost, ChannelRefused)):
        transport.open_tcp("10.0.0.1", 1, 30)
    cut.join()


def test_a_server_that_answers_questions_is_kept(transport: HostTransport) -> None:
    for _ in range(10):
        transport.keep_alive(0.001, 2)
        assert transport.open_tcp("127.0.0.1", 2379, 5).active


def test_a_server_that_answers_nothing_is_given_up(sshd: Sshd, transport: HostTransport) -> None:
    sshd.answers.clear()
    with pytest.raises(TimeoutError):  # blocks the server's thread, which then answers nothing at all
        transport.open_tcp("10.0.0.1", 1, 0.01)
    transport.keep_alive(0.001, 1)
    transport.join()
    assert not transport.is_active()


def test_closing_ends_the_thread(transport: HostTransport) -> None:
    transport.close()
    transport.join(5)
    assert not transport.is_alive()

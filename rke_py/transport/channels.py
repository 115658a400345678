"""SSH channels as hosts need them: to a unix socket, to a port, to a program; the only user of paramiko's inside.

paramiko cannot ask for OpenSSH's ``direct-streamlocal@openssh.com`` (its PROTOCOL file, section 2.4), keeps one
failure for all the channels that are being opened at once, drops sshd's reason text, and never notices a peer that
went silent. The private names that mending this takes are used here and nowhere else;
``tests/transport/test_channels.py`` fails when a release of paramiko moves them.
"""

from __future__ import annotations

import shlex
import socket
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import paramiko
from paramiko.channel import Channel
from paramiko.common import cMSG_CHANNEL_OPEN, cMSG_CHANNEL_REQUEST, cMSG_GLOBAL_REQUEST
from paramiko.message import Message
from typing_extensions import override

PROHIBITED = 1
"""SSH_OPEN_ADMINISTRATIVELY_PROHIBITED of RFC 4254, section 5.1."""

CONNECT_FAILED = 2
"""SSH_OPEN_CONNECT_FAILED: sshd tried and could not; for unix sockets OpenSSH also says this when it may not try."""

RESOURCE_SHORTAGE = 4
"""SSH_OPEN_RESOURCE_SHORTAGE: the server has no descriptors or no memory left."""


class ChannelRefused(paramiko.SSHException):
    """The server did not open a channel.

    Attributes:
        code: RFC 4254's reason code.
        reason: The server's own words, such as ``Connection refused``.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class ConnectionLost(paramiko.SSHException):
    """The SSH connection under a channel is gone."""


class HostTransport(paramiko.Transport):
    """A paramiko Transport that opens every kind of channel with a time-out of its own and keeps each one's failure.

    Args:
        sock: A connected socket, or a channel of the connection to a bastion.
    """

    # How often its thread wakes to see whether it was closed: three hundred idle connections at paramiko's tenth of
    # a second would keep a core busy. ``close`` shuts the socket down, so nobody waits for it.
    _active_check_timeout = 1.0

    _channels: Any
    _next_channel: Callable[[], int]

    def __init__(self, sock: socket.socket | Channel) -> None:
        super().__init__(sock)
        self._refusals: dict[int, ChannelRefused] = {}
        self._abandoned: dict[int, Channel] = {}  # paramiko itself holds channels weakly
        self._unanswered = 0

    def open_unix(self, path: str, timeout: float) -> Channel:
        """Open a stream to a unix socket of the host; raises ChannelRefused, ConnectionLost, TimeoutError."""
        details = Message()
        details.add_string(path)
        details.add_string("")  # reserved
        details.add_int(0)  # reserved
        return self._open("direct-streamlocal@openssh.com", details, timeout)

    def open_tcp(self, address: str, port: int, timeout: float) -> Channel:
        """Open a stream from the host to a port; raises ChannelRefused, ConnectionLost, TimeoutError."""
        details = Message()
        details.add_string(address)
        details.add_int(port)
        details.add_string("127.0.0.1")  # the originator, for sshd's log only
        details.add_int(0)
        return self._open("direct-tcpip", details, timeout)

    def open_command(self, command: Sequence[str], timeout: float) -> Channel:
        """Start a program with the user's login shell; raises ChannelRefused, ConnectionLost, TimeoutError."""
        channel = self._open("session", Message(), timeout)
        channel.settimeout(timeout)
        try:
            self._start(channel, shlex.join(command), timeout)
        except TimeoutError:
            channel.close()
            raise
        except (paramiko.SSHException, EOFError, OSError) as refusal:
            channel.close()
            if not self.is_active():
                raise ConnectionLost(str(refusal) or "the connection is closed") from refusal
            raise ChannelRefused(PROHIBITED, "the server refused to run a command") from refusal
        return channel

    def keep_alive(self, interval: float, unanswered: int) -> None:
        """Ask the server for an answer whenever ``interval`` seconds were quiet; close after so many without one."""
        transport = weakref.proxy(self)

        def ask() -> None:
            transport._ask_for_life(unanswered)

        self.packetizer.set_keepalive(interval, ask)

    @override
    def close(self) -> None:
        """Close the connection and every channel of it."""
        if isinstance(self.sock, socket.socket):
            # Wakes the transport's thread, which may be waiting for the peer.
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)
        super().close()

    def _send_user_message(self, data: Message) -> None:
        """Send a message of a channel.

        Raises:
            ConnectionResetError: The connection is gone. paramiko says so by EOFError and SSHException, which whoever
                writes to a stream would not take for a fault of it; its own thread expects just these.
        """
        try:
            super()._send_user_message(data)  # type: ignore[misc]
        except (EOFError, paramiko.SSHException) as fault:
            if threading.current_thread() is self:
                raise
            raise ConnectionResetError(str(fault) or "the SSH connection is closed") from fault

    def _open(self, kind: str, details: Message, timeout: float) -> Channel:
        opened = threading.Event()
        with self.lock:
            number = self._next_channel()
            channel = Channel(number)
            self._channels.put(number, channel)
            self.channel_events[number] = opened
            self.channels_seen[number] = True
            channel._set_transport(self)  # type: ignore[attr-defined]
            channel._set_window(self.default_window_size, self.default_max_packet_size)  # type: ignore[attr-defined]
        request = Message()
        request.add_byte(cMSG_CHANNEL_OPEN)
        request.add_string(kind)
        request.add_int(number)
        request.add_int(self.default_window_size)
        request.add_int(self.default_max_packet_size)
        try:
            self._send_user_message(Message(request.asbytes() + details.asbytes()))
        except (paramiko.SSHException, EOFError, OSError) as fault:
            self.close()  # its thread has not noticed yet
            raise ConnectionLost(str(fault) or "the connection is closed") from fault
        self._wait_until_opened(channel, opened, timeout)
        return channel

    def _wait_until_opened(self, channel: Channel, opened: threading.Event, timeout: float) -> None:
        end = time.monotonic() + timeout
        # A dying transport sets the events of the channels it knows; one asked for at that very moment is missed.
        while self.is_active() and not opened.wait(max(0.0, min(0.5, end - time.monotonic()))):
            if time.monotonic() >= end and self._abandon(channel, opened):
                raise TimeoutError(f"the server did not open a channel within {timeout:g} s")
        refusal = self._refusals.pop(channel.get_id(), None)
        if refusal is not None:
            raise refusal
        if not self.is_active():
            raise ConnectionLost(str(self.get_exception() or "the connection is closed"))

    def _start(self, channel: Channel, command: str, timeout: float) -> None:
        """Ask for a program, as ``exec_command`` of paramiko's does, which waits for the answer without end."""
        request = Message()
        request.add_byte(cMSG_CHANNEL_REQUEST)
        request.add_int(channel.remote_chanid)
        request.add_string("exec")
        request.add_boolean(True)
        request.add_string(command)
        channel._event_pending()  # type: ignore[attr-defined]
        self._send_user_message(request)
        if not channel.event.wait(timeout):
            raise TimeoutError(f"the server did not start a command within {timeout:g} s")
        channel._wait_for_event()  # type: ignore[attr-defined]

    def _abandon(self, channel: Channel, opened: threading.Event) -> bool:
        with self.lock:
            if opened.is_set():
                return False
            self._abandoned[channel.get_id()] = channel
            return True

    def _parse_channel_open_success(self, message: Message) -> None:
        number = message.get_int()
        message.rewind()
        super()._parse_channel_open_success(message)  # type: ignore[misc]
        abandoned = self._abandoned.pop(number, None)
        if abandoned is not None:
            abandoned.close()

    def _parse_channel_open_failure(self, message: Message) -> None:
        number, code, reason = message.get_int(), message.get_int(), message.get_text()
        message.rewind()
        self._refusals[number] = ChannelRefused(code, reason)
        super()._parse_channel_open_failure(message)  # type: ignore[misc]
        if self._abandoned.pop(number, None) is not None:
            self._refusals.pop(number, None)

    def _ask_for_life(self, most: int) -> None:
        if self._unanswered >= most:
            self.saved_exception = ConnectionLost("the server stopped answering")
            self.close()
            return
        self._unanswered += 1
        request = Message()
        request.add_byte(cMSG_GLOBAL_REQUEST)
        request.add_string("keepalive@openssh.com")
        request.add_boolean(True)
        self._send_user_message(request)

    def _parse_request_success(self, message: Message) -> None:
        self._unanswered = 0
        super()._parse_request_success(message)  # type: ignore[misc]

    def _parse_request_failure(self, message: Message) -> None:
        self._unanswered = 0  # "no such request" is as good an answer as any
        super()._parse_request_failure(message)  # type: ignore[misc]

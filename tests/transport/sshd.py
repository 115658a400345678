"""An SSH server in this process: paramiko's server side, with OpenSSH's unix-socket channels and refusal texts."""

from __future__ import annotations

import shlex
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import paramiko
from paramiko.common import MSG_CHANNEL_REQUEST, cMSG_CHANNEL_OPEN_FAILURE
from paramiko.message import Message

from rke_py.transport.interface import Output

Serve = Callable[[paramiko.Channel], None]
"""Has one end of a channel; it is closed when this returns."""


@dataclass(frozen=True)
class Refusal:
    """How the server answers instead of opening a channel."""

    code: int
    text: str = "open failed"


def echo(channel: paramiko.Channel) -> None:
    while data := channel.recv(65536):
        channel.sendall(data)


@dataclass
class Sshd:
    """What the server does.

    Attributes:
        accepts: Wire form of the public keys that may log in.
        unix: What answers at each socket path; other paths fail as OpenSSH's do.
        tcp: What answers at each address and port; others refuse.
        commands: What each command line does; others are not found.
        sessions: Whether commands run at all.
        unanswered: Addresses and ports that it goes on trying to reach.
        answers: Set while it answers channel requests.
        starts: Set while it starts commands.
        users: Who logged in.
        tried: How many keys were shown.
        agent_asked_for: Whether somebody wanted to forward an agent.
    """

    host_key: paramiko.PKey
    accepts: list[bytes] = field(default_factory=list)
    methods: str = "publickey"
    unix: dict[str, Serve | Refusal] = field(default_factory=dict)
    tcp: dict[tuple[str, int], Serve | Refusal] = field(default_factory=dict)
    commands: dict[tuple[str, ...], Output | Serve] = field(default_factory=dict)
    sessions: bool = True
    unanswered: set[tuple[str, int]] = field(default_factory=set)
    answers: threading.Event = field(default_factory=threading.Event)
    starts: threading.Event = field(default_factory=threading.Event)
    users: set[str] = field(default_factory=set)
    tried: int = 0
    agent_asked_for: bool = False
    handshakes: int = 0
    opened: list[paramiko.Channel] = field(default_factory=list)
    started: dict[paramiko.Channel, Serve] = field(default_factory=dict)
    port: int = 0
    _transports: list[paramiko.Transport] = field(default_factory=list)

    def cut(self) -> None:
        """Drop every connection, as a reboot or a lost cable does."""
        transports, self._transports = self._transports, []
        for transport in transports:
            transport.close()
            transport.join()

    def run(self, command: str) -> Output | Serve:
        words = tuple(shlex.split(command))
        return self.commands.get(words, Output(exit_code=127, stdout="", stderr=f"{words[0]}: command not found"))


@contextmanager
def serving(sshd: Sshd) -> Iterator[Sshd]:
    """Listen on a port of the loopback."""
    sshd.answers.set()
    sshd.starts.set()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sshd.port = listener.getsockname()[1]
        thread = threading.Thread(target=_accept, args=(listener, sshd))
        thread.start()
        try:
            yield sshd
        finally:
            sshd.answers.set()
            sshd.starts.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            sshd.cut()


def _accept(listener: socket.socket, sshd: Sshd) -> None:
    with suppress(OSError):
        while True:
            sock, _ = listener.accept()
            sshd.handshakes += 1
            transport = _Server(sock, sshd)
            sshd._transports.append(transport)
            with suppress(paramiko.SSHException, EOFError, OSError):
                transport.start_server(event=threading.Event(), server=_Rules(sshd))


class _Server(paramiko.Transport):
    """paramiko's server side reads neither a socket's path nor sends a refusal's text."""

    def __init__(self, sock: socket.socket, sshd: Sshd) -> None:
        super().__init__(sock)
        self.add_server_key(sshd.host_key)
        self._sshd = sshd
        self._channel_handler_table = {**self._channel_handler_table, MSG_CHANNEL_REQUEST: self._request}

    def _request(self, channel: paramiko.Channel, message: Message) -> None:
        channel._handle_request(message)  # sends the reply, which must come before what the program writes
        serve = self._sshd.started.pop(channel, None)
        if serve is not None:
            threading.Thread(target=_serve, args=(channel, serve), daemon=True).start()

    def _parse_channel_open(self, message: Message) -> None:
        kind, number = message.get_text(), message.get_int()
        message.get_int(), message.get_int()
        self._sshd.answers.wait()
        answer: Serve | Refusal | None = None
        if kind == "direct-streamlocal@openssh.com":
            answer = self._sshd.unix.get(message.get_text(), Refusal(2))
        elif kind == "direct-tcpip":
            target = (message.get_text(), message.get_int())
            if target in self._sshd.unanswered:
                return
            answer = self._sshd.tcp.get(target, Refusal(2, "Connection refused"))
        elif not self._sshd.sessions:
            answer = Refusal(2)
        if isinstance(answer, Refusal):
            self._refuse(number, answer)
            return
        message.rewind()
        super()._parse_channel_open(message)
        channel = self.accept(0)
        self._sshd.opened.append(channel)
        if answer is not None:
            threading.Thread(target=_serve, args=(channel, answer), daemon=True).start()

    def _refuse(self, number: int, refusal: Refusal) -> None:
        message = Message()
        message.add_byte(cMSG_CHANNEL_OPEN_FAILURE)
        message.add_int(number)
        message.add_int(refusal.code)
        message.add_string(refusal.text)
        message.add_string("en")
        self._send_message(message)


class _Rules(paramiko.ServerInterface):
    def __init__(self, sshd: Sshd) -> None:
        self._sshd = sshd

    def get_allowed_auths(self, username: str) -> str:
        return self._sshd.methods

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self._sshd.tried += 1
        accepted = key.asbytes() in self._sshd.accepts
        self._sshd.users |= {username} if accepted else set()
        return paramiko.AUTH_SUCCESSFUL if accepted else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_forward_agent_request(self, channel: paramiko.Channel) -> bool:
        self._sshd.agent_asked_for = True
        return False

    def check_channel_direct_tcpip_request(self, *_: object) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self._sshd.starts.wait()
        answer = self._sshd.run(command.decode())
        self._sshd.started[channel] = _printer(answer) if isinstance(answer, Output) else answer
        return True


def _serve(channel: paramiko.Channel, serve: Serve) -> None:
    with suppress(OSError, EOFError, paramiko.SSHException):
        try:
            serve(channel)
        finally:
            channel.close()


def _printer(output: Output) -> Serve:
    def serve(channel: paramiko.Channel) -> None:
        channel.sendall(output.stdout.encode())
        channel.sendall_stderr(output.stderr.encode())
        channel.send_exit_status(output.exit_code)

    return serve


def tunnel(ports: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], Serve | Refusal]:
    """Return what forwards each address and port to a port of this machine, as a bastion does."""
    return {destination: _forwarder(port) for destination, port in ports.items()}


def _forwarder(port: int) -> Serve:
    def serve(channel: paramiko.Channel) -> None:
        with socket.create_connection(("127.0.0.1", port)) as sock:
            back = threading.Thread(target=_pump, args=(sock.recv, channel.sendall), daemon=True)
            back.start()
            _pump(channel.recv, sock.sendall)
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            back.join()

    return serve


def _pump(receive: Callable[[int], bytes], send: Callable[[bytes], object]) -> None:
    with suppress(OSError, EOFError):
        while data := receive(65536):
            send(data)

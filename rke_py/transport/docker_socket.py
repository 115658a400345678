"""The way from an SSH connection to Docker's socket: a stream channel, else ``docker system dial-stdio``."""

from __future__ import annotations

import threading
from contextlib import suppress
from enum import Enum

import paramiko
from paramiko.channel import Channel

from rke_py.errors import EngineError
from rke_py.transport.channels import ChannelRefused, HostTransport
from rke_py.transport.commands import finish
from rke_py.transport.docker_diagnosis import diagnose
from rke_py.transport.interface import Output
from rke_py.transport.link import Link

_PING = b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n"


class Way(Enum):
    """How Docker is reached on a host."""

    STREAM = "stream channel"
    COMMAND = "docker system dial-stdio"


class DockerSocket:
    """A host's Docker socket; several threads use it at once.

    Args:
        link: The connection to the host.
        path: The socket's path there.
        user: Who is logged in there, for errors.
        timeout: Seconds for opening a channel.
    """

    def __init__(self, link: Link, path: str, user: str, timeout: float) -> None:
        self._link = link
        self._path = path
        self._user = user
        self._timeout = timeout
        self._way: Way | None = None
        self._lock = threading.Lock()

    def dial(self) -> Channel:
        """Open a stream to Docker.

        Raises:
            Unreachable: There is no connection to the host.
            ConnectionLost: It was lost, and the next one too.
            EngineError: Docker cannot be reached over it; with the cause and the setting that mends it.
        """
        try:
            return self._link.channel(self._open)
        except TimeoutError as fault:
            hint = "The host is overloaded, or its sshd hangs; a new run starts with a new connection."
            raise EngineError(self._link.host, "sshd did not open a channel to Docker in time", hint=hint) from fault

    def _open(self, transport: HostTransport) -> Channel:
        with self._lock:
            if self._way is None:
                self._way = self._find_way(transport)
        if self._way is Way.STREAM:
            try:
                return transport.open_unix(self._path, self._timeout)
            except ChannelRefused as refusal:
                raise self._cause(transport, refusal, None) from refusal
        try:
            return transport.open_command(_dial_stdio(self._path), self._timeout)
        except ChannelRefused as refusal:
            hint = "MaxSessions in sshd_config must be 10 (its default) or more where it forbids stream forwarding."
            what = "sshd opens no further session for docker system dial-stdio"
            raise EngineError(self._link.host, what, evidence=[refusal.reason], hint=hint) from refusal

    def _find_way(self, transport: HostTransport) -> Way:
        try:
            transport.open_unix(self._path, self._timeout).close()
            return Way.STREAM
        except ChannelRefused as refusal:
            failure = _try_command(transport, self._path, self._timeout)
            if failure is not None:
                raise self._cause(transport, refusal, failure) from refusal
        return Way.COMMAND

    def _cause(self, transport: HostTransport, refusal: ChannelRefused, dialled: Output | None) -> EngineError:
        found = diagnose(transport, self._path, self._user, dialled, self._timeout)
        evidence = [f"sshd on a stream to {self._path}: {refusal.reason}", *found.evidence]
        return EngineError(self._link.host, found.what, evidence=evidence, hint=found.hint)


def _dial_stdio(path: str) -> tuple[str, ...]:
    # The socket is named, or the client would follow a DOCKER_HOST or a context of that user.
    return ("docker", "--host", f"unix://{path}", "system", "dial-stdio")


def _try_command(transport: HostTransport, path: str, timeout: float) -> Output | None:
    """Ask Docker for a sign of life through its client program; None when it gave one."""
    try:
        channel = transport.open_command(_dial_stdio(path), timeout)
    except ChannelRefused as refusal:
        return Output(exit_code=-1, stdout="", stderr=refusal.reason)
    try:
        with suppress(OSError):  # it has ended already: its last words tell why
            channel.sendall(_PING)
        if channel.recv(16).startswith(b"HTTP/1.1 200"):
            return None
        return finish(channel, timeout)
    except (TimeoutError, OSError, paramiko.SSHException) as fault:
        return Output(exit_code=-1, stdout="", stderr=str(fault))
    finally:
        channel.close()

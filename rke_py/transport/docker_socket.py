"""The way from an SSH connection to Docker's socket: a stream channel, else ``docker system dial-stdio``.

OpenSSH answers every failure to open a unix socket with the same two words, "open failed": forbidden, missing, not
permitted and not listening look alike. So when neither way works, a few harmless commands find out which it is.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from enum import Enum

import paramiko
from paramiko.channel import Channel

from rke_py.errors import EngineError
from rke_py.transport.channels import PROHIBITED, ChannelRefused, HostTransport
from rke_py.transport.commands import finish, run_command
from rke_py.transport.interface import Output
from rke_py.transport.link import Link

_PING = b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n"


class Way(Enum):
    """How Docker is reached on a host."""

    STREAM = "stream channel"
    COMMAND = "docker system dial-stdio"


class DockerSocket:
    """A host's Docker socket.

    Args:
        link: The connection to the host.
        path: The socket's path there.
        user: Who logs in, for errors.
        timeout: Seconds for opening a channel.
    """

    def __init__(self, link: Link, path: str, user: str, timeout: float) -> None:
        self._link = link
        self._path = path
        self._user = user
        self._timeout = timeout
        self._way: Way | None = None
        self._lock = threading.Lock()

    @property
    def way(self) -> Way | None:
        """How Docker is reached; None until it was."""
        return self._way

    def dial(self) -> Channel:
        """Open a stream to Docker; raises Unreachable, ConnectionLost, and EngineError with the cause."""
        transport = self._link.transport()
        try:
            with self._lock:
                if self._way is None:
                    self._way = self._find_way(transport)
            if self._way is Way.STREAM:
                return transport.open_unix(self._path, self._timeout)
            return transport.open_command(_dial_stdio(self._path), self._timeout)
        except ChannelRefused as refusal:
            raise self._cause(transport, refusal, None) from refusal
        except TimeoutError as fault:
            hint = "The host is overloaded, or its sshd hangs; a new run starts with a new connection."
            raise EngineError(self._link.host, "sshd did not open a channel to Docker in time", hint=hint) from fault

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
        seen = _look(transport, self._path, self._timeout)
        if dialled is not None and "connection refused" in dialled.stderr:
            seen = replace(seen, docker_runs=False)
        evidence = [f"sshd on a stream to {self._path}: {refusal.reason}"]
        if dialled is not None:
            evidence.append(f"docker system dial-stdio: {_last_words(dialled)}")
        what, hint = _judge(seen, self._path, self._user)
        return EngineError(self._link.host, what, evidence=[*evidence, *seen.evidence], hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a few commands on the host showed."""

    commands: bool
    exists: bool = False
    writable: bool = False
    docker_runs: bool = True
    forwards: bool = False
    evidence: tuple[str, ...] = ()


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
        channel.sendall(_PING)
        if channel.recv(16).startswith(b"HTTP/1.1 200"):
            return None
        return finish(channel, timeout)
    except (TimeoutError, OSError, paramiko.SSHException) as fault:
        return Output(exit_code=-1, stdout="", stderr=str(fault))
    finally:
        channel.close()


def _look(transport: HostTransport, path: str, timeout: float) -> Sight:
    try:
        # A login shell such as nologin answers every command with the same refusal: ask what is always true first.
        shell = run_command(transport, ("test", "-d", "/"), timeout)
        if shell.exit_code != 0:
            return Sight(commands=False, evidence=(f"a command on the host: {_last_words(shell)}",))
        exists = run_command(transport, ("test", "-e", path), timeout).exit_code == 0
        writable = run_command(transport, ("test", "-w", path), timeout).exit_code == 0
        groups = run_command(transport, ("id",), timeout)
        daemon = run_command(transport, ("pidof", "dockerd"), timeout)
    except (ChannelRefused, TimeoutError) as fault:
        return Sight(commands=False, evidence=(f"a command on the host: {fault}",))
    return Sight(
        commands=True,
        exists=exists,
        writable=writable,
        docker_runs=daemon.exit_code != 1,  # 127 where there is no pidof
        forwards=_forwards(transport, timeout),
        evidence=(f"id: {groups.stdout}",) if exists and not writable else (),
    )


def _last_words(output: Output) -> str:
    lines = (output.stderr or output.stdout).splitlines()
    return lines[-1] if lines else f"exit status {output.exit_code}"


def _forwards(transport: HostTransport, timeout: float) -> bool:
    """Tell whether sshd forwards TCP at all; whether something listens does not matter."""
    try:
        transport.open_tcp("127.0.0.1", 22, timeout).close()
    except ChannelRefused as refusal:
        return refusal.code != PROHIBITED
    except TimeoutError:
        return True
    return True


def _judge(seen: Sight, path: str, user: str) -> tuple[str, str]:
    """Return what is wrong and what mends it."""
    client = "or install Docker's client program there, so that docker system dial-stdio works"
    if not seen.commands:
        return (
            "sshd does not open Docker's socket, and runs no command that could tell why",
            "Check that sshd_config has AllowStreamLocalForwarding yes and AllowTcpForwarding yes, that "
            f"{user} is in the group docker, and that Docker runs; a login shell for {user} would tell which it is.",
        )
    if not seen.exists:
        return (
            f"there is no Docker socket at {path}",
            "Install and start Docker (systemctl enable --now docker), or correct nodes[].docker_socket.",
        )
    if not seen.writable:
        return (
            f"{user} may not use Docker's socket {path}",
            f"Add the user to the socket's group on the host: usermod -aG docker {user}",
        )
    if not seen.docker_runs:
        return (
            "Docker is not running",
            "Start it on the host: systemctl start docker (journalctl -u docker says why not).",
        )
    if not seen.forwards:
        return (
            "sshd forbids all forwarding, so Docker cannot be reached",
            "Set DisableForwarding no, AllowTcpForwarding yes and AllowStreamLocalForwarding yes in sshd_config, and "
            f"remove restrict and no-port-forwarding from {user}'s authorized_keys.",
        )
    return (
        f"sshd does not open Docker's socket {path}",
        f"Set AllowStreamLocalForwarding yes in sshd_config, {client}; if it is set, Docker may not be listening.",
    )

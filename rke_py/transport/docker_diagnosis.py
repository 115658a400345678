"""Why Docker's socket cannot be opened on a host.

OpenSSH answers every failure to open a unix socket with the same two words, "open failed": forbidden, missing, not
permitted and not listening look alike. A few harmless commands on the host find out which it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from rke_py.transport.channels import PROHIBITED, ChannelRefused, HostTransport
from rke_py.transport.commands import run_command
from rke_py.transport.interface import Output


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What is wrong, what shows it, and what mends it."""

    what: str
    hint: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """What a few commands on the host showed."""

    commands: bool
    exists: bool = False
    writable: bool = False
    listening: bool = True
    forwards: bool = False
    evidence: tuple[str, ...] = ()


def diagnose(transport: HostTransport, path: str, user: str, dialled: Output | None, timeout: float) -> Diagnosis:
    """Find out why a stream to Docker's socket was not opened.

    Args:
        transport: The connection to the host.
        path: The socket's path.
        user: Who is logged in.
        dialled: What ``docker system dial-stdio`` ended with; None when it was not tried.
        timeout: Seconds for each command.

    Raises:
        ConnectionLost: The connection went away meanwhile.
    """
    seen = _look(transport, path, timeout)
    evidence = seen.evidence
    if dialled is not None:
        evidence = (f"docker system dial-stdio: {_last_words(dialled)}", *evidence)
        if "connection refused" in dialled.stderr:
            seen = replace(seen, listening=False)
    return replace(_judge(seen, path, user), evidence=evidence)


def _look(transport: HostTransport, path: str, timeout: float) -> _Sight:
    try:
        # A login shell such as nologin answers every command with the same refusal: ask what is always true first.
        shell = run_command(transport, ("test", "-d", "/"), timeout)
        if shell.exit_code != 0:
            return _Sight(commands=False, evidence=(f"a command on the host: {_last_words(shell)}",))
        exists = run_command(transport, ("test", "-e", path), timeout).exit_code == 0
        writable = run_command(transport, ("test", "-w", path), timeout).exit_code == 0
        groups = run_command(transport, ("id",), timeout)
        # A socket file without a listener, left by a Docker that crashed, is not in this list.
        listening = run_command(transport, ("grep", "-qF", PurePosixPath(path).name, "/proc/net/unix"), timeout)
    except (ChannelRefused, TimeoutError) as fault:
        return _Sight(commands=False, evidence=(f"a command on the host: {fault}",))
    return _Sight(
        commands=True,
        exists=exists,
        writable=writable,
        listening=listening.exit_code != 1,  # above 1: grep could not tell
        forwards=_forwards(transport, timeout),
        evidence=(f"id: {groups.stdout}",) if exists and not writable else (),
    )


def _forwards(transport: HostTransport, timeout: float) -> bool:
    """Tell whether sshd forwards TCP at all; whether something listens does not matter."""
    try:
        transport.open_tcp("127.0.0.1", 22, timeout).close()
    except ChannelRefused as refusal:
        return refusal.code != PROHIBITED
    except TimeoutError:
        return True
    return True


def _judge(seen: _Sight, path: str, user: str) -> Diagnosis:
    if not seen.commands:
        return Diagnosis(
            what="sshd does not open Docker's socket, and runs no command that could tell why",
            hint="Check that sshd_config has AllowStreamLocalForwarding yes and AllowTcpForwarding yes, that "
            f"{user} is in the group docker, and that Docker runs; a login shell for {user} would tell which it is.",
        )
    if not seen.exists:
        return Diagnosis(
            what=f"Docker is not installed or not running: there is no socket {path}",
            hint="Install and start Docker (systemctl enable --now docker), or correct nodes[].docker_socket.",
        )
    if not seen.writable:
        return Diagnosis(
            what=f"{user} may not use Docker's socket {path}",
            hint=f"Add the user to the socket's group on the host: usermod -aG docker {user}",
        )
    if not seen.listening:
        return Diagnosis(
            what="Docker is not running",
            hint="Start it on the host: systemctl start docker (journalctl -u docker says why not).",
        )
    if not seen.forwards:
        return Diagnosis(
            what="sshd forbids all forwarding, so Docker cannot be reached",
            hint="Set DisableForwarding no, AllowTcpForwarding yes and AllowStreamLocalForwarding yes in sshd_config, "
            f"and remove restrict and no-port-forwarding from {user}'s authorized_keys.",
        )
    return Diagnosis(
        what=f"sshd does not open Docker's socket {path}",
        hint="Set AllowStreamLocalForwarding yes in sshd_config, or install Docker's client program there.",
    )


def _last_words(output: Output) -> str:
    lines = (output.stderr or output.stdout).splitlines()
    return lines[-1] if lines else f"exit status {output.exit_code}"

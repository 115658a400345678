"""An sshd of our own: a port of the loopback, its keys and settings in one folder, stopped by its process."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.commands import NotMeasured

_ADDRESS = "127.0.0.1"
_SEPARATION = Path("/run/sshd")
_START_SECONDS, _STOP_SECONDS, _POLL_SECONDS = 20.0, 20.0, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Sshd:
    """A server that listens.

    Attributes:
        key: Private key file that it accepts.
        host_key: Its public key, ``ssh-ed25519 AAAA…``.
        log: Where it writes.
    """

    address: str
    port: int
    user: str
    key: Path
    host_key: str
    log: Path

    def handshakes(self) -> int:
        """Return how many connections it has taken so far."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return sum(line.startswith("Connection from ") for line in lines)


@contextmanager
def serving(folder: Path, connections: int) -> Iterator[Sshd]:
    """Run an sshd for so many connections at once.

    Raises:
        NotMeasured: There is no sshd here, or it does not start.
    """
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise NotMeasured("there is no sshd on this machine")
    server = _prepared(folder)
    config = folder / "sshd_config"
    config.write_text(_settings(server, folder, connections))
    made = _make_separation_folder()
    # An absolute path: sshd starts itself anew for each connection.
    process = subprocess.Popen([program, "-D", "-f", str(config), "-E", str(server.log)], stdin=subprocess.DEVNULL)
    try:
        _await(process, server)
        yield server
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)
        if made:
            _SEPARATION.rmdir()


def _prepared(folder: Path) -> Sshd:
    for name in ("host_key", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / name], check=True)
    (folder / "authorized_keys").write_text((folder / "key.pub").read_text())
    with socket.create_server((_ADDRESS, 0)) as listener:
        port = listener.getsockname()[1]
    return Sshd(
        address=_ADDRESS,
        port=port,
        user=getpass.getuser(),
        key=folder / "key",
        host_key=(folder / "host_key.pub").read_text().strip(),
        log=folder / "sshd.log",
    )


def _settings(server: Sshd, folder: Path, connections: int) -> str:
    settings = {
        "ListenAddress": f"{server.address}:{server.port}",
        "HostKey": str(folder / "host_key"),
        "AuthorizedKeysFile": str(folder / "authorized_keys"),
        "AllowUsers": server.user,
        "AuthenticationMethods": "publickey",
        "PermitRootLogin": "prohibit-password",
        "StrictModes": "no",  # the folder is below one that everybody may write to
        "UsePAM": "no",
        "UseDNS": "no",
        "PidFile": "none",
        "LogLevel": "VERBOSE",
        "MaxStartups": str(2 * connections),
        "LoginGraceTime": "600",
        "PrintMotd": "no",
    }
    return "".join(f"{name} {value}\n" for name, value in settings.items())


def _make_separation_folder() -> bool:
    """Make the folder that root's sshd locks its unprivileged half in; tell whether it was missing."""
    if os.geteuid() or _SEPARATION.exists():
        return False
    _SEPARATION.mkdir(mode=0o755)
    return True


def _await(process: subprocess.Popen[bytes], server: Sshd) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with socket.create_connection((server.address, server.port), 1) as probe:
                probe.recv(64)  # the banner: its line in the log is written by now
        except OSError as refusal:
            if process.poll() is not None or time.monotonic() > deadline:
                said = server.log.read_text("utf-8", "replace") if server.log.exists() else ""
                raise NotMeasured(f"sshd does not answer: {refusal}\n{said}") from refusal
        else:
            return
        time.sleep(_POLL_SECONDS)

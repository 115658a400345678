"""Docker that listens on a port instead of a unix socket: ``docker_socket: tcp://127.0.0.1:2376``.

The port is reached over the host's SSH connection and is what the host itself calls it. Whether TLS is spoken says the
operator's environment, as for Docker's own client: ``DOCKER_CERT_PATH`` names the folder with ca.pem, cert.pem and
key.pem, ``DOCKER_TLS_VERIFY`` alone means ``~/.docker``. The server's certificate is verified in either case.
"""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from paramiko.channel import Channel
from typing_extensions import override
from urllib3.util.ssltransport import SSLTransport

from rke_py.errors import EngineError, UsageError
from rke_py.transport.channels import PROHIBITED, ChannelRefused
from rke_py.transport.link import Link

SCHEME = "tcp://"


def certificates_of(environment: Mapping[str, str], home: Path) -> Path | None:
    """Return the folder with the certificates for Docker's port; None where Docker is spoken to without TLS."""
    if folder := environment.get("DOCKER_CERT_PATH"):
        return Path(folder)
    return home / ".docker" if environment.get("DOCKER_TLS_VERIFY") else None


def tls_of(folder: Path) -> ssl.SSLContext:
    """Return what verifies Docker's certificate and shows ours; raises UsageError when the folder is of no use."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(folder / "ca.pem")
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    except (OSError, ssl.SSLError) as fault:
        hint = (
            "Set DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem, or unset it for Docker without TLS."
        )
        raise UsageError(f"the certificates for Docker in {folder} cannot be read: {fault}", hint=hint) from fault
    return context


class DockerPort:
    """A host's Docker behind a port; several threads use it at once.

    Args:
        link: The connection to the host.
        url: ``nodes[].docker_socket``.
        tls: What verifies and is shown; None for none.
        timeout: Seconds for opening a channel, and for each step of the handshake.
    """

    def __init__(self, link: Link, url: str, tls: ssl.SSLContext | None, timeout: float) -> None:
        parts = urlsplit(url)
        self._link = link
        self._url = url
        self._address, self._port = parts.hostname or "", parts.port or 0
        self._tls = tls
        self._timeout = timeout

    def dial(self) -> Any:
        """Open a stream to Docker.

        Raises:
            Unreachable: There is no connection to the host.
            ConnectionLost: It was lost, and the next one too.
            EngineError: Docker cannot be reached over it; with the cause and the setting that mends it.
        """
        try:
            channel = self._link.channel(lambda transport: transport.open_tcp(self._address, self._port, self._timeout))
        except ChannelRefused as refusal:
            raise self._refused(refusal) from refusal
        except TimeoutError as fault:
            hint = "Correct nodes[].docker_socket: it is the address by which the host itself reaches its Docker."
            raise self._fault(f"nothing answers at {self._url} in time", hint) from fault
        return channel if self._tls is None else self._secured(channel, self._tls)

    def _secured(self, channel: Channel, tls: ssl.SSLContext) -> TlsChannel:
        channel.settimeout(self._timeout)
        try:
            return TlsChannel(channel, tls, self._address)
        except ssl.SSLCertVerificationError as fault:
            channel.close()
            hint = (
                f"ca.pem in DOCKER_CERT_PATH must have signed Docker's certificate, and that must name {self._address}."
            )
            raise self._fault(
                f"Docker's certificate at {self._url} is not trusted", hint, fault.verify_message
            ) from fault
        except (ssl.SSLError, OSError) as fault:
            channel.close()
            hint = "Docker speaks TLS there only with tlsverify in daemon.json; without it unset DOCKER_CERT_PATH and "
            hint += "DOCKER_TLS_VERIFY."
            raise self._fault(f"no TLS connection can be made with Docker at {self._url}", hint, str(fault)) from fault

    def _refused(self, refusal: ChannelRefused) -> EngineError:
        if refusal.code == PROHIBITED:
            hint = "Set AllowTcpForwarding yes (or local) in sshd_config, with no PermitOpen against it."
            return self._fault(f"sshd does not forward to {self._url}", hint, refusal.reason)
        hint = "Docker listens there only when hosts in /etc/docker/daemon.json says so; else correct docker_socket."
        return self._fault(f"Docker does not listen at {self._url}", hint, refusal.reason)

    def _fault(self, what: str, hint: str, *evidence: str) -> EngineError:
        return EngineError(self._link.host, what, evidence=evidence, hint=hint)


class TlsChannel(SSLTransport):
    """TLS on a channel, with what urllib3 and docker-py ask of a channel."""

    def __init__(self, channel: Channel, tls: ssl.SSLContext, name: str) -> None:
        self._channel = channel
        super().__init__(channel, tls, server_hostname=name)  # type: ignore[arg-type]

    @property
    def closed(self) -> bool:
        """True when the channel is."""
        return bool(self._channel.closed)

    @property
    def eof_received(self) -> bool:
        """True when nothing more will come."""
        return bool(self._channel.eof_received)

    def recv_ready(self) -> bool:
        """Tell whether bytes wait that nobody asked for."""
        return self._channel.recv_ready()

    def shutdown_write(self) -> None:
        """Send no more: Docker takes the goodbye of TLS for the end of what it reads."""
        with suppress(ssl.SSLWantReadError):  # the peer's own goodbye is not waited for
            self.sslobj.unwrap()
        self._channel.sendall(self.outgoing.read())

    @override
    def makefile(self, mode: str, *_: Any, **__: Any) -> Any:
        return _Reader(self)

    def _decref_socketios(self) -> None:
        """Nobody counts the readers: the connection is closed by its pool."""


class _Reader(io.BufferedReader):
    """What http.client reads; docker-py looks for the channel behind it."""

    def __init__(self, channel: TlsChannel) -> None:
        super().__init__(socket.SocketIO(channel, "r"))  # type: ignore[arg-type]
        self.channel = channel

"""A TLS server in this process, and a Dial that leads to it through sockets that hide their descriptor."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pydantic import SecretStr

from rke_py.kube.tls import Tls
from rke_py.pki.model import Credential


@dataclass(frozen=True)
class Issuer:
    """A small CA for tests."""

    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def subject(self) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])

    def ca(self) -> Credential:
        builder = self._builder(self.subject, self.key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        return _credential(self.name, builder.sign(self.key, hashes.SHA256()), self.key)

    def leaf(self, name: str, *addresses: str, ended: bool = False) -> Credential:
        """Issue a certificate for server and client use, valid for these IP addresses, or no more."""
        key = ec.generate_private_key(ec.SECP256R1())
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = (
            self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key.public_key(), ended=ended)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(ip)) for ip in addresses]), False
            )
        )
        return _credential(name, builder.sign(self.key, hashes.SHA256()), key)

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, ended: bool = False
    ) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC) - dt.timedelta(days=1 if ended else 0)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(minutes=5))
            .not_valid_after(now + dt.timedelta(hours=1))
        )


def _credential(name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Credential:
    return Credential(
        name=name,
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key=SecretStr(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode()
        ),
    )


class Blind:
    """A stream like an SSH channel: bytes, time-outs, and no file descriptor."""

    def __init__(self, raw: socket.socket) -> None:
        self._raw = raw

    def recv(self, size: int) -> bytes:
        return self._raw.recv(size)

    def sendall(self, data: bytes) -> None:
        self._raw.sendall(data)

    def settimeout(self, seconds: float | None) -> None:
        self._raw.settimeout(seconds)

    def close(self) -> None:
        self._raw.close()


class Server(ThreadingHTTPServer):
    """Serves a handler on loopback; remembers every connection so that a test can cut them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.context = context
        self.accepted: list[socket.socket] = []
        self.dials = 0
        self.closed = threading.Event()

    @property
    def port(self) -> int:
        return self.server_address[1]

    def get_request(self):
        raw, address = super().get_request()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms for an ACK
        connection = raw
        if self.context:
            connection = self.context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
        self.accepted.append(connection)
        return connection, address

    def handle_error(self, request, client_address) -> None:
        """Stay silent: handshakes that fail are what some tests are about."""

    def shutdown_request(self, request) -> None:
        """Say goodbye as Go's server does before closing, without waiting for the client's."""
        request.settimeout(0)
        if isinstance(request, ssl.SSLSocket):
            with suppress(OSError, ValueError):
                request.unwrap()
        super().shutdown_request(request)
        self.closed.set()

    def cut(self) -> None:
        """Drop every connection without a goodbye, as a killed process does."""
        cutting, self.accepted = self.accepted, []  # a client that comes back at once is not cut off again
        for connection in cutting:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def dial(self, address: str, port: int, timeout: float) -> Blind:
        """Lead every address to this server, as if it were the host's loopback."""
        self.dials += 1
        return Blind(socket.create_connection(("127.0.0.1", self.port), timeout))


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> Iterator[Server]:
    with Server(handler, context) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
            server.cut()


def server_context(leaf: Credential, client_ca: Credential | None, folder: Path) -> ssl.SSLContext:
    """Return a server's context; with ``client_ca`` every client has to show a certificate of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = folder / "server.pem"
    pem.write_text(leaf.certificate + leaf.key.get_secret_value())
    context.load_cert_chain(pem)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=client_ca.certificate)
    return context


@dataclass(frozen=True)
class Pki:
    """A CA, a server certificate for 127.0.0.1, a client certificate."""

    issuer: Issuer = field(default_factory=lambda: Issuer("test-ca"))

    @property
    def ca(self) -> Credential:
        return self.issuer.ca()

    def tls(self, *, client: bool = True, server_name: str = "") -> Tls:
        if not client:
            return Tls(ca_pem=self.ca.certificate, server_name=server_name)
        shown = self.issuer.leaf("kube-admin")
        return Tls(ca_pem=self.ca.certificate, certificate=shown.certificate, key=shown.key, server_name=server_name)

    def server(self, folder: Path) -> ssl.SSLContext:
        return server_context(self.issuer.leaf("server", "127.0.0.1"), self.ca, folder)

"""HTTP over a Dial: the one place where requests become bytes on streams to a host."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterable, Iterator
from typing import Any, cast

import httpcore2
import httpx2
from typing_extensions import override

from rke_py.errors import Unreachable
from rke_py.kube.streams import Dial, Stream
from rke_py.kube.tls import Tls, TlsStream, mapped

_DIAL_SECONDS = 10.0
_CONNECTIONS = 32
_IDLE_SECONDS = 60.0

_NAMES = (
    "ConnectTimeout",
    "ReadTimeout",
    "WriteTimeout",
    "PoolTimeout",
    "ConnectError",
    "ReadError",
    "WriteError",
    "LocalProtocolError",
    "RemoteProtocolError",
    "UnsupportedProtocol",
)
_ERRORS: dict[type[Exception], type[httpx2.TransportError]] = {
    getattr(httpcore2, name): getattr(httpx2, name) for name in _NAMES
}


# httpx2 wants a context for connections that it would make itself. It makes none, and loading the system's
# certificates takes longer than a request: this one trusts nobody.
_NOWHERE = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def http_client(dial: Dial, *, tls: Tls | None, timeout: float, base_url: str = "") -> httpx2.Client:
    """Return a client whose connections all go through ``dial``; safe to use from several threads.

    Neither proxies nor certificates of the environment are looked at.

    Args:
        dial: Opens the connections; asked for the host and port of each URL.
        tls: Needed for ``https``; None for plain HTTP.
        timeout: Seconds for each connect, read and write.
        base_url: Put before every relative URL.
    """
    return httpx2.Client(
        transport=DialTransport(dial, tls),
        base_url=base_url,
        timeout=timeout,
        trust_env=False,
        verify=_NOWHERE,
    )


class DialTransport(httpx2.BaseTransport):
    """httpx2's way out, on a pool of connections that a Dial opens."""

    def __init__(self, dial: Dial, tls: Tls | None) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls.context() if tls else _NOWHERE,
            network_backend=_Backend(dial, tls.server_name if tls else ""),
            max_connections=_CONNECTIONS,
            keepalive_expiry=_IDLE_SECONDS,
        )

    @override
    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; the body of the response is read as it is iterated."""
        with _translated():
            response = self._pool.handle_request(
                httpcore2.Request(
                    method=request.method,
                    url=httpcore2.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=cast(Iterable[bytes], request.stream),
                    extensions=request.extensions,
                )
            )
        return httpx2.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    @override
    def close(self) -> None:
        """Close every connection of the pool."""
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    """A response's body, read from the connection piece by piece."""

    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    @override
    def __iter__(self) -> Iterator[bytes]:
        with _translated():
            yield from cast(Iterable[bytes], self._response.stream)

    @override
    def close(self) -> None:
        self._response.close()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except tuple(_ERRORS) as error:
        raise _ERRORS[type(error)](str(error)) from error


class _Backend(httpcore2.NetworkBackend):
    """Opens connections through a Dial instead of the operator's own network."""

    def __init__(self, dial: Dial, server_name: str) -> None:
        self._dial = dial
        self._server_name = server_name

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        with mapped(httpcore2.ConnectTimeout, httpcore2.ConnectError):
            try:
                stream = self._dial(host, port, _DIAL_SECONDS if timeout is None else timeout)
            except Unreachable as error:
                raise httpcore2.ConnectError(str(error)) from error
        return _PlainStream(stream, self._server_name)


class _PlainStream(httpcore2.NetworkStream):
    """A dialled stream as the pool wants it, until TLS is put on it."""

    def __init__(self, stream: Stream, server_name: str) -> None:
        self._stream = stream
        self._server_name = server_name

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with mapped(httpcore2.ReadTimeout, httpcore2.ReadError):
            self._stream.settimeout(timeout)
            return self._stream.recv(max_bytes)

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with mapped(httpcore2.WriteTimeout, httpcore2.WriteError):
            self._stream.settimeout(timeout)
            self._stream.sendall(buffer)

    @override
    def close(self) -> None:
        self._stream.close()

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return TlsStream(self._stream, ssl_context, self._server_name or server_hostname, timeout)

    @override
    def get_extra_info(self, info: str) -> Any:
        return None

"""TLS over streams that have no file descriptor: PEM texts in, verified byte streams out.

``SSLContext.wrap_socket`` needs a file descriptor, which an SSH channel does not have; ``wrap_bio`` leaves moving
the bytes to us.
"""

from __future__ import annotations

import contextlib
import os
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpcore2
from pydantic import SecretStr
from typing_extensions import override

from rke_py.kube.streams import Stream
from rke_py.pki.model import Bundle

T = TypeVar("T")

_CHUNK = 65536
_GOODBYE_SECONDS = 1.0
_NO_CHECK_TIME = 0x200000
"""OpenSSL's ``X509_V_FLAG_NO_CHECK_TIME``, which Python has no name for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Whom to trust and what to show.

    Attributes:
        ca_pem: Certificates of the only CAs that may have signed the server's.
        certificate, key: What we show, PEM; both empty to show nothing.
        server_name: A name or IP address that the server's certificate must carry; empty means the dialled address.
            An empty ``ca_pem`` believes any certificate, for a program on the host's own loopback that signed itself.
        ended: Whether a certificate will do whose time is over; who signed it is verified all the same.
    """

    ca_pem: str
    certificate: str = ""
    key: SecretStr = field(default=SecretStr(""), repr=False)
    server_name: str = ""
    ended: bool = False

    @classmethod
    def of(cls, bundle: Bundle, *, ca: str, client: str = "", server_name: str = "") -> Tls:
        """Take the CA and the client certificate out of a cluster's credentials by their inventory names."""
        ca_pem = bundle[ca].certificate
        if not client:
            return cls(ca_pem=ca_pem, server_name=server_name)
        shown = bundle[client]
        return cls(ca_pem=ca_pem, certificate=shown.certificate, key=shown.key, server_name=server_name)

    def context(self) -> ssl.SSLContext:
        """Return a context that verifies chain and name, and knows no CA but ours."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if not self.ca_pem:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        # A user's own CA may be an intermediate one; Go trusts it as it stands, so do we.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        if self.ended:
            context.verify_flags |= _NO_CHECK_TIME
        context.load_verify_locations(cadata=self.ca_pem)
        if self.certificate:
            with _readable_once(f"{self.certificate}\n{self.key.get_secret_value()}") as path:
                context.load_cert_chain(path)
        return context


@contextlib.contextmanager
def _readable_once(text: str) -> Iterator[str]:
    """Give a text a path for as long as OpenSSL needs one: in memory where the system can, else a private file."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("pem", os.MFD_CLOEXEC)
        with open(descriptor, "wb") as memory:
            memory.write(text.encode())
            memory.flush()
            yield f"/proc/self/fd/{descriptor}"
    else:
        descriptor, path = tempfile.mkstemp()  # mode 0600
        try:
            with open(descriptor, "wb") as file:
                file.write(text.encode())
            yield path
        finally:
            Path(path).unlink()


@contextlib.contextmanager
def mapped(timed_out: type[Exception], failed: type[Exception]) -> Iterator[None]:
    """Translate a stream's errors to those that the HTTP pool understands."""
    try:
        yield
    except TimeoutError as error:
        raise timed_out(str(error) or "timed out") from error
    except OSError as error:
        raise failed(str(error) or type(error).__name__) from error


class TlsStream(httpcore2.NetworkStream):
    """A verified TLS connection on a stream; one thread at a time reads or writes.

    Args:
        stream: The bytes below; closed when the handshake fails.
        context: See ``Tls.context``.
        server_name: The name or IP address that the server's certificate must carry.
        timeout: Seconds for the whole handshake.
    """

    def __init__(self, stream: Stream, context: ssl.SSLContext, server_name: str | None, timeout: float | None) -> None:
        self._stream = stream
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._busy = threading.Lock()
        self._ahead = b""
        try:
            with mapped(httpcore2.ConnectTimeout, httpcore2.ConnectError):
                self._drive(self._tls.do_handshake, timeout)
        except (httpcore2.ConnectTimeout, httpcore2.ConnectError):
            stream.close()
            raise

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return some bytes, none after the peer's close_notify; an end without one is an error (truncation)."""
        with self._busy, mapped(httpcore2.ReadTimeout, httpcore2.ReadError):
            if self._ahead:
                taken, self._ahead = self._ahead[:max_bytes], self._ahead[max_bytes:]
                return taken
            try:
                return self._drive(partial(self._tls.read, max_bytes), timeout)
            except ssl.SSLZeroReturnError:
                return b""

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything; ``timeout`` is for each piece of 64 KiB."""
        with self._busy, mapped(httpcore2.WriteTimeout, httpcore2.WriteError):
            for start in range(0, len(buffer), _CHUNK):
                self._drive(partial(self._tls.write, buffer[start : start + _CHUNK]), timeout)

    @override
    def close(self) -> None:
        """Say goodbye when nobody is reading or writing, then close the stream."""
        if self._busy.acquire(blocking=False):
            with contextlib.suppress(OSError):
                self._goodbye()
            self._busy.release()
        self._stream.close()

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Refuse: nothing here speaks TLS in TLS."""
        raise NotImplementedError("TLS in TLS")

    @override
    def get_extra_info(self, info: str) -> Any:
        """Answer what the pool asks: the TLS object, and whether something waits to be read."""
        if info == "ssl_object":
            return self._tls
        return self._readable() if info == "is_readable" else None

    def _drive(self, operation: Callable[[], T], timeout: float | None) -> T:
        """Repeat an operation of the TLS object, moving bytes, until it is done."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                result = operation()
            except ssl.SSLWantReadError:
                self._flush(deadline)
                self._fill(deadline)
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    self._flush(deadline)  # the alert that tells the peer why
                raise
            else:
                self._flush(deadline)
                return result

    def _flush(self, deadline: float | None) -> None:
        if data := self._outgoing.read():
            self._stream.settimeout(_remaining(deadline))
            self._stream.sendall(data)

    def _fill(self, deadline: float | None) -> None:
        self._stream.settimeout(_remaining(deadline))
        if data := self._stream.recv(_CHUNK):
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _goodbye(self) -> None:
        with contextlib.suppress(ssl.SSLWantReadError):  # the peer's own goodbye is not waited for
            self._tls.unwrap()
        self._flush(time.monotonic() + _GOODBYE_SECONDS)

    def _readable(self) -> bool:
        """Tell without waiting whether data or the end has come: on an idle connection that means it is of no use.

        Bytes below TLS do not tell: TLS 1.3 sends session tickets whenever it likes.
        """
        if not self._busy.acquire(blocking=False):
            return False
        try:
            self._stream.settimeout(0)
            while True:
                try:
                    self._ahead += self._tls.read(_CHUNK)
                except ssl.SSLWantReadError:
                    data = self._stream.recv(_CHUNK)
                    if not data:
                        return True
                    self._incoming.write(data)
                else:
                    return True
        except (BlockingIOError, TimeoutError):
            return False
        except OSError:
            return True
        finally:
            self._busy.release()


def _remaining(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("timed out")
    return seconds

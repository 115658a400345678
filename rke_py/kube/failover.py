"""One HTTP transport over several API servers: the next one is asked when one does not answer."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx2
from typing_extensions import override

from rke_py.kube.http import DialTransport
from rke_py.kube.streams import Dial
from rke_py.kube.tls import Tls

API_PORT = 6443

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_IDEMPOTENT_PATCHES = frozenset({"application/apply-patch+yaml", "application/merge-patch+json"})
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An API server as seen from the host that carries it.

    Attributes:
        name: The host's name, for messages.
    """

    name: str
    dial: Dial
    address: str = "127.0.0.1"
    port: int = API_PORT

    @property
    def url(self) -> httpx2.URL:
        """Where it listens."""
        return httpx2.URL(scheme="https", host=self.address, port=self.port)


class FailoverTransport(httpx2.BaseTransport):
    """Sends each request to the API server that answered last; to the others when that one does not.

    A request that may have been carried out is sent again only when that does no harm. A request's own host is of no
    meaning: it is replaced by the endpoint's.
    """

    def __init__(self, endpoints: Sequence[Endpoint], tls: Tls) -> None:
        self._endpoints = tuple(endpoints)
        self._transports = tuple(DialTransport(endpoint.dial, tls) for endpoint in endpoints)
        self._current = 0
        self._lock = threading.Lock()

    @override
    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; raise the last endpoint's error when none took it."""
        fault: httpx2.TransportError = httpx2.ConnectError("there is no host with an API server", request=request)
        waiting, again = self._order(), set[int]()
        while waiting:
            index = waiting.popleft()
            try:
                response = self._transports[index].handle_request(self._addressed(request, index))
            except httpx2.TransportError as error:
                fault = type(error)(f"{self._endpoints[index].name}: {error}", request=request)
                fault.__cause__ = error
                if isinstance(error, _NEVER_SENT):
                    continue
                if not _harmless_twice(request):
                    raise fault from error
                if index not in again:  # its connection may have been closed while it was idle: the pool knows now
                    again.add(index)
                    waiting.append(index)
            else:
                self._prefer(index)
                return response
        raise fault

    def find(self, path: str, timeout: float) -> bool:
        """Prefer the first endpoint that answers ``path`` with 200 from now on; tell whether there is one."""
        for index in self._order():
            limits = httpx2.Timeout(timeout).as_dict()
            request = httpx2.Request("GET", f"https://any{path}", extensions={"timeout": limits})
            try:
                response = self._transports[index].handle_request(self._addressed(request, index))
                response.read()
            except httpx2.TransportError:
                continue
            response.close()
            if response.status_code == httpx2.codes.OK:
                self._prefer(index)
                return True
        return False

    def each(self, path: str, limits: Mapping[str, float | None]) -> Mapping[str, str]:
        """Return what every endpoint answers at a path, by its name; of those that answer with 200."""
        answers: dict[str, str] = {}
        for index, endpoint in enumerate(self._endpoints):
            request = httpx2.Request("GET", f"https://any{path}", extensions={"timeout": dict(limits)})
            try:
                response = self._transports[index].handle_request(self._addressed(request, index))
                text = response.read().decode(errors="replace")
            except httpx2.TransportError:
                continue
            response.close()
            if response.status_code == httpx2.codes.OK:
                answers[endpoint.name] = text
        return answers

    def _prefer(self, index: int) -> None:
        with self._lock:
            self._current = index

    def _order(self) -> deque[int]:
        """Return every endpoint once, from the one that answered last on."""
        with self._lock:
            first = self._current
        count = len(self._endpoints)
        return deque((first + step) % count for step in range(count))

    def _addressed(self, request: httpx2.Request, index: int) -> httpx2.Request:
        endpoint = self._endpoints[index]
        url = request.url.copy_with(scheme="https", host=endpoint.address, port=endpoint.port)
        headers = request.headers.copy()
        headers["Host"] = url.netloc.decode()
        return httpx2.Request(
            request.method, url, headers=headers, stream=request.stream, extensions=request.extensions
        )

    @override
    def close(self) -> None:
        """Close every connection to every endpoint."""
        for transport in self._transports:
            transport.close()


def _harmless_twice(request: httpx2.Request) -> bool:
    if request.method == "PATCH":
        return request.headers.get("Content-Type", "") in _IDEMPOTENT_PATCHES
    return request.method in _IDEMPOTENT

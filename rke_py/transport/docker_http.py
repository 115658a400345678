"""HTTP to a host's Docker over SSH channels: what docker-py's requests session is mounted on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

BASE_URL = "http+docker://ssh"
"""docker-py looks at this prefix to find the channel under a response."""


class ChannelAdapter(HTTPAdapter):
    """A requests adapter whose connections are channels.

    Args:
        dial: Opens a channel to Docker.
        most: Channels at once; a thread that needs one more waits for another's.
    """

    def __init__(self, dial: Callable[[], Any], most: int) -> None:
        super().__init__()
        self._pool = _ChannelPool(dial, most)

    @override
    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        return self._pool

    @override
    def request_url(self, request: requests.PreparedRequest, proxies: Mapping[str, str] | None) -> str:
        return request.path_url

    @override
    def close(self) -> None:
        self._pool.close()
        super().close()


class _ChannelConnection(HTTPConnection):
    """An HTTP connection over a channel, which is no socket and has no descriptor."""

    def __init__(self, *, dial: Callable[[], Any], **options: Any) -> None:
        super().__init__(**options)
        self._dial = dial

    @override
    def connect(self) -> None:
        self.sock: Any = self._dial()

    @property
    @override
    def is_connected(self) -> bool:
        # urllib3 polls a descriptor; paramiko would make a pipe for it, two descriptors for each channel.
        return self.sock is not None and not (self.sock.closed or self.sock.eof_received or self.sock.recv_ready())


class _ChannelPool(HTTPConnectionPool):
    def __init__(self, dial: Callable[[], Any], most: int) -> None:
        super().__init__("docker", maxsize=most, block=True)
        self._dial = dial

    @override
    def _new_conn(self) -> HTTPConnection:
        return _ChannelConnection(dial=self._dial, host=self.host)

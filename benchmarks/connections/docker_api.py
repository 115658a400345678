"""``python -m benchmarks.connections.docker_api SOCKET``: says of itself, on a Unix socket, what Docker says of itself.

A process of its own, so that its memory and threads are not counted as rke-py's.
"""

from __future__ import annotations

import json
import socketserver
import sys
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

_API = "1.47"
_VERSION = {"Version": "27.5.1", "ApiVersion": _API, "MinAPIVersion": "1.24"}
_INFO = {
    "ID": "benchmark",
    "Name": "benchmark",
    "OperatingSystem": "Debian GNU/Linux 13 (trixie)",
    "Architecture": "x86_64",
    "CgroupDriver": "cgroupfs",
    "CgroupVersion": "2",
    "SecurityOptions": ["name=seccomp,profile=builtin"],
    "NCPU": 2,
    "MemTotal": 4 * 2**30,
}


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 1024


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/_ping":
            self._send(200, b"OK", "text/plain")
        elif path.endswith("/version"):
            self._send(200, json.dumps(_VERSION).encode(), "application/json")
        elif path.endswith("/info"):
            now = datetime.now(UTC).isoformat()
            self._send(200, json.dumps({**_INFO, "SystemTime": now}).encode(), "application/json")
        else:
            self._send(404, b'{"message": "page not found"}', "application/json")

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_arguments: object) -> None:
        pass

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Api-Version", _API)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until killed."""
    with _Server(sys.argv[1], _Answer) as server:
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()

"""The program of the container that takes recurring snapshots, and tells over HTTP how it goes."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

from rke_py.tools.errors import ToolError
from rke_py.tools.etcd_line import EtcdLine, known_line
from rke_py.tools.files import SNAPSHOTS
from rke_py.tools.remote import S3Settings, s3_folder
from rke_py.tools.rolling import Rolling, Schedule

ADDRESS = "127.0.0.1"
_EVERY = 2.0


def serve(config: Path, port: int) -> None:
    """Take snapshots until SIGTERM.

    ``/livez`` answers 200 with how it goes, JSON; ``/healthz`` 503 once a snapshot, or its copy in S3, is late;
    ``/metrics`` the metrics.

    Args:
        config: The file with the schedule.
        port: Where to answer, on the host's loopback.
    """
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    rolling = Rolling(config, Path(SNAPSHOTS), _member, lambda s3: s3_folder(S3Settings.of(s3)), _now(), _say)
    server = ThreadingHTTPServer((ADDRESS, port), _handler(rolling))
    Thread(target=server.serve_forever, daemon=True).start()
    _say(f"recurring snapshots as {config} says")
    while not ended.wait(_EVERY):
        try:
            rolling.look(_now())
        except (ToolError, OSError) as error:
            rolling.record.error = str(error)
    server.shutdown()


def _member(schedule: Schedule) -> EtcdLine:
    given = schedule.given
    etcd = EtcdLine(
        line=given["line"],
        endpoint=given["endpoint"],
        own=given["certificate"].removesuffix(".pem"),
        ca=given["ca"],
        save_seconds=schedule.timeout,
    )
    line = known_line(etcd.member().version, etcd.line)
    return EtcdLine(line=line, endpoint=etcd.endpoint, own=etcd.own, ca=etcd.ca, save_seconds=schedule.timeout)


def _handler(rolling: Rolling) -> type[BaseHTTPRequestHandler]:
    def livez() -> tuple[HTTPStatus, str]:
        return HTTPStatus.OK, json.dumps(rolling.told(_now())) + "\n"

    def healthz() -> tuple[HTTPStatus, str]:
        told = rolling.told(_now())
        late = told["late"] or told["copy_late"]
        return HTTPStatus.SERVICE_UNAVAILABLE if late else HTTPStatus.OK, json.dumps(told) + "\n"

    def metrics() -> tuple[HTTPStatus, str]:
        return HTTPStatus.OK, rolling.metrics(_now())

    pages: dict[str, Callable[[], tuple[HTTPStatus, str]]] = {
        "/livez": livez,
        "/healthz": healthz,
        "/metrics": metrics,
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path)
            status, text = page() if page else (HTTPStatus.NOT_FOUND, "")
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing of who asked."""

    return Handler


def _now() -> datetime:
    return datetime.now(UTC)


def _say(line: str) -> None:
    sys.stdout.write(f"{_now():%Y-%m-%dT%H:%M:%SZ} {line}\n")
    sys.stdout.flush()

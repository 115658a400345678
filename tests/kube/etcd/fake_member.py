"""One etcd member's JSON gateway, with canned answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rke_py.kube.etcd.gateway import Gateway
from rke_py.kube.streams import Dial, Stream

from ..server import Pki, serving
from .test_snapshot import stream

BIG = 0xF2266956884E2D65  # more than a signed 64-bit number holds
PKI = Pki()


def member(number: int, name: str, *, learner: bool = False) -> dict[str, Any]:
    """A member as the gateway lists it: numbers as text, what is false left out."""
    listed = {"ID": str(number), "name": name, "peerURLs": ["https://10.0.0.1:2380"], "clientURLs": []}
    return listed | ({"isLearner": True} if learner else {})


@dataclass
class FakeMember:
    own: int
    listed: list[dict[str, Any]] | None
    cluster: int = 0xABC
    leader: int = 1
    learner: bool = False
    health: tuple[int, str] = (200, '{"health":"true"}')
    alarms: list[dict[str, str]] = field(default_factory=list)
    stored: dict[str, bytes] = field(default_factory=dict)
    refusal: Mapping[str, Any] | None = None
    asked: list[tuple[str, Any]] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def range(self, body: Mapping[str, str]) -> dict[str, Any]:
        """Answer ``kv/range``: keys from one to another, so many."""
        first, end = (base64.b64decode(body[name]).decode() for name in ("key", "range_end"))
        found = sorted(key for key in self.stored if first <= key < end)
        kvs = [
            {"key": base64.b64encode(key.encode()).decode()}
            | ({"value": base64.b64encode(self.stored[key]).decode()} if self.stored[key] else {})
            for key in found[: int(body["limit"])]
        ]
        return {"kvs": kvs, "count": str(len(found))} | ({"more": True} if len(found) > len(kvs) else {})

    def answer(self, path: str, body: Mapping[str, str]) -> tuple[int, bytes]:
        header = {"cluster_id": str(self.cluster), "member_id": str(self.own)}
        if self.refusal:
            return 400, json.dumps(self.refusal).encode()
        answers: dict[str, Any] = {
            "/v3/maintenance/status": {
                "header": header,
                "version": "3.6.16",
                "dbSize": "20480",
                "raftIndex": "13",
                "raftAppliedIndex": "13",
            }
            | ({"leader": str(self.leader)} if self.leader else {})
            | ({"isLearner": True} if self.learner else {}),
            "/v3/cluster/member/list": {"header": header, "members": self.listed},
            "/v3/cluster/member/add": {"member": {"ID": "42"}},
            "/v3/maintenance/alarm": {"alarms": self.alarms} if self.alarms else {},
        }
        if path == "/v3/cluster/member/list" and self.listed is None:
            return 400, b'{"code":9,"message":"etcdserver: rpc not supported for learner"}'
        if path == "/v3/kv/range":
            return 200, json.dumps(self.range(body)).encode()
        if path == "/v3/maintenance/snapshot":
            return 200, stream(b"database", 3)
        return 200, json.dumps(answers.get(path, {})).encode()


@contextmanager
def serving_member(fake: FakeMember, folder: Path, *, name: str = "node-1", there: bool = True) -> Iterator[Gateway]:
    """A gateway to the member; with ``there=False`` nobody answers."""
    with (
        served(fake, folder) as dial,
        Gateway(dial if there else refused, PKI.tls(), name=name, timeout=30) as gateway,
    ):
        yield gateway


@contextmanager
def served(fake: FakeMember, folder: Path) -> Iterator[Dial]:
    """Streams to the member."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args) -> None:
            pass

        def reply(self, status: int, body: bytes) -> None:
            fake.hosts.add(self.headers["Host"])
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            excluded = parse_qs(urlsplit(self.path).query).get("exclude", [])
            raised = [alarm["alarm"] for alarm in fake.alarms if alarm["alarm"] not in excluded]
            status, text = (503, f'{{"health":"false","reason":"ALARM {raised[0]}"}}') if raised else fake.health
            self.reply(status, text.encode())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            fake.asked.append((self.path, body))
            self.reply(*fake.answer(self.path, body))

    with serving(Handler, PKI.server(folder)) as server:
        yield server.dial


def refused(address: str, port: int, timeout: float) -> Stream:
    raise ConnectionRefusedError("Connection refused")

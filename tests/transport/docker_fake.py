"""Docker's HTTP API in memory: real requests over real channels, without containers that really run."""

from __future__ import annotations

import io
import json
import re
import struct
import tarfile
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import paramiko

CREATED = "0001-01-01T00:00:00Z"
STARTED = "2026-11-21T06:10:43.278859123Z"
Json = Any


@dataclass
class Box:
    """A container: how it was created and what became of it; ``result`` is exit code, stdout and stderr."""

    name: str
    body: Mapping[str, Json]
    id: str
    status: str = "created"
    started: str = CREATED
    restart: str = "no"
    stdin: bytes = b""
    result: tuple[int, bytes, bytes] = (0, b"", b"")
    ended: threading.Event = field(default_factory=threading.Event)

    def end(self, result: tuple[int, bytes, bytes]) -> None:
        self.status, self.result = "exited", result
        self.ended.set()


@dataclass
class FakeDocker:
    """One host's Docker.

    Attributes:
        images: Environment by reference; the image's id is ``sha256:`` and its reference.
        registry: What a pull of each reference streams; others are not found.
        files: Path to tar entry and content: what every container sees.
        programs: What the entrypoint's first word does with its standard input.
        puts: Every archive written: its tar entries in order.
        logins: The registry logins that pulls showed.
        requests: Method and path of every request; ``urls`` with the version, ``headers`` all that were sent.
        removals: What waits for removals tell that somebody else began; while there are any, all are under way.
        before: Called before a request is answered.
        refuses: What every request but the first question is answered with; empty answers as it should.
    """

    api_version: str = "1.47"
    images: dict[str, list[str]] = field(default_factory=dict)
    registry: dict[str, list[Json]] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)
    files: dict[str, tuple[tarfile.TarInfo, bytes]] = field(default_factory=dict)
    programs: dict[str, Callable[[bytes], tuple[int, bytes, bytes]]] = field(default_factory=dict)
    puts: list[list[tarfile.TarInfo]] = field(default_factory=list)
    logins: list[Json] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    headers: set[str] = field(default_factory=set)
    removals: list[Json] = field(default_factory=list)
    before: Callable[[str], None] = lambda _request: None
    refuses: str = ""

    def __call__(self, channel: paramiko.Channel) -> None:
        _Handler(cast(Any, channel), ("ssh", 0), cast(Any, self))

    def find(self, name: str) -> Box | None:
        return next((box for box in self.boxes.values() if name in (box.name, box.id)), None)


class _Missing(Exception):
    pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    docker: FakeDocker

    def setup(self) -> None:
        super().setup()
        self.docker = cast(FakeDocker, self.server)

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        path = re.sub(r"^/v\d+\.\d+", "", url.path)
        self.docker.urls.append(self.path)
        self.docker.headers.update(self.headers)
        self.docker.requests.append(f"{self.command} {path}")
        self.docker.before(f"{self.command} {path}")
        body = self._body()
        if self.docker.refuses and path != "/_ping":
            self.send(400, {"message": self.docker.refuses})
            return
        try:
            for pattern, verb in _ROUTES:
                found = re.fullmatch(pattern, f"{self.command} {path}")
                if found:
                    verb(self, *found.groups(), query, body)
                    return
            self.send(404, {"message": f"page not found: {self.command} {path}"})
        except _Missing as missing:
            self.send(404, {"message": str(missing)})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def send(self, status: int, content: Json = None, headers: Mapping[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def stream(self, chunks: list[bytes], headers: Mapping[str, str] | None = None) -> None:
        self.send_response(200)
        for key, value in {"Transfer-Encoding": "chunked", **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        for chunk in [*chunks, b""]:
            self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")

    def box(self, name: str) -> Box:
        box = self.docker.find(name)
        if box is None:
            raise _Missing(f"No such container: {name}")
        return box

    def ping(self, _query: Json, _body: bytes) -> None:
        self.send(200, b"OK", {"Api-Version": self.docker.api_version})

    def version(self, _query: Json, _body: bytes) -> None:
        self.send(200, {"Version": "28.0.1", "ApiVersion": self.docker.api_version})

    def info(self, _query: Json, _body: bytes) -> None:
        self.send(200, {"ID": "WNZQ", "SystemTime": STARTED, "NCPU": 2, "CgroupVersion": "2"})

    def list(self, _query: Json, _body: bytes) -> None:
        self.send(200, [{"Id": box.id} for box in self.docker.boxes.values()])

    def create(self, query: Json, body: bytes) -> None:
        wanted = json.loads(body)
        if wanted["Image"] not in self.docker.images:
            raise _Missing(f"No such image: {wanted['Image']}")
        if self.docker.find(query["name"]):
            self.send(409, {"message": f'Conflict. The container name "/{query["name"]}" is already in use'})
            return
        box = Box(name=query["name"], body=wanted, id=f"id-{query['name']}-{len(self.docker.requests)}")
        box.restart = wanted["HostConfig"]["RestartPolicy"]["Name"]
        self.docker.boxes[box.id] = box
        self.send(201, {"Id": box.id, "Warnings": []})

    def inspect(self, name: str, _query: Json, _body: bytes) -> None:
        box = self.box(name)
        host = {**box.body["HostConfig"], "RestartPolicy": {"Name": box.restart, "MaximumRetryCount": 0}}
        env = [*self.docker.images[box.body["Image"]], *box.body["Env"]]
        state = {"Status": box.status, "StartedAt": box.started, "ExitCode": box.result[0]}
        config = {**box.body, "Env": env, "Tty": False}
        shown = {"Id": box.id, "Name": f"/{box.name}", "Image": f"sha256:{box.body['Image']}", "State": state}
        self.send(200, {**shown, "Config": config, "HostConfig": host, "RestartCount": 0})

    def start(self, name: str, _query: Json, _body: bytes) -> None:
        box = self.box(name)
        if box.status == "paused":
            self.send(409, {"message": "cannot start a paused container, try unpause instead"})
            return
        if box.status == "running":
            self.send(304)
            return
        box.status, box.started = "running", STARTED
        program = self.docker.programs.get((box.body["Entrypoint"] or [""])[0])
        if program and not box.body.get("OpenStdin"):
            box.end(program(b""))
        self.send(204)

    def stop(self, name: str, _query: Json, _body: bytes) -> None:
        box = self.box(name)
        status = 204 if box.status == "running" else 304
        box.status = "exited"
        self.send(status)

    def unpause(self, name: str, _query: Json, _body: bytes) -> None:
        self.box(name).status = "running"
        self.send(204)

    def restarted(self, name: str, _query: Json, _body: bytes) -> None:
        self.box(name).status = "running"
        self.send(204)

    def kill(self, name: str, query: Json, _body: bytes) -> None:
        box = self.box(name)
        box.result = (0, b"", f"got {query['signal']}\n".encode())
        self.send(204)

    def rename(self, name: str, query: Json, _body: bytes) -> None:
        self.box(name).name = query["name"]
        self.send(204)

    def update(self, name: str, _query: Json, body: bytes) -> None:
        self.box(name).restart = json.loads(body)["RestartPolicy"]["Name"]
        self.send(200, {"Warnings": []})

    def remove(self, name: str, _query: Json, _body: bytes) -> None:
        if self.docker.removals:
            self.send(409, {"message": f"removal of container {name} is already in progress"})
            return
        del self.docker.boxes[self.box(name).id]
        self.send(204)

    def wait(self, name: str, query: Json, _body: bytes) -> None:
        if query.get("condition") == "removed":
            self.send(200, self.docker.removals.pop(0))
            return
        box = self.box(name)
        box.ended.wait()
        self.send(200, {"StatusCode": box.result[0]})

    def logs(self, name: str, query: Json, _body: bytes) -> None:
        _, stdout, stderr = self.box(name).result
        frames = [(1, stdout)] if query["stdout"] == "1" else []
        frames += [(2, stderr)] if query["stderr"] == "1" else []
        self.send(200, b"".join(struct.pack(">BxxxL", kind, len(data)) + data for kind, data in frames if data))

    def attach(self, name: str, _query: Json, _body: bytes) -> None:
        box = self.box(name)
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.end_headers()
        box.stdin = self.rfile.read()  # until the client closes its half
        box.end(self.docker.programs[box.body["Entrypoint"][0]](box.stdin))
        self.close_connection = True

    def stat(self, name: str, query: Json, _body: bytes) -> None:
        self.box(name)
        path = query["path"].rstrip("/")
        below = [entry for file, (entry, _) in self.docker.files.items() if file == path or file.startswith(path + "/")]
        if not below:
            raise _Missing(f"Could not find the file {path} in container {name}")
        stat = json.dumps({"name": path, "mtime": "2026-11-21T06:10:43.278859123Z"}).encode()
        self.send(200, None, {"X-Docker-Container-Path-Stat": b64encode(stat).decode()})

    def read(self, name: str, query: Json, _body: bytes) -> None:
        self.box(name)
        folder = query["path"]
        above = folder.rpartition("/")[0]
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path, (entry, content) in self.docker.files.items():
                if path.startswith(f"{folder}/"):
                    shown = entry.replace(name=path.removeprefix(f"{above}/"), deep=False)
                    archive.addfile(shown, io.BytesIO(content))
        if not any(path.startswith(f"{folder}/") for path in self.docker.files):
            raise _Missing(f"Could not find the file {folder} in container {name}")
        self.stream([buffer.getvalue()])

    def write(self, name: str, _query: Json, body: bytes) -> None:
        self.box(name)
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            entries = archive.getmembers()
            for entry in entries:
                content = archive.extractfile(entry)
                self.docker.files[f"/{entry.name}"] = (entry, content.read() if content else b"")
        self.docker.puts.append(entries)
        self.send(200)

    def images(self, _query: Json, _body: bytes) -> None:
        self.send(200, [{"RepoTags": [name], "RepoDigests": None} for name in self.docker.images])

    def image(self, name: str, _query: Json, _body: bytes) -> None:
        name = name.removeprefix("sha256:")
        if name not in self.docker.images:
            raise _Missing(f"No such image: {name}")
        self.send(200, {"Config": {"Env": self.docker.images[name]}})

    def pull(self, query: Json, _body: bytes) -> None:
        self.docker.logins.append(json.loads(b64decode(self.headers["X-Registry-Auth"])))
        name = f"{query['fromImage']}:{query['tag']}"
        events = self.docker.registry.get(name)
        if events is None:
            raise _Missing(f"manifest for {name} not found: manifest unknown")
        if not any("error" in event for event in events):
            self.docker.images[name] = []
        self.stream([json.dumps(event).encode() + b"\r\n" for event in events])

    def load(self, _query: Json, body: bytes) -> None:
        name = body.decode()
        if name.startswith("bad"):
            self.stream([json.dumps({"error": "invalid tar header"}).encode()])
            return
        self.docker.images[name] = []
        self.stream([json.dumps({"stream": f"Loaded image: {name}\n"}).encode()])


_ROUTES: list[tuple[str, Callable[..., None]]] = [
    (r"GET /_ping", _Handler.ping),
    (r"GET /version", _Handler.version),
    (r"GET /info", _Handler.info),
    (r"GET /containers/json", _Handler.list),
    (r"POST /containers/create", _Handler.create),
    (r"GET /containers/([^/]+)/json", _Handler.inspect),
    (r"POST /containers/([^/]+)/start", _Handler.start),
    (r"POST /containers/([^/]+)/stop", _Handler.stop),
    (r"POST /containers/([^/]+)/unpause", _Handler.unpause),
    (r"POST /containers/([^/]+)/restart", _Handler.restarted),
    (r"POST /containers/([^/]+)/kill", _Handler.kill),
    (r"POST /containers/([^/]+)/rename", _Handler.rename),
    (r"POST /containers/([^/]+)/update", _Handler.update),
    (r"POST /containers/([^/]+)/wait", _Handler.wait),
    (r"POST /containers/([^/]+)/attach", _Handler.attach),
    (r"GET /containers/([^/]+)/logs", _Handler.logs),
    (r"DELETE /containers/([^/]+)", _Handler.remove),
    (r"HEAD /containers/([^/]+)/archive", _Handler.stat),
    (r"GET /containers/([^/]+)/archive", _Handler.read),
    (r"PUT /containers/([^/]+)/archive", _Handler.write),
    (r"GET /images/json", _Handler.images),
    (r"GET /images/(.+)/json", _Handler.image),
    (r"POST /images/create", _Handler.pull),
    (r"POST /images/load", _Handler.load),
]

"""Images of pods go from Docker to containerd: from the host where it has them, else from a registry."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from rke_py.tools.errors import CriError, ToolError
from rke_py.tools.pod_images import Docker, canonical, carry_images

WEB = "registry.example/web:1"


@dataclass
class Host:
    """A host with a Docker and a containerd, by the names of their images."""

    docker: set[str] = field(default_factory=set)
    containerd: set[str] = field(default_factory=set)
    registry: set[str] = field(default_factory=set)
    room: int = 1000
    reads: bool = True
    late: int = 0
    """So often it is asked for an image that was handed over before it shows it."""

    def has_image(self, name: str) -> bool:
        if name in self.containerd and self.late:
            self.late -= 1
            return False
        return name in self.containerd

    def pull_image(self, name: str) -> None:
        if name not in self.registry:
            raise CriError(f"{name}: not found")
        self.containerd.add(name)

    def size(self, name: str) -> int | None:
        return 100 if name in self.docker else None

    def hand_over(self, name: str) -> None:
        if not self.reads:
            raise ToolError("ctr images import: no such file")
        self.containerd.add(name)

    def require(self, size: int) -> None:
        if size > self.room:
            raise ToolError("no room")

    def carry(self, *, always: bool = False) -> dict[str, str]:
        missing: dict[str, str] = carry_images([{"name": WEB, "always": always}], self, self, self)["missing"]
        return missing


def test_what_docker_has_needs_no_registry() -> None:
    host = Host(docker={WEB})
    assert host.carry() == {}
    assert host.containerd == {WEB}


def test_what_containerd_has_read_is_waited_for_until_it_shows_it() -> None:
    assert Host(docker={WEB}, late=2).carry() == {}


def test_what_containerd_has_is_not_brought_again() -> None:
    assert Host(containerd={WEB}, reads=False).carry() == {}


def test_what_docker_does_not_have_is_pulled() -> None:
    host = Host(registry={WEB})
    assert host.carry() == {}
    assert host.containerd == {WEB}


def test_where_it_cannot_be_read_it_is_pulled() -> None:
    assert Host(docker={WEB}, registry={WEB}, reads=False).carry() == {}


def test_what_is_pulled_at_every_start_has_to_be_there_to_be_pulled() -> None:
    assert Host(docker={WEB}).carry(always=True) == {WEB: f"{WEB}: not found"}
    assert Host(docker={WEB}, registry={WEB}).carry(always=True) == {}


@pytest.mark.parametrize(
    ("host", "why"),
    [
        (Host(), f"{WEB}: not found"),
        (Host(docker={WEB}, reads=False), f"ctr images import: no such file; {WEB}: not found"),
        (Host(docker={WEB}, room=150), f"no room; {WEB}: not found"),
    ],
)
def test_what_cannot_be_had_is_told_with_every_reason(host: Host, why: str) -> None:
    assert host.carry() == {WEB: why}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("nginx", "docker.io/library/nginx"),
        ("nginx:1.2", "docker.io/library/nginx:1.2"),
        ("team/web:1", "docker.io/team/web:1"),
        ("localhost/web:1", "localhost/web:1"),
        ("registry:5000/web", "registry:5000/web"),
        ("registry:5000/web@sha256:1f", "registry:5000/web@sha256:1f"),
        ("registry.example/web:2@sha256:1f", "registry.example/web@sha256:1f"),
        ("nginx:1@sha256:1f", "docker.io/library/nginx@sha256:1f"),
    ],
)
def test_containerd_knows_an_image_by_its_whole_name(name: str, known: str) -> None:
    assert canonical(name) == known


class _Engine(BaseHTTPRequestHandler):
    """Docker's answers about one image of 3 MiB."""

    def do_GET(self) -> None:
        answers = {
            "/images/registry.example/web%3A1/json": b'{"Size": 3145728}',
            "/images/registry.example/web%3A1/get": b"layers" * 524288,
        }
        found = answers.get(self.path)
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(found or b'{"message": "No such image"}')

    def address_string(self) -> str:
        return "local"

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def socket(tmp_path: Path) -> Iterator[str]:
    path = tmp_path / "docker.sock"
    with socketserver.ThreadingUnixStreamServer(str(path), _Engine) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield str(path)
        server.shutdown()
        thread.join()


def test_docker_tells_how_big_an_image_is(socket: str) -> None:
    assert Docker(socket).size(WEB) == 3 << 20
    assert Docker(socket).size("registry.example/other:1") is None


def test_an_image_is_passed_on_as_docker_writes_it(socket: str, tmp_path: Path) -> None:
    target = tmp_path / "read"
    Docker(socket, reader=("sh", "-c", f"cat > {target}")).hand_over(WEB)
    assert target.stat().st_size == 3 << 20


def test_what_the_reading_program_says_is_told(socket: str) -> None:
    with pytest.raises(ToolError, match="ctr images import: no space left"):
        Docker(socket, reader=("sh", "-c", "echo no space left >&2; exit 1")).hand_over(WEB)


def test_a_docker_that_does_not_listen_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="Docker: "):
        Docker(str(tmp_path / "nobody.sock")).size(WEB)

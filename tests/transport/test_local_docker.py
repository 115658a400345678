import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from rke_py.errors import RkeError
from rke_py.transport.local_docker import LocalDocker, follow


class Ending(BaseHTTPRequestHandler):
    """A Docker that ends in the middle of an answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        content = json.dumps({"ApiVersion": "1.44", "MinAPIVersion": "1.24"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the Docker that is asked end in the middle of an answer."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Ending) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
        yield
        server.shutdown()


@pytest.mark.usefixtures("ending")
def test_a_docker_that_ends_meanwhile_is_an_error():
    with pytest.raises(RkeError, match="Docker on this machine failed"):
        LocalDocker().push("example/tools:1")


def test_a_build_that_ends_well_is_followed_to_its_end():
    parts = iter([{"stream": "Step 1/1 : FROM x\n"}, {"aux": {"ID": "sha256:1"}}, {"status": "done"}])
    follow(parts, "building x")
    assert list(parts) == []


def test_a_failure_in_the_stream_is_an_error_with_the_lines_before_it():
    parts = [{"stream": "Step 1/2 : FROM x\n"}, {"stream": "\n"}, {"stream": " ---> 1\n"}, {"error": "RUN failed"}]
    with pytest.raises(RkeError, match="building x failed: RUN failed") as failed:
        follow(parts, "building x")
    assert failed.value.evidence == ("Step 1/2 : FROM x", " ---> 1")


def test_only_the_last_lines_are_kept():
    parts = [*({"stream": f"line {number}\n"} for number in range(100)), {"error": "x"}]
    with pytest.raises(RkeError) as failed:
        follow(parts, "building x")
    assert failed.value.evidence[0] == "line 80"

from __future__ import annotations

import hashlib
import os
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

import httpx2
import pytest

from rke_py.errors import Unreachable
from rke_py.kube.http import http_client
from rke_py.kube.tls import Tls

from .server import Issuer, Pki, Server, serving

BIG = os.urandom(1 << 20) * 3


class Handler(BaseHTTPRequestHandler):
    """Echoes digests, sends large bodies, streams lines, ends early."""

    protocol_version = "HTTP/1.1"
    released = threading.Event()

    def log_message(self, *args) -> None:
        pass

    def answer(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        match self.path:
            case "/big":
                self.answer(BIG)
            case "/watch":
                self.stream()
            case "/until-close":
                self.send_response(200)
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(b"everything")
            case "/cut":
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"some")
                self.wfile.flush()
                self.server.cut()
            case "/goodbye":
                self.close_connection = True
                self.answer(b"last")
            case "/never":
                self.released.wait(30)
            case _:
                self.answer(self.path.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(hashlib.sha256(body).hexdigest().encode())

    def stream(self) -> None:
        """Send a line, wait until the client has seen it, send another."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"6\r\nfirst\n\r\n")
        self.wfile.flush()
        assert self.released.wait(30)
        self.wfile.write(b"7\r\nsecond\n\r\n0\r\n\r\n")


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(params=["TLSv1_2", "TLSv1_3"])
def server(request, pki, tmp_path):
    context = pki.server(tmp_path)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[request.param]
    Handler.released.clear()
    with serving(Handler, context) as server:
        yield server
        Handler.released.set()


@pytest.fixture
def client(server, pki):
    with http_client(server.dial, tls=pki.tls(), timeout=30, base_url="https://127.0.0.1:6443") as client:
        yield client


def test_large_bodies_travel_both_ways_unharmed(client):
    assert client.get("/big").content == BIG
    assert client.post("/digest", content=BIG).text == hashlib.sha256(BIG).hexdigest()


def test_a_connection_is_used_again(client, server):
    for path in ("/1", "/2", "/3"):
        assert client.get(path).text == path
    assert server.dials == 1


def test_many_threads_share_one_client(client):
    paths = [f"/{number}" for number in range(60)]
    with ThreadPoolExecutor(12) as threads:
        assert list(threads.map(lambda path: client.get(path).text, paths)) == paths


def test_a_streamed_answer_is_read_as_it_comes(client):
    with client.stream("GET", "/watch") as response:
        lines = response.iter_lines()
        assert next(lines) == "first"
        Handler.released.set()
        assert list(lines) == ["second"]


def test_an_answer_that_ends_with_the_connection_is_whole_after_close_notify(client):
    assert client.get("/until-close").text == "everything"


def test_an_answer_cut_off_without_close_notify_is_an_error(client):
    with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
        client.get("/cut")


def test_a_connection_that_the_server_closed_is_not_used_again(client, server):
    assert client.get("/goodbye").text == "last"
    assert server.closed.wait(30)
    assert client.post("/digest", content=b"").status_code == 200
    assert server.dials == 2


def test_a_server_that_stays_silent_times_out(client):
    with pytest.raises(httpx2.ReadTimeout):
        client.get("/never", timeout=httpx2.Timeout(30, read=0.05))


@pytest.mark.parametrize(
    ("tls", "words"),
    [
        pytest.param(lambda pki: Tls(ca_pem=Issuer("other-ca").ca().certificate), "verify failed", id="another-ca"),
        pytest.param(lambda pki: pki.tls(server_name="10.9.9.9"), "10.9.9.9", id="another-name"),
    ],
)
def test_a_server_of_another_cluster_is_refused(server, pki, tls, words):
    with (
        http_client(server.dial, tls=tls(pki), timeout=30) as client,
        pytest.raises(httpx2.ConnectError, match=words),
    ):
        client.get("https://127.0.0.1:6443/")


def test_a_client_without_certificate_is_told_so(server, pki):
    with (
        http_client(server.dial, tls=pki.tls(client=False), timeout=30) as client,
        pytest.raises((httpx2.ConnectError, httpx2.ReadError), match=r"(?i)alert|required"),
    ):
        client.get("https://127.0.0.1:6443/")


def test_the_server_name_is_verified_instead_of_the_dialled_address(server, pki):
    with http_client(server.dial, tls=pki.tls(server_name="127.0.0.1"), timeout=30) as client:
        assert client.get("https://10.9.9.9:6443/here").text == "/here"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Unreachable("node-1", "no route"), httpx2.ConnectError),
        (ConnectionRefusedError("refused"), httpx2.ConnectError),
        (TimeoutError("too slow"), httpx2.ConnectTimeout),
    ],
)
def test_a_dial_that_fails_is_a_failed_connection(fault, error):
    def dial(address: str, port: int, timeout: float):
        raise fault

    with http_client(dial, tls=None, timeout=30) as client, pytest.raises(error, match=str(fault)):
        client.get("http://127.0.0.1:10248/healthz")


def test_the_dial_is_asked_for_the_address_of_the_url(server, pki):
    asked = []

    def dial(address: str, port: int, timeout: float):
        asked.append((address, port))
        return server.dial(address, port, timeout)

    with http_client(dial, tls=pki.tls(server_name="127.0.0.1"), timeout=30) as client:
        client.get("https://[fd00::1]:2379/")
    assert asked == [("fd00::1", 2379)]


def test_plain_http_needs_no_certificates():
    with serving(Handler) as server, http_client(server.dial, tls=None, timeout=30) as client:
        assert client.get("http://127.0.0.1:10248/healthz").text == "/healthz"


def test_a_key_is_not_shown():
    tls = Pki().tls()
    assert tls.key.get_secret_value() not in f"{tls!r} {tls}"


def test_a_closed_client_leaves_no_connection(server: Server, pki):
    opened = []

    def dial(address: str, port: int, timeout: float):
        opened.append(server.dial(address, port, timeout))
        return opened[-1]

    with http_client(dial, tls=pki.tls(), timeout=30) as client:
        client.get("https://127.0.0.1:6443/")
    with pytest.raises(OSError, match="Bad file descriptor"):
        opened[0].sendall(b"x")

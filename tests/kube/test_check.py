from __future__ import annotations

import ssl
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import pytest

from rke_py.errors import Unreachable
from rke_py.kube.check import check, failing_lines, shown
from rke_py.kube.model import CheckResult
from rke_py.plan.containers import HttpCheck, TcpCheck

from .server import Pki, server_context, serving

FAILING = """[+]ping ok
[-]etcd failed: reason withheld
[+]poststarthook/start-apiextensions-informers ok
[-]informer-sync failed: 3 informers not started yet
readyz check failed
"""
PASSING = "[+]ping ok\n[+]etcd ok\nreadyz check passed\n"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args) -> None:
        pass

    def do_GET(self) -> None:
        status, body = {
            "/readyz?verbose": (500, FAILING),
            "/livez?verbose": (200, PASSING),
            "/healthz": (200, "ok"),
        }[self.path]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def server(pki, tmp_path):
    with serving(Handler, pki.server(tmp_path)) as server:
        yield server


def bundle(pki: Pki):
    return {"kube-ca": pki.ca, "kube-admin": pki.issuer.leaf("kube-admin")}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "/readyz?verbose",
            CheckResult(
                ok=False,
                detail="https://127.0.0.1:6443/readyz?verbose: 500 [-]etcd failed: reason withheld\n"
                "[-]informer-sync failed: 3 informers not started yet",
            ),
        ),
        ("/livez?verbose", CheckResult(ok=True, detail="https://127.0.0.1:6443/livez?verbose: 200")),
        ("/healthz", CheckResult(ok=True, detail="https://127.0.0.1:6443/healthz: 200 ok")),
    ],
)
def test_a_component_is_asked_over_verified_tls(server, pki, path, expected):
    wanted = HttpCheck(port=6443, path=path, ca="kube-ca", client="kube-admin")
    assert check(server.dial, wanted, bundle(pki), 30) == expected


def test_a_component_of_another_ca_is_not_healthy(server, pki):
    wanted = HttpCheck(port=6443, path="/healthz", ca="kube-ca", client="kube-admin")
    result = check(server.dial, wanted, bundle(Pki()), 30)
    assert not result.ok
    assert "verify failed" in result.detail


def test_a_certificate_whose_time_is_over_tells_who_signed_it_only_where_that_is_asked(pki, tmp_path):
    wanted = HttpCheck(port=6443, path="/healthz", ca="kube-ca", client="kube-admin")
    context = server_context(pki.issuer.leaf("server", "127.0.0.1", ended=True), pki.ca, tmp_path)
    with serving(Handler, context) as server:
        strict = check(server.dial, wanted, bundle(pki), 30)
        told = check(server.dial, replace(wanted, ended=True), bundle(pki), 30)
        foreign = check(server.dial, replace(wanted, ended=True), bundle(pki) | {"kube-ca": Pki().ca}, 30)
    assert "expired" in strict.detail
    assert told.ok
    assert "verify failed" in foreign.detail


def test_who_signed_itself_is_believed_where_the_check_says_so(pki, tmp_path):
    context = pki.server(tmp_path)
    context.verify_mode = ssl.CERT_NONE
    wanted = HttpCheck(port=10257, path="/healthz", address="localhost", self_signed=True)
    with serving(Handler, context) as server:
        result = check(server.dial, wanted, {}, 30)
    assert result == CheckResult(ok=True, detail="https://localhost:10257/healthz: 200 ok")


def test_plain_http_needs_no_bundle():
    with serving(Handler) as server:
        assert check(server.dial, HttpCheck(port=10248, path="/healthz"), {}, 30).ok


@pytest.mark.parametrize("wanted", [TcpCheck(port=2379), HttpCheck(port=2379, path="/healthz")])
@pytest.mark.parametrize("fault", [ConnectionRefusedError("refused"), Unreachable("node-1", "connection lost")])
def test_no_answer_is_a_result(wanted, fault):
    def dial(address: str, port: int, timeout: float):
        raise fault

    result = check(dial, wanted, {}, 1)
    assert not result.ok
    assert str(fault) in result.detail


@pytest.mark.parametrize("before", ["", "subject=CN = kube-apiserver\n"])
def test_a_certificate_is_known_again_whatever_else_is_in_its_file(pki, tmp_path, before):
    leaf = pki.issuer.leaf("kube-apiserver")
    with serving(Handler, server_context(leaf, None, tmp_path)) as server:
        text = f"{before}{leaf.certificate}\n{pki.ca.certificate}"
        result = shown(server.dial, text, 30, port=6443, address="127.0.0.1")
    assert result == CheckResult(ok=True)


def test_another_certificate_is_told(pki, server):
    result = shown(server.dial, pki.issuer.leaf("server").certificate, 30, port=6443, address="127.0.0.1")
    assert result == CheckResult(ok=False, detail="port 6443 still shows the old certificate")


def test_an_open_port_is_healthy():
    with serving(Handler) as server:
        assert check(server.dial, TcpCheck(port=2379), {}, 30).ok


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(PASSING, ""), ("ok", "ok"), ('{"health":"false","reason":"NOSPACE"}', '{"health":"false","reason":"NOSPACE"}')],
)
def test_failing_lines(answer, expected):
    assert failing_lines(answer) == expected

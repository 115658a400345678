"""Docker behind a port of the host, with TLS and without."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from rke_py.cluster.model import Host
from rke_py.errors import EngineError, UsageError
from rke_py.transport.docker_port import certificates_of
from rke_py.transport.fleet import SshOptions
from tests.pki.clusters import cluster, issued

from .docker_fake import FakeDocker
from .fleets import fleet_of
from .sshd import Refusal, Sshd, tunnel
from .test_engine import ONE_SHOT

URL = "tcp://127.0.0.1:2376"
DOOR = ("127.0.0.1", 2376)
MakeHost = Callable[..., Host]
BUNDLE = issued(cluster()).bundle


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """What the operator has: a CA, a certificate of its own."""
    client = BUNDLE["kube-admin"]
    (tmp_path / "ca.pem").write_text(BUNDLE["kube-ca"].certificate)
    (tmp_path / "cert.pem").write_text(client.certificate)
    (tmp_path / "key.pem").write_text(client.key.get_secret_value())
    return tmp_path


@pytest.fixture
def secured(sshd: Sshd, docker: FakeDocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """Docker with TLS on a port that sshd forwards to; its certificate names localhost and 127.0.0.1."""
    folder = tmp_path_factory.mktemp("server")
    server = BUNDLE["kube-scheduler-serving"]
    (folder / "cert.pem").write_text(server.certificate + server.key.get_secret_value())
    (folder / "ca.pem").write_text(BUNDLE["kube-ca"].certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem")
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, context, docker), daemon=True).start()
        sshd.tcp |= tunnel({DOOR: listener.getsockname()[1]})
        yield sshd
        listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, context: ssl.SSLContext, docker: FakeDocker) -> None:
    with suppress(OSError):
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=_answer, args=(sock, context, docker), daemon=True).start()


def _answer(sock: socket.socket, context: ssl.SSLContext, docker: FakeDocker) -> None:
    with suppress(OSError), sock, context.wrap_socket(sock, server_side=True) as secured:
        docker(secured)  # type: ignore[arg-type]


def at(host: Host, url: str = URL) -> Host:
    return replace(host, docker_socket=url)


def fault(host: Host, options: SshOptions) -> EngineError:
    with fleet_of(host, options=options) as fleet:
        error = fleet.faults[host.name]
    assert isinstance(error, EngineError)
    return error


def test_without_tls_the_port_is_the_socket(
    sshd: Sshd, make_host: MakeHost, options: SshOptions, docker: FakeDocker
) -> None:
    sshd.tcp[DOOR] = docker
    with fleet_of(at(make_host(sshd)), options=options) as fleet:
        assert fleet["node-1"].engine.inspect("etcd") is None


def test_with_tls_both_sides_are_verified(
    secured: Sshd, make_host: MakeHost, options: SshOptions, certificates: Path
) -> None:
    wanted = replace(options, docker_certificates=certificates)
    with fleet_of(at(make_host(secured)), options=wanted) as fleet:
        engine = fleet["node-1"].engine
        assert engine.inspect("etcd") is None
        assert engine.images()


def test_a_standard_input_ends_over_tls(
    secured: Sshd, make_host: MakeHost, options: SshOptions, certificates: Path, docker: FakeDocker
) -> None:
    docker.programs["sh"] = lambda stdin: (0, stdin.upper(), b"")
    wanted = replace(options, docker_certificates=certificates)
    with fleet_of(at(make_host(secured)), options=wanted) as fleet:
        assert fleet["node-1"].engine.run(ONE_SHOT, timeout=5, stdin=b"abc").stdout == "ABC"


@pytest.mark.parametrize(
    ("answer", "what", "hint"),
    [
        (Refusal(1), f"sshd does not forward to {URL}", "AllowTcpForwarding"),
        (Refusal(2, "Connection refused"), f"Docker does not listen at {URL}", "/etc/docker/daemon.json"),
    ],
)
def test_what_keeps_the_port_from_being_reached(
    sshd: Sshd, make_host: MakeHost, options: SshOptions, answer: Refusal, what: str, hint: str
) -> None:
    sshd.tcp[DOOR] = answer
    error = fault(at(make_host(sshd)), options)
    assert str(error) == f"node-1: {what}"
    assert hint in error.hint


def test_a_certificate_of_another_ca_is_not_trusted(
    secured: Sshd, make_host: MakeHost, options: SshOptions, certificates: Path
) -> None:
    (certificates / "ca.pem").write_text(BUNDLE["kube-etcd-ca"].certificate)
    error = fault(at(make_host(secured)), replace(options, docker_certificates=certificates))
    assert str(error) == f"node-1: Docker's certificate at {URL} is not trusted"
    assert "DOCKER_CERT_PATH" in error.hint


def test_a_certificate_for_another_name_is_not_trusted(
    secured: Sshd, make_host: MakeHost, options: SshOptions, certificates: Path
) -> None:
    secured.tcp["10.0.0.1", 2376] = secured.tcp[DOOR]
    error = fault(at(make_host(secured), "tcp://10.0.0.1:2376"), replace(options, docker_certificates=certificates))
    assert "must name 10.0.0.1" in error.hint


def test_a_docker_without_tls_is_named(
    sshd: Sshd, make_host: MakeHost, options: SshOptions, docker: FakeDocker, certificates: Path
) -> None:
    sshd.tcp[DOOR] = docker
    error = fault(at(make_host(sshd)), replace(options, docker_certificates=certificates))
    assert str(error) == f"node-1: no TLS connection can be made with Docker at {URL}"
    assert "DOCKER_TLS_VERIFY" in error.hint


def test_a_docker_that_wants_tls_is_named(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    said = b"Client sent an HTTP request to an HTTPS server.\n"

    def refuse(channel: object) -> None:
        channel.recv(4096)  # type: ignore[attr-defined]
        channel.sendall(b"HTTP/1.0 400 Bad Request\r\nContent-Length: %d\r\n\r\n" % len(said) + said)  # type: ignore[attr-defined]

    sshd.tcp[DOOR] = refuse
    error = fault(at(make_host(sshd)), options)
    assert "Client sent an HTTP request to an HTTPS server" in str(error)
    assert "DOCKER_CERT_PATH" in error.hint


def test_certificates_that_cannot_be_read_stop_the_run(
    sshd: Sshd, make_host: MakeHost, options: SshOptions, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"certificates for Docker in .*/none cannot be read"):
        fleet_of(at(make_host(sshd)), options=replace(options, docker_certificates=tmp_path / "none"))


def test_who_uses_no_port_needs_none(sshd: Sshd, make_host: MakeHost, options: SshOptions, tmp_path: Path) -> None:
    with fleet_of(make_host(sshd), options=replace(options, docker_certificates=tmp_path / "none")) as fleet:
        assert fleet.reachable == ("node-1",)


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({}, None),
        ({"DOCKER_TLS_VERIFY": "1"}, Path("/home/me/.docker")),
        ({"DOCKER_CERT_PATH": "/pki"}, Path("/pki")),
        ({"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/pki"}, Path("/pki")),
        ({"DOCKER_TLS_VERIFY": "", "DOCKER_CERT_PATH": ""}, None),
    ],
)
def test_the_environment_says_as_to_dockers_own_client(environment: dict[str, str], folder: Path | None) -> None:
    assert certificates_of(environment, Path("/home/me")) == folder

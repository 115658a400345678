from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import paramiko
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rke_py.cluster.model import Host, Role, SshAccess
from rke_py.transport.engine import DockerEngine
from rke_py.transport.fleet import SshOptions
from rke_py.transport.host import SshHost
from rke_py.transport.ssh import Timeouts

from .docker_fake import FakeDocker
from .fleets import fleet_of
from .sshd import Sshd, echo, serving

NOW = datetime(2026, 11, 21, 6, 10, 40, tzinfo=UTC)


def new_key() -> str:
    """Return a private key's text."""
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


def paramiko_key(text: str) -> paramiko.PKey:
    return paramiko.Ed25519Key.from_private_key(io.StringIO(text))


@pytest.fixture(scope="session")
def user_key() -> str:
    return new_key()


@pytest.fixture(scope="session")
def host_key() -> paramiko.PKey:
    return paramiko_key(new_key())


@pytest.fixture
def docker() -> FakeDocker:
    return FakeDocker(images={"busybox:1": ["PATH=/bin"]})


@pytest.fixture
def sshd(host_key: paramiko.PKey, user_key: str, docker: FakeDocker) -> Iterator[Sshd]:
    server = Sshd(
        host_key=host_key,
        accepts=[paramiko_key(user_key).asbytes()],
        unix={"/var/run/docker.sock": docker},
        tcp={("127.0.0.1", 2379): echo},
    )
    with serving(server):
        yield server


@pytest.fixture
def make_host(user_key: str, tmp_path: Path) -> Callable[..., Host]:
    """Return what makes a host whose key is accepted by ``sshd``; further arguments are SshAccess's."""
    path = tmp_path / "id_ed25519"
    path.write_text(user_key)

    def make(server: Sshd, name: str = "node-1", **access: object) -> Host:
        given = {"address": "127.0.0.1", "port": server.port, "user": "rke", "key_path": str(path), **access}
        return Host(
            name=name, address="127.0.0.1", internal_address="127.0.0.1", roles=frozenset(Role), ssh=SshAccess(**given)
        )

    return make


@pytest.fixture
def options(sshd: Sshd, tmp_path: Path) -> SshOptions:
    """The operator's side, with the server's key known under every port."""
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:* {sshd.host_key.get_name()} {sshd.host_key.get_base64()}\n")
    return SshOptions(user="me", known_hosts=(known,), timeouts=Timeouts(connect=5, auth=5, channel=5))


@pytest.fixture
def host(sshd: Sshd, make_host: Callable[..., Host], options: SshOptions) -> Iterator[SshHost]:
    with fleet_of(make_host(sshd), options=options) as fleet:
        yield fleet["node-1"]


@pytest.fixture
def engine(host: SshHost) -> DockerEngine:
    return host.engine

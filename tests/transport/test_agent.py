"""Keys of the SSH agent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rke_py.cluster.model import Host
from rke_py.errors import Unreachable
from rke_py.transport.fleet import SshOptions

from .agent import agent
from .conftest import new_key, paramiko_key
from .fleets import fleet_of
from .sshd import Sshd

MakeHost = Callable[..., Host]


@pytest.fixture
def socket_path(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path_factory.mktemp("a") / "s"
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    return path


def test_its_key_opens_the_host(
    sshd: Sshd, make_host: MakeHost, options: SshOptions, user_key: str, socket_path: Path
) -> None:
    with (
        agent(socket_path, [paramiko_key(new_key()), paramiko_key(user_key)]),
        fleet_of(make_host(sshd, key_path="", agent=True), options=options) as fleet,
    ):
        assert fleet.reachable == ("node-1",)


def test_the_key_that_is_named_goes_first(
    sshd: Sshd, make_host: MakeHost, options: SshOptions, user_key: str, socket_path: Path, tmp_path: Path
) -> None:
    named = paramiko_key(user_key)
    (tmp_path / "named.pub").write_text(f"{named.get_name()} {named.get_base64()}")
    keys = [*(paramiko_key(new_key()) for _ in range(8)), named]
    host = make_host(sshd, key_path=str(tmp_path / "named"), agent=True)
    with agent(socket_path, keys), fleet_of(host, options=options) as fleet:
        assert fleet.reachable == ("node-1",)
    assert sshd.tried == 1


def _unusable(host: Host, options: SshOptions) -> Unreachable:
    with fleet_of(host, options=options) as fleet:
        error = fleet.faults["node-1"]
    assert isinstance(error, Unreachable)
    return error


def test_an_agent_without_a_key_is_named(
    sshd: Sshd, make_host: MakeHost, options: SshOptions, socket_path: Path
) -> None:
    with agent(socket_path, []):
        error = _unusable(make_host(sshd, key_path="", agent=True), options)
    assert error.evidence == ("not shown: the SSH agent: none answers at SSH_AUTH_SOCK, or it holds no key",)
    assert "ssh-add" in error.hint


def test_no_agent_is_named(
    sshd: Sshd, make_host: MakeHost, options: SshOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    error = _unusable(make_host(sshd, key_path="", agent=True), options)
    assert "none answers at SSH_AUTH_SOCK" in error.evidence[0]

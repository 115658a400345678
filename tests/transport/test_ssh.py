from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from pydantic import SecretStr

from rke_py.cluster.model import Host
from rke_py.errors import Unreachable
from rke_py.transport.fleet import SshOptions
from rke_py.transport.ssh import Timeouts

from .conftest import new_key, paramiko_key
from .docker_fake import FakeDocker
from .fleets import fleet_of
from .sshd import Refusal, Sshd, tunnel

MakeHost = Callable[..., Host]


def fault(host: Host, options: SshOptions, **given: object) -> Unreachable:
    with fleet_of(host, options=options, **given) as fleet:
        error = fleet.faults[host.name]
    assert isinstance(error, Unreachable)
    return error


def test_one_handshake_serves_everything(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    with fleet_of(make_host(sshd), options=options) as fleet:
        fleet["node-1"].engine.containers()
        fleet["node-1"].dial("127.0.0.1", 2379, 5)
    assert sshd.handshakes == 1


def test_a_name_that_is_none(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    error = fault(make_host(sshd, address="a..b"), options)
    assert "the name a..b cannot be resolved" in str(error)
    assert "cluster.yml" in error.hint


def test_nothing_listens(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = fault(make_host(sshd, port=port), options)
    assert f"127.0.0.1 port {port} refuses connections" in str(error)


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_what_accepts_connections_and_is_no_sshd(
    sshd: Sshd, make_host: MakeHost, options: SshOptions, silent: int
) -> None:
    error = fault(make_host(sshd, port=silent), replace(options, timeouts=Timeouts(connect=0.05)))
    assert "does not finish the SSH handshake" in str(error)
    assert "MaxStartups" in error.hint


def test_an_unknown_host_key(sshd: Sshd, make_host: MakeHost, options: SshOptions, tmp_path: Path) -> None:
    error = fault(make_host(sshd), replace(options, known_hosts=(tmp_path / "none",)))
    assert "host key is not known" in str(error)


def test_trust_on_first_use_lasts(sshd: Sshd, make_host: MakeHost, options: SshOptions, tmp_path: Path) -> None:
    trusting = replace(options, known_hosts=(tmp_path / "new",), accept_new_host_keys=True)
    with fleet_of(make_host(sshd), options=trusting) as fleet:
        assert fleet.reachable == ("node-1",)
    with fleet_of(make_host(sshd), options=replace(trusting, accept_new_host_keys=False)) as fleet:
        assert fleet.reachable == ("node-1",)


def test_a_pinned_key_of_another_kind_names_the_pin(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    rsa = paramiko.RSAKey.generate(2048)
    error = fault(make_host(sshd, host_key=f"ssh-rsa {rsa.get_base64()}"), options)
    assert "no SSH algorithm is common" in str(error)
    assert "host_key in cluster.yml asks for rsa-sha2-512" in error.hint


def test_a_refused_key_is_named_by_its_fingerprint(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    other = new_key()
    error = fault(make_host(sshd, key=SecretStr(other)), options)
    assert f"rke@127.0.0.1:{sshd.port} accepts no key" in str(error)
    assert error.evidence == (f"refused: the inline ssh_key (ssh-ed25519 {paramiko_key(other).fingerprint})",)
    assert "authorized_keys of rke" in error.hint


def test_keys_are_tried_one_after_another(
    sshd: Sshd, make_host: MakeHost, options: SshOptions, tmp_path: Path, user_key: str
) -> None:
    (tmp_path / "first").write_text(new_key())
    (tmp_path / "second").write_text(user_key)
    config = f"Host *\n IdentityFile {tmp_path}/absent\n IdentityFile {tmp_path}/second"
    host = make_host(sshd, key_path=str(tmp_path / "first"))
    with fleet_of(host, options=replace(options, ssh_config=config)) as fleet:
        assert fleet.reachable == ("node-1",)


def test_no_key_at_all(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    error = fault(make_host(sshd, key_path="/nonexistent/id_rsa"), options)
    assert "there is no key to show" in str(error)
    assert error.evidence == ("not shown: key /nonexistent/id_rsa: No such file or directory",)
    assert "ssh_key_path" in error.hint


def test_a_server_that_wants_passwords(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    sshd.accepts.clear()
    sshd.methods = "password"
    assert "sshd accepts only: password" in fault(make_host(sshd), options).evidence


def test_a_bastion_is_one_connection_for_all_hosts(
    sshd: Sshd, make_host: MakeHost, options: SshOptions, host_key: paramiko.PKey
) -> None:
    sshd.tcp |= tunnel({("10.0.0.1", 22): sshd.port, ("10.0.0.2", 22): sshd.port})
    pin = f"{host_key.get_name()} {host_key.get_base64()}"
    hosts = [make_host(sshd, f"node-{n}", address=f"10.0.0.{n}", port=22, host_key=pin) for n in (1, 2)]
    bastion = make_host(sshd).ssh
    with fleet_of(*hosts, options=options, bastion=bastion) as fleet:
        assert fleet.reachable == ("node-1", "node-2")
    assert sshd.handshakes == 3


@pytest.mark.parametrize(
    ("destination", "what", "hint"),
    [
        ("10.0.0.9", "cannot reach 10.0.0.9 port 22", "nc -vz 10.0.0.9 22"),
        ("10.0.0.8", "does not forward to 10.0.0.8 port 22", "AllowTcpForwarding yes"),
        ("10.0.0.7", "has no room for one more connection", "LimitNOFILE"),
    ],
)
def test_a_bastion_that_does_not_lead_to_the_host(
    sshd: Sshd, make_host: MakeHost, options: SshOptions, destination: str, what: str, hint: str
) -> None:
    sshd.tcp |= {("10.0.0.8", 22): Refusal(1), ("10.0.0.7", 22): Refusal(4)}
    error = fault(make_host(sshd, address=destination, port=22), options, bastion=make_host(sshd).ssh)
    assert what in str(error)
    assert hint in error.hint


def test_a_host_that_does_not_answer_the_bastion_in_time(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    sshd.unanswered.add(("10.0.0.6", 22))
    quick = replace(options, timeouts=Timeouts(connect=0.5, auth=5, channel=5))
    error = fault(make_host(sshd, address="10.0.0.6", port=22), quick, bastion=make_host(sshd).ssh)
    assert f"10.0.0.6 port 22 does not answer the bastion rke@127.0.0.1:{sshd.port} within 0.5 s" in str(error)
    assert "has a route to it" in error.hint


def test_a_host_behind_a_bastion_that_drops_connections_may_count_them_by_source(
    sshd: Sshd, make_host: MakeHost, options: SshOptions
) -> None:
    sshd.tcp["10.0.0.5", 22] = lambda channel: channel.close()
    error = fault(make_host(sshd, address="10.0.0.5", port=22), options, bastion=make_host(sshd).ssh)
    assert "does not finish the SSH handshake" in str(error)
    assert "PerSourceMaxStartups" in error.hint


def test_every_host_has_its_own_user_port_key_and_socket(
    sshd: Sshd, make_host: MakeHost, options: SshOptions, docker: FakeDocker, user_key: str
) -> None:
    sshd.unix["/run/docker-2.sock"] = docker
    other = replace(make_host(sshd, "node-2", user="ops", key=SecretStr(user_key)), docker_socket="/run/docker-2.sock")
    with fleet_of(make_host(sshd), other, options=options) as fleet:
        assert fleet.reachable == ("node-1", "node-2")
    assert sshd.users == {"rke", "ops"}


def test_the_agent_is_never_forwarded(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    with fleet_of(make_host(sshd), options=replace(options, ssh_config="Host *\n ForwardAgent yes")) as fleet:
        fleet["node-1"].engine.containers()
    assert not sshd.agent_asked_for


def test_a_bastion_that_lets_nobody_in_is_named(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    bastion = replace(make_host(sshd).ssh, user="ops", key=SecretStr(new_key()))
    error = fault(make_host(sshd), options, bastion=bastion)
    assert f"bastion ops@127.0.0.1:{sshd.port}" in str(error)
    assert error.host == "node-1"


def test_threads_end_with_the_fleet(sshd: Sshd, make_host: MakeHost, options: SshOptions) -> None:
    with fleet_of(make_host(sshd), options=options):
        pass
    left = [thread for thread in threading.enumerate() if isinstance(thread, paramiko.Transport)]
    for thread in left:
        thread.join(5)
    assert not any(thread.is_alive() for thread in left if not thread.server_mode)

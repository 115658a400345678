from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rke_py.cluster.model import Host
from rke_py.errors import EngineError
from rke_py.transport.fleet import SshOptions
from rke_py.transport.host import SshHost
from rke_py.transport.interface import Output

from .docker_fake import FakeDocker
from .fleets import fleet_of
from .sshd import Refusal, Sshd
from .test_engine import ONE_SHOT

SOCKET = "/var/run/docker.sock"
DIAL_STDIO = ("docker", "--host", f"unix://{SOCKET}", "system", "dial-stdio")
TRUE, FALSE = Output(exit_code=0, stdout="", stderr=""), Output(exit_code=1, stdout="", stderr="")


@pytest.fixture
def closed(sshd: Sshd) -> Sshd:
    """An sshd that opens no stream to Docker, on a host where all else is well."""
    del sshd.unix[SOCKET]
    sshd.commands |= {
        ("test", "-d", "/"): TRUE,
        ("test", "-e", SOCKET): TRUE,
        ("test", "-w", SOCKET): TRUE,
        ("grep", "-qF", "docker.sock", "/proc/net/unix"): TRUE,
        ("id",): Output(exit_code=0, stdout="uid=1000(rke) groups=1000(rke)", stderr=""),
    }
    return sshd


@pytest.fixture
def fault(sshd: Sshd, make_host: Callable[..., Host], options: SshOptions) -> Callable[[], EngineError]:
    def connect() -> EngineError:
        with fleet_of(make_host(sshd), options=options) as fleet:
            error = fleet.faults["node-1"]
        assert type(error) is EngineError
        return error

    return connect


@pytest.fixture
def over_the_client(
    closed: Sshd, docker: FakeDocker, make_host: Callable[..., Host], options: SshOptions
) -> Iterator[SshHost]:
    closed.commands[DIAL_STDIO] = docker
    with fleet_of(make_host(closed), options=options) as fleet:
        yield fleet["node-1"]


def test_where_streams_are_forbidden_dockers_client_is_used(over_the_client: SshHost) -> None:
    assert over_the_client.engine.inspect("etcd") is None


def test_a_standard_input_ends_also_over_dockers_client(over_the_client: SshHost, docker: FakeDocker) -> None:
    docker.programs["sh"] = lambda stdin: (0, stdin.upper(), b"")
    assert over_the_client.engine.run(ONE_SHOT, timeout=5, stdin=b"abc").stdout == "ABC"


def test_too_few_sessions_for_dockers_client(over_the_client: SshHost, closed: Sshd) -> None:
    closed.sessions = False
    closed.cut()
    with pytest.raises(EngineError, match="no further session") as error:
        over_the_client.engine.facts()
    assert "MaxSessions" in error.value.hint


def answers(**commands: Output) -> dict[tuple[str, ...], Output]:
    lines = {
        "shell": ("test", "-d", "/"),
        "exists": ("test", "-e", SOCKET),
        "writable": ("test", "-w", SOCKET),
        "listening": ("grep", "-qF", "docker.sock", "/proc/net/unix"),
        "client": DIAL_STDIO,
    }
    return {lines[name]: output for name, output in commands.items()}


def failed(stderr: str) -> Output:
    return Output(exit_code=1, stdout="", stderr=stderr)


@pytest.mark.parametrize(
    ("commands", "what", "hint"),
    [
        pytest.param(
            answers(exists=FALSE, writable=FALSE, listening=FALSE),
            f"Docker is not installed or not running: there is no socket {SOCKET}",
            "nodes[].docker_socket",
            id="no-socket",
        ),
        pytest.param(
            answers(writable=FALSE),
            f"rke may not use Docker's socket {SOCKET}",
            "usermod -aG docker rke",
            id="not-permitted",
        ),
        pytest.param(answers(listening=FALSE), "Docker is not running", "systemctl start docker", id="stale-socket"),
        pytest.param(
            answers(client=failed("dial unix /var/run/docker.sock: connect: connection refused")),
            "Docker is not running",
            "systemctl start docker",
            id="client-is-refused",
        ),
        pytest.param(
            answers(), f"sshd does not open Docker's socket {SOCKET}", "AllowStreamLocalForwarding yes", id="forbidden"
        ),
        pytest.param(
            answers(shell=failed("This account is currently not available.")),
            "sshd does not open Docker's socket, and runs no command that could tell why",
            "a login shell for rke",
            id="nologin",
        ),
    ],
)
def test_the_cause_is_found_and_the_setting_that_mends_it_named(
    closed: Sshd, fault: Callable[[], EngineError], commands: dict[tuple[str, ...], Output], what: str, hint: str
) -> None:
    closed.commands |= commands
    error = fault()
    assert str(error) == f"node-1: {what}"
    assert hint in error.hint
    assert error.evidence[0] == f"sshd on a stream to {SOCKET}: open failed"


def test_all_forwarding_forbidden(closed: Sshd, fault: Callable[[], EngineError]) -> None:
    closed.tcp["127.0.0.1", 22] = Refusal(1)
    error = fault()
    assert "sshd forbids all forwarding" in str(error)
    assert "DisableForwarding no, AllowTcpForwarding yes and AllowStreamLocalForwarding yes" in error.hint


def test_neither_streams_nor_commands(closed: Sshd, fault: Callable[[], EngineError]) -> None:
    closed.sessions = False
    assert "runs no command that could tell why" in str(fault())


def test_the_words_of_the_client_and_the_users_groups_are_evidence(
    closed: Sshd, fault: Callable[[], EngineError]
) -> None:
    closed.commands |= answers(writable=FALSE, client=failed("first line\npermission denied"))
    assert fault().evidence[1:] == (
        "docker system dial-stdio: permission denied",
        "id: uid=1000(rke) groups=1000(rke)",
    )


def test_a_docker_that_stops_later_is_diagnosed_as_well(host: SshHost, sshd: Sshd) -> None:
    sshd.cut()
    sshd.commands |= answers(shell=TRUE, exists=FALSE, writable=FALSE, listening=FALSE)
    del sshd.unix[SOCKET]
    with pytest.raises(EngineError, match="not running"):
        host.engine.containers()

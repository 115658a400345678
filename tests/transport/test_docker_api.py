from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rke_py.cluster.model import Host
from rke_py.errors import EngineError
from rke_py.transport.fleet import SshOptions

from .docker_fake import FakeDocker
from .fleets import fleet_of
from .sshd import Sshd


@pytest.mark.parametrize(("theirs", "spoken"), [("1.24", "v1.24"), ("1.41", "v1.41"), ("1.52", "v1.45")])
def test_the_newest_version_that_both_sides_know_is_spoken(
    sshd: Sshd,
    make_host: Callable[..., Host],
    options: SshOptions,
    docker: FakeDocker,
    theirs: str,
    spoken: str,
) -> None:
    docker.api_version = theirs
    with fleet_of(make_host(sshd), options=options) as fleet:
        fleet["node-1"].engine.images()
    assert [url.partition("?")[0] for url in docker.urls] == ["/_ping", f"/{spoken}/images/json"]


def test_an_engine_that_is_too_old_is_an_error(
    sshd: Sshd, make_host: Callable[..., Host], options: SshOptions, docker: FakeDocker
) -> None:
    docker.api_version = "1.12"
    with fleet_of(make_host(sshd), options=options) as fleet:
        error = fleet.faults["node-1"]
    assert isinstance(error, EngineError)
    assert "API versions below 1.24 are no longer supported" in str(error)
    assert "install 20.10 or later" in error.hint


def test_an_engine_that_is_too_new_is_an_error(
    sshd: Sshd, make_host: Callable[..., Host], options: SshOptions, docker: FakeDocker
) -> None:
    said = "client version 1.45 is too old. Minimum supported API version is 1.99, please upgrade your client"
    docker.refuses = said
    with fleet_of(make_host(sshd), options=options) as fleet, pytest.raises(EngineError) as caught:
        fleet["node-1"].engine.facts()
    assert said in str(caught.value)
    assert "use a newer rke-py" in caught.value.hint


def test_the_operators_own_environment_adds_nothing(
    sshd: Sshd,
    make_host: Callable[..., Host],
    options: SshOptions,
    docker: FakeDocker,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "config.json").write_text('{"HttpHeaders": {"X-Mine": "secret"}, "auths": {}}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with fleet_of(make_host(sshd), options=options) as fleet:
        fleet["node-1"].engine.facts()
    assert "X-Mine" not in docker.headers

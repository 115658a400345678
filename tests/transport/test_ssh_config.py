from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rke_py.cluster.model import SshAccess
from rke_py.errors import UsageError
from rke_py.transport.ssh_config import SshConfig, read_ssh_config

ACCESS = SshAccess(address="node-1", port=22, user="", key_path="/keys/id")


def names(config: str, access: SshAccess = ACCESS, bastion: SshAccess | None = None) -> list[str]:
    return [str(hop) for hop in SshConfig(config, user="me").route(access, bastion)]


@pytest.mark.parametrize(
    ("config", "access", "hops"),
    [
        pytest.param("", ACCESS, ["me@node-1:22"], id="nothing-said"),
        pytest.param("Host node-1\n HostName 10.0.0.1\n Port 2222\n User rke", ACCESS, ["rke@10.0.0.1:2222"], id="all"),
        pytest.param("Host other\n Port 2222", ACCESS, ["me@node-1:22"], id="another-host"),
        pytest.param(
            "Host *\n User rke\n Port 2222\n HostName %h.lan",
            SshAccess(address="node-1", port=2200, user="core"),
            ["core@node-1.lan:2200"],
            id="cluster.yml-wins",
        ),
        pytest.param("Host node-*\n ProxyJump gate", ACCESS, ["me@gate:22", "me@node-1:22"], id="jump"),
        pytest.param("Host *\n ProxyJump ops@gate:2222", ACCESS, ["ops@gate:2222", "me@node-1:22"], id="jump-for-all"),
        pytest.param(
            "Host node-1\n ProxyJump gate\nHost gate\n HostName gate.lan\n User ops",
            ACCESS,
            ["ops@gate.lan:22", "me@node-1:22"],
            id="jump-host-has-a-section",
        ),
        pytest.param(
            "Host node-1\n ProxyJump a,[fd00::1]:2", ACCESS, ["me@a:22", "me@[fd00::1]:2", "me@node-1:22"], id="2"
        ),
        pytest.param(
            "Host node-1\n ProxyJump b\nHost b\n ProxyJump a",
            ACCESS,
            ["me@a:22", "me@b:22", "me@node-1:22"],
            id="chain",
        ),
        pytest.param("Host node-1\n ProxyJump b\nHost b\n ProxyJump b", ACCESS, ["me@b:22", "me@node-1:22"], id="loop"),
        pytest.param("Host *\n ProxyJump none", ACCESS, ["me@node-1:22"], id="none"),
    ],
)
def test_the_way_to_a_host(config: str, access: SshAccess, hops: list[str]) -> None:
    assert names(config, access) == hops


def test_the_bastion_of_cluster_yml_wins_over_proxy_jump() -> None:
    bastion = SshAccess(address="bastion", port=22, user="ops")
    assert names("Host node-*\n ProxyJump gate", bastion=bastion) == ["ops@bastion:22", "me@node-1:22"]


def test_a_jump_host_is_shown_the_keys_of_its_target_but_has_a_host_key_of_its_own() -> None:
    access = SshAccess(address="node-1", port=22, user="", key_path="/keys/id", host_key="ssh-ed25519 AAAA")
    jump, target = SshConfig("Host node-1\n ProxyJump gate", user="me").route(access, None)
    assert (jump.access.key_path, jump.access.host_key) == ("/keys/id", "")
    assert target.access.host_key == "ssh-ed25519 AAAA"


def test_identity_files_and_the_alias_of_the_host_key() -> None:
    config = "Host node-1\n IdentityFile /keys/a\n IdentityFile /keys/b\n HostKeyAlias cluster-a"
    (hop,) = SshConfig(config, user="me").route(ACCESS, None)
    assert hop.identity_files == ("/keys/a", "/keys/b")
    assert hop.alias == "cluster-a"


@pytest.mark.parametrize(
    "config",
    ["Host", "Host node-1\n ProxyJump a:b:c"],
)
def test_what_cannot_be_followed_is_an_error_of_its_own(config: str) -> None:
    with pytest.raises(UsageError, match="ssh_config"):
        names(config)


def test_include_is_followed(tmp_path: Path) -> None:
    (tmp_path / "config.d").mkdir()
    (tmp_path / "config.d" / "1").write_text("Host node-1\n User first\n")
    (tmp_path / "config.d" / "2").write_text("Include=config\nHost node-1\n User second\n")
    (tmp_path / "config").write_text(f"include config.d/* {tmp_path}/absent\nHost *\n Port 2222\n")
    assert names(read_ssh_config(tmp_path / "config")) == ["first@node-1:2222"]


def test_no_file_says_nothing(tmp_path: Path) -> None:
    assert read_ssh_config(tmp_path / "config") == ""


def test_an_ipv6_address_is_told_from_its_port() -> None:
    (hop,) = SshConfig("", user="me").route(replace(ACCESS, address="2001:db8::1"), None)
    assert str(hop) == "me@[2001:db8::1]:22"


AS_NOBODY = """
import os, pwd, sys
from rke_py.cluster.model import SshAccess
from rke_py.errors import UsageError
from rke_py.transport.ssh_config import SshConfig
os.environ.clear()
os.setuid(54321)
try:
    print(*SshConfig(sys.argv[1], user="me").route(SshAccess(address="node-1", port=22, user=""), None))
except UsageError as error:
    print(error.hint)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become a user without a name")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "me@node-1:22", id="without a file"),
        pytest.param("Host *\n Port 2222", "in the variable USER", id="with one"),
    ],
)
def test_a_user_without_a_name_needs_one_for_ssh_config_alone(text: str, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", AS_NOBODY, text], capture_output=True, text=True, check=True)
    assert said in done.stdout

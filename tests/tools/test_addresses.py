"""What pods in Docker had of the pod network, given back once they are gone."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest

from rke_py.tools.addresses import living, release
from tests.tools.test_cri import server

GONE, LIVE = "aa11", "bb22"
NETWORK = {
    "name": "cbr0",
    "cniVersion": "0.3.1",
    "plugins": [{"type": "bridge"}, {"type": "portmap", "capabilities": {"portMappings": True}}],
}
PORTS = {"portMappings": [{"hostPort": 80, "containerPort": 8080}], "bandwidth": {}}
PLUGIN = """#!/bin/sh
echo "$(basename "$0") $CNI_COMMAND $CNI_CONTAINERID $CNI_IFNAME $CNI_ARGS [$CNI_NETNS] $(cat)" >> "$CNI_PATH/../said"
"""

MEETING = """#!/bin/sh
touch "$CNI_PATH/../met/$CNI_CONTAINERID"
until [ "$(ls "$CNI_PATH/../met" | wc -l)" -ge 2 ]; do sleep 0.01; done
"""
"""Ends once it runs for two pods."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A host on which two pods were given an address, one of them by containerd."""
    results, networks, plugins = (
        tmp_path / "var/lib/cni/cache/results",
        tmp_path / "var/lib/cni/networks/cbr0",
        tmp_path / "opt/cni/bin",
    )
    for folder in (results, networks, plugins, tmp_path / "var/lib/cri-dockerd/sandbox"):
        folder.mkdir(parents=True)
    told = {
        "kind": "cniCacheV1",
        "containerId": GONE,
        "config": b64encode(json.dumps(NETWORK).encode()).decode(),
        "ifName": "eth0",
        "cniArgs": [["K8S_POD_NAME", "web"], ["IgnoreUnknown", "1"]],
        "capabilityArgs": PORTS,
        "result": {"ips": [{"address": "10.42.0.7/24"}]},
    }
    (results / f"cbr0-{GONE}-eth0").write_text(json.dumps(told))
    (networks / "10.42.0.7").write_text(f"{GONE}\r\neth0")
    (networks / "10.42.0.8").write_text(f"{LIVE}\neth0")
    (networks / "10.42.0.9").write_text("cc33\neth0")
    (networks / "last_reserved_ip.0").write_text("10.42.0.9")
    (networks / "lock").write_text("")
    for name in ("bridge", "portmap"):
        (plugins / name).write_text(PLUGIN)
        (plugins / name).chmod(0o755)
    return tmp_path


def left(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "var/lib/cni/networks/cbr0").iterdir())


def test_each_plugin_is_told_as_the_runtime_would_have_told_it(root: Path) -> None:
    answer = release([root], {LIVE})
    assert answer == {"released": [GONE, "cc33"], "failed": []}
    lines = (root / "opt/cni/said").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["portmap", "bridge"]
    assert lines[1].startswith(f"bridge DEL {GONE} eth0 K8S_POD_NAME=web;IgnoreUnknown=1 [] ")
    given = json.loads(lines[0].split("[] ", 1)[1])
    assert given["runtimeConfig"] == {"portMappings": PORTS["portMappings"]}
    assert (given["name"], given["prevResult"]["ips"][0]["address"]) == ("cbr0", "10.42.0.7/24")
    assert left(root) == ["10.42.0.8", "last_reserved_ip.0", "lock"]
    assert not (root / "var/lib/cri-dockerd").exists()


def test_plugins_of_several_pods_run_at_the_same_time(root: Path) -> None:
    results = root / "var/lib/cni/cache/results"
    told = json.loads((results / f"cbr0-{GONE}-eth0").read_text())
    (results / "cbr0-dd44-eth0").write_text(json.dumps(told | {"containerId": "dd44"}))
    (root / "opt/cni/bin/portmap").write_text(MEETING)
    (root / "opt/cni/met").mkdir()
    answer = release([root], {LIVE})
    assert answer == {"released": [GONE, "cc33", "dd44"], "failed": []}


def test_attachments_of_one_pod_follow_one_another(root: Path) -> None:
    results = root / "var/lib/cni/cache/results"
    told = json.loads((results / f"cbr0-{GONE}-eth0").read_text())
    (results / f"cbr0-{GONE}-net1").write_text(json.dumps(told | {"ifName": "net1"}))
    release([root], {LIVE})
    lines = (root / "opt/cni/said").read_text().splitlines()
    assert [line.split()[3] for line in lines] == ["eth0", "eth0", "net1", "net1"]


def test_a_second_time_there_is_nothing_to_release(root: Path) -> None:
    release([root], {LIVE})
    assert release([root], {LIVE}) == {"released": [], "failed": []}


def test_without_a_runtime_that_answers_no_address_is_deleted(root: Path) -> None:
    release([root], None)
    assert "10.42.0.9" in left(root)


def test_what_a_plugin_says_that_fails_is_told(root: Path) -> None:
    (root / "opt/cni/bin/portmap").unlink()
    answer = release([root], {LIVE})
    assert len(answer["failed"]) == 1
    assert answer["failed"][0].startswith(f"{GONE}: portmap: ")
    assert "10.42.0.7" not in left(root)


def test_what_is_below_a_prefix_is_released_with_the_hosts_plugins(root: Path, tmp_path_factory) -> None:
    host = tmp_path_factory.mktemp("host")
    (host / "opt/cni").mkdir(parents=True)
    (root / "opt/cni/bin").rename(host / "opt/cni/bin")
    assert release([host, root], {LIVE})["failed"] == []
    assert (host / "opt/cni/said").read_text().count("DEL") == 2


def test_a_containerd_without_its_cri_plugin_has_no_pods(tmp_path: Path) -> None:
    with server(tmp_path / "s", {}):
        assert living(str(tmp_path / "s")) == frozenset()


def test_nobody_knows_the_pods_of_a_containerd_that_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "s").touch()
    assert living(str(tmp_path / "s")) is None

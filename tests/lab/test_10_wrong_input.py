"""A wrong cluster.yml is refused as the whole of it, before any host is asked. These tests need no lab."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_WRONG = """\
kubernetes_versoin: v1.34.4
nodes:
  - address: 192.0.2.1
    user: rke
    role: [controlplane, worker]
  - address: 192.0.2.1
    user: rke
    role: [boss]
    port: ssh
cloud_provider:
  name: aws
"""
_EXPECTED = {
    "an unknown key": "cluster.yml:1:1 kubernetes_versoin: kubernetes_versoin is not a top-level key",
    "what to write instead": "Did you mean kubernetes_version?",
    "an address twice": "cluster.yml:6:14 nodes[1].address: nodes[0] has address 192.0.2.1 already",
    "an unknown role": "cluster.yml:8:12 nodes[1].role[0]: 'boss' is not a role",
    "a wrong type": "cluster.yml:9:11 nodes[1].port: 'ssh' is not a port",
    "what is gone": "cluster.yml:11:9 cloud_provider.name: provider aws is no longer part of Kubernetes",
    "the verdict": "cluster.yml has 5 faults",
}
_NO_ETCD = "nodes:\n  - {address: 192.0.2.1, user: rke, role: [controlplane, worker]}\n"
_NO_YAML = "nodes:\n  - address: 192.0.2.1\n   user: rke\n"


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """A run of ``up`` on a file with five faults."""
    return _up(tmp_path_factory.mktemp("wrong"), _WRONG)


@pytest.mark.parametrize("expected", _EXPECTED.values(), ids=_EXPECTED)
def test_every_fault_is_shown_at_once_with_its_line(refused: subprocess.CompletedProcess[str], expected: str) -> None:
    assert expected in refused.stderr


def test_faults_in_the_file_end_with_status_2_and_nothing_on_standard_output(
    refused: subprocess.CompletedProcess[str],
) -> None:
    assert (refused.returncode, refused.stdout) == (2, "")


def test_a_cluster_without_etcd_is_refused(tmp_path: Path) -> None:
    done = _up(tmp_path, _NO_ETCD)
    assert done.returncode == 2
    assert "cluster.yml:1:1 nodes: no node has role etcd" in done.stderr


def test_a_file_that_is_not_yaml_is_refused_with_the_line(tmp_path: Path) -> None:
    done = _up(tmp_path, _NO_YAML)
    assert done.returncode == 2
    assert "cluster.yml:3:4: " in done.stderr


def test_a_missing_file_is_named_with_the_way_out(tmp_path: Path) -> None:
    done = _run(tmp_path)
    assert done.returncode == 2
    assert "there is no cluster.yml" in done.stderr
    assert "--config" in done.stderr


def _up(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "cluster.yml").write_text(text)
    return _run(folder)


def _run(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rke_py", "up"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

"""``rke-py state`` and ``rke-py unlock`` on the command line, as far as they need no host."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rke_py.cli.root import root

GOOD = """\
nodes:
  - address: 127.0.0.1
    port: 1
    user: root
    role: [controlplane, etcd, worker]
kubernetes_version: v1.34.4
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cluster.yml").write_text(GOOD)
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(root, [*words, "-c", str(folder / "cluster.yml")])


@pytest.mark.parametrize("content", ["", "{", "\x00" * 10, "[1]"], ids=repr)
@pytest.mark.parametrize("words", [["up", "--yes"], ["plan"], ["status"], ["cert", "list"], ["state", "push"]], ids=str)
def test_a_damaged_state_is_an_error_with_ways_out_and_no_traceback(folder, words, content):
    path = folder / "cluster.rkestate"
    path.write_text(content)
    done = run(folder, *words)
    assert done.exit_code == 1
    assert "the state file is damaged" in done.stderr
    assert "rke-py state recover" in done.stderr
    assert "Traceback" not in done.output
    assert path.read_text() == content


def test_without_a_state_there_is_nothing_to_push(folder):
    done = run(folder, "state", "push")
    assert done.exit_code == 2
    assert "rke-py state recover" in done.stderr


def test_what_cannot_be_recovered_from_says_why(folder):
    done = run(folder, "state", "recover")
    assert done.exit_code == 1
    assert "no host that answers has the cluster's CA" in done.stderr
    assert not (folder / "cluster.rkestate").exists()


def test_who_holds_a_cluster_that_cannot_be_asked(folder):
    done = run(folder, "unlock")
    assert done.exit_code == 1
    assert "the state file is not locked" in done.stdout
    assert "could not be looked at" in done.stdout

"""``rke-py etcd members`` where no host can be reached."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rke_py.cli.root import root
from tests.plan.rke.recorded import MADE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a cluster none of whose hosts answers."""
    text = (MADE / "cluster.yml").read_text()
    (tmp_path / "cluster.yml").write_text(re.sub(r"172\.30\.0\.2(\d)", r"127.0.0.\1\n    port: 1", text))
    (tmp_path / "cluster.rkestate").write_bytes((MADE / "cluster.rkestate").read_bytes())
    return tmp_path


def members(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(root, ["etcd", "members", *words, "-c", str(folder / "cluster.yml")])


def test_it_fails_and_says_why_for_each_host(folder):
    done = members(folder)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-1] == "r3: 127.0.0.3 port 1 refuses connections"


def test_programs_read_the_same(folder):
    found = json.loads(members(folder, "-o", "json").stdout)
    assert [one["fault"] for one in found] == [f"127.0.0.{n} port 1 refuses connections" for n in (1, 2, 3)]

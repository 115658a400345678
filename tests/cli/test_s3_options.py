"""RKE's options of S3 on a command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = "nodes:\n  - {address: 10.0.0.1, user: root, role: [controlplane, etcd, worker]}\n"


@pytest.mark.parametrize("flag", [("--secret-key", "hunter2-hunter2"), ("-secret-key=hunter2-hunter2",)])
def test_a_key_that_was_typed_is_not_in_the_log(tmp_path: Path, flag: tuple[str, ...]) -> None:
    config = tmp_path / "cluster.yml"
    config.write_text(CONFIG)
    typed = ("etcd", "snapshot", "list", "--s3", "--bucket-name", "b", "--access-key", "AK", *flag)

    subprocess.run([sys.executable, "-m", "rke_py", *typed, "--config", str(config)], capture_output=True, check=False)

    log = config.with_name("cluster.log").read_text()
    assert "etcd snapshot list --s3" in log
    assert "hunter2" not in log

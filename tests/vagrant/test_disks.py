"""The disks: what runs on a host to pull images."""

from __future__ import annotations

import subprocess

from vagrant.lab import disks


def test_the_pull_script_is_one_that_a_shell_reads():
    script = disks.pull_script(["registry.lab:5000/a:1"], ["registry.lab:5000/b:2"])
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    assert "for image in registry.lab:5000/a:1; do" in script
    assert "for image in registry.lab:5000/b:2; do" in script

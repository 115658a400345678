"""An etcd started from a snapshot, for as long as it takes to read everything in it back."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

from rke_py.tools.errors import ToolError
from rke_py.tools.etcd_line import PROGRAMS

_CLIENT, _PEER = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
_START_SECONDS, _STOP_SECONDS = 120, 10
_LAST_LINES = 5
_COUNT = re.compile(r'"Count" : (\d+)')


def revived(line: str, snapshot: Path, scratch: Path) -> dict[str, Any]:
    """Restore a snapshot into a folder, start an etcd on it, read it back and end it.

    Its container has a network of its own, so nobody reaches it and no port is taken from anybody.

    Args:
        line: etcd's line: ``3.6``.
        snapshot: The database.
        scratch: An empty folder on a disk with room for it.

    Returns:
        ``served_revision`` and ``served_keys``: what it told once it had read every key and value.

    Raises:
        ToolError: It could not be restored, did not start, or does not serve it.
    """
    programs, data = PROGRAMS / line, scratch / "data"
    _run(programs / "etcdutl", "snapshot", "restore", str(snapshot), "--data-dir", str(data))
    command = [str(programs / "etcd"), "--data-dir", str(data), "--listen-client-urls", _CLIENT]
    command += ["--advertise-client-urls", _CLIENT, "--listen-peer-urls", _PEER, "--log-level", "warn"]
    with (scratch / "log").open("w+b") as log, subprocess.Popen(command, stdout=log, stderr=log) as etcd:
        try:
            _await(programs, etcd, scratch / "log")
            hashed = json.loads(_ctl(programs, "--write-out", "json", "endpoint", "hashkv"))[0]["HashKV"]
            counted = _COUNT.search(_ctl(programs, "--write-out", "fields", "get", "", "--from-key", "--count-only"))
            return {
                "served_revision": int(hashed["header"]["revision"]),
                "served_keys": int(counted[1]) if counted else 0,
            }
        finally:
            _end(etcd)


def _await(programs: Path, etcd: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            _ctl(programs, "endpoint", "health")
            return
        except ToolError:
            if etcd.poll() is not None or time.monotonic() > deadline:
                lines = log.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
                raise ToolError(f"no etcd comes up from it: {' '.join(lines)}") from None
        time.sleep(0.2)


def _end(etcd: subprocess.Popen[bytes]) -> None:
    etcd.terminate()
    try:
        etcd.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        etcd.kill()


def _ctl(programs: Path, *words: str) -> str:
    return _run(programs / "etcdctl", "--endpoints", _CLIENT, "--command-timeout", "60s", *words)


def _run(program: Path, *words: str) -> str:
    done = subprocess.run([str(program), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolError(f"{program.name} {words[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout

"""The machine's Docker engine; one of the lab's own where none runs."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from . import docker, firewall, packages
from .cache import Cache
from .commands import last_lines
from .errors import LabError
from .machine import Machine

_START_SECONDS = 60
_STOP_SECONDS = 60
_POLL_SECONDS = 0.1


def ensure(cache: Cache, machine: Machine) -> None:
    """Use the engine that answers; start one, with its data in the cache, where none does.

    Raises:
        LabError: None answers and none can be started.
    """
    packages.require("docker")
    if docker.answers():
        return
    if not machine.root:
        raise LabError("no Docker engine answers", hint="start Docker, join the group docker, or run the lab as root")
    packages.require("dockerd", "ip")
    with cache.locked("engine"):
        if not docker.answers():
            _start(cache)


def stop_own(cache: Cache) -> None:
    """Stop the engine if the lab started it; another one is left alone."""
    process = _own_process(cache)
    if process is None:
        return
    log = cache.root / "engine" / "dockerd.log"
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _own_process(cache) is not None:
        if time.monotonic() > deadline:
            raise LabError(
                f"dockerd (process {process}) did not stop within {_STOP_SECONDS} s",
                evidence=last_lines(log.read_text()),
            )
        time.sleep(_POLL_SECONDS)
    firewall.restore(_kernel_before(cache))


def _start(cache: Cache) -> None:
    folder = cache.folder("engine")
    log = folder / "dockerd.log"
    firewall.remember(_kernel_before(cache))
    command = ["dockerd", "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--pidfile", str(_pidfile(cache))],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while not docker.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise LabError("dockerd did not start", evidence=last_lines(log.read_text()), hint=f"all of it: {log}")
        time.sleep(_POLL_SECONDS)


def _pidfile(cache: Cache) -> Path:
    return cache.root / "engine" / "dockerd.pid"


def _kernel_before(cache: Cache) -> Path:
    return cache.root / "engine" / "kernel-before.json"


def _own_process(cache: Cache) -> int | None:
    """Return the process id of the engine that the lab started, if it runs."""
    pidfile = _pidfile(cache)
    try:
        process = int(pidfile.read_text())
        arguments = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return process if str(pidfile).encode() in arguments else None

"""A lab's end: a process that takes it down when its time is over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import docker
from .cache import Cache
from .docker import LAB

EXPIRES = f"{LAB}.expires"
_LOOK_SECONDS = 2.0
_COMMAND = ["-m", "vagrant.lab", "expire"]


def watch(cache: Cache, lab: str, network: str, expires: int) -> None:
    """Start the process that takes a lab down at a time (seconds since 1970).

    Args:
        cache: Where its log goes.
        lab: Name of the lab.
        network: Id of the lab's network: a later lab of the same name has another.
        expires: When.
    """
    checkout = Path(__file__).resolve().parents[2]
    with (cache.folder("logs") / f"{lab}.log").open("w") as log:
        subprocess.Popen(
            [sys.executable, *_COMMAND, "--name", lab, network, str(expires)],
            cwd=checkout,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait(network: str, expires: int) -> bool:
    """Wait for a lab's time to be over; false when the lab ended by itself before."""
    while time.time() < expires:
        time.sleep(min(_LOOK_SECONDS, max(0.0, expires - time.time())))
        if not docker.network_exists(network):
            return False
    return True


def unwatch(network: str) -> None:
    """End the process that waits for the end of the lab on a network, unless it is this one."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        process = int(folder.name)
        if arguments[1:4] == _COMMAND and network in arguments and process != os.getpid():
            os.kill(process, signal.SIGTERM)


def expired(now: float) -> list[str]:
    """Return the labs whose time is over, though nobody took them down."""
    return [
        labels[LAB]
        for labels in docker.networks(LAB).values()
        if int(labels.get(EXPIRES, "0")) and int(labels[EXPIRES]) < now
    ]

"""Programs of the machine that the lab needs, installed through apt where they are missing."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from .commands import run
from .errors import LabError

# program: the Debian packages it needs
_PACKAGES = {
    "docker": ("docker.io",),
    "dockerd": ("docker.io", "iptables"),
    "gcc": ("gcc", "libc6-dev"),
    "ip": ("iproute2",),
    "mmdebstrap": ("mmdebstrap", "debian-archive-keyring"),
    "pip3": ("python3-pip",),
    "ssh-keygen": ("openssh-client",),
}


_LOCK = Path("/run/lock/rke-py-lab-packages")
"""Two labs may start side by side, and apt does not wait for itself."""


def require(*programs: str) -> None:
    """Install those of the programs that are not there.

    Raises:
        LabError: They cannot be installed: not root, or no apt.
    """
    missing = _missing(programs)
    if not missing:
        return
    packages = sorted({package for program in missing for package in _PACKAGES[program]})
    if os.geteuid() != 0 or not installed("apt-get"):
        raise LabError(
            f"not installed: {', '.join(missing)}",
            hint=f"install them, as root: apt-get install {' '.join(packages)}",
        )
    with _LOCK.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if _missing(programs):
            _install(missing, packages)


def _install(missing: Sequence[str], packages: Sequence[str]) -> None:
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", environment=quiet)
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, environment=quiet)
    if "docker" in missing and not installed("docker"):
        run("apt-get", "install", "-y", "-qq", "docker-cli", environment=quiet)  # apart from docker.io since trixie


def _missing(programs: Sequence[str]) -> list[str]:
    return [program for program in programs if not installed(program)]


def installed(program: str) -> bool:
    """Tell whether a program is on the path."""
    return shutil.which(program) is not None

"""Programs of the machine that the lab needs, installed through apt where they are missing."""

from __future__ import annotations

import os
import shutil

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


def require(*programs: str) -> None:
    """Install those of the programs that are not there.

    Raises:
        LabError: They cannot be installed: not root, or no apt.
    """
    missing = [program for program in programs if not installed(program)]
    if not missing:
        return
    packages = sorted({package for program in missing for package in _PACKAGES[program]})
    if os.geteuid() != 0 or not installed("apt-get"):
        raise LabError(
            f"not installed: {', '.join(missing)}",
            hint=f"install them, as root: apt-get install {' '.join(packages)}",
        )
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", environment=quiet)
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages, environment=quiet)
    if "docker" in missing and not installed("docker"):
        run("apt-get", "install", "-y", "-qq", "docker-cli", environment=quiet)  # apart from docker.io since trixie


def installed(program: str) -> bool:
    """Tell whether a program is on the path."""
    return shutil.which(program) is not None

"""From the container to the host's own files and mounts.

The container shares the host's process namespace, so the host's first process leads to its root folder and its mount
namespace.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

HOST_ROOT = "/proc/1/root"

PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where a host has its programs, as PATH for those of them that are run."""


def enter_host_root() -> None:
    """Make every path mean what it means on the host, absolute links included; there is no way back.

    Comes after the last import and the last run of a program of the image, which are out of sight then. Raises OSError
    when the container is not privileged or does not share the host's process namespace.
    """
    os.chroot(HOST_ROOT)
    os.chdir("/")


def unmount(mount_points: Sequence[str]) -> None:
    """Detach mounts of the host, in order, also those in use: a pod's volume may hang on a server that is gone.

    The kernel lets a process unmount in its own mount namespace only, hence nsenter, and the host's own umount.
    """
    if mount_points:
        command = ["nsenter", "--target=1", "--mount", "--", "umount", "-l", *mount_points]
        subprocess.run(command, capture_output=True, text=True, check=True)

"""Moves this process into the host's mount namespace."""

from __future__ import annotations

import ctypes
import os

_CLONE_NEWNS = 0x00020000


def enter_host_mounts() -> None:
    """Make every path mean what it means on the host; there is no way back.

    Has to come before the first thread (the kernel refuses otherwise, and gRPC starts some), and after the last import
    and the last run of a program of the image. The root folder moves along, so absolute links resolve as on the host.

    Raises:
        OSError: The container is not privileged, or does not share the host's process namespace.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    namespace = os.open("/proc/1/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(namespace, _CLONE_NEWNS) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"cannot enter the host's mount namespace: {os.strerror(number)}")
    finally:
        os.close(namespace)


def unmount(mount_point: str) -> None:
    """Detach what is mounted there, also while it is in use; raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    lazily = 2  # MNT_DETACH: a pod's volume may hang on a server that is gone
    if libc.umount2(os.fsencode(mount_point), lazily) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), mount_point)

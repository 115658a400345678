"""kube_config_cluster.yml: the operator's way into the cluster, on the operator's disk."""

from __future__ import annotations

from pathlib import Path

from rke_py.errors import RkeError
from rke_py.stores.disk import WRITABLE, Disk, LocalDisk, replace_file


def write_kubeconfig(path: Path, text: str, disk: Disk | None = None) -> bool:
    """Write a kubeconfig with mode 0600, unless the file already says the same; tell whether it was written.

    Args:
        path: The file; a symbolic link is followed.
        text: Its content, which holds a private key.
        disk: The file system it is on.

    Raises:
        RkeError: When it cannot be written.
    """
    where = disk or LocalDisk()
    target = path.resolve()
    data = text.encode()
    try:
        if where.read(target) == data:
            return False
        replace_file(where, target, data)
    except OSError as error:
        raise RkeError(f"cannot be written: {error.strerror}", where=str(path), hint=WRITABLE) from error
    return True

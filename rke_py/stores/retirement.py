"""What becomes of a removed cluster's files on the operator's disk."""

from __future__ import annotations

from itertools import chain, count
from pathlib import Path

from rke_py.stores.disk import Disk, LocalDisk


def retire(state: Path, kubeconfig: Path, disk: Disk | None = None) -> None:
    """Put the state aside as ``cluster.rkestate.removed`` and delete the kubeconfig, which leads nowhere now.

    The state is kept because a snapshot of the cluster can be restored only with its keys. That of an earlier cluster
    stays, and the next ones are ``cluster.rkestate.removed-2`` and so on.

    Args:
        state: The state file; nothing happens to one that is not there.
        kubeconfig: The administrator's kubeconfig.
        disk: The file system they are on.
    """
    where = disk or LocalDisk()
    if where.exists(state):
        where.rename(state, _free(state.with_name(f"{state.name}.removed"), where))
    if where.exists(kubeconfig):
        where.remove(kubeconfig)


def _free(path: Path, disk: Disk) -> Path:
    """Return the path, or the first one with a number that nothing has."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(each for each in chain((path,), numbered) if not disk.exists(each))

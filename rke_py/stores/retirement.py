"""What becomes of a removed cluster's files on the operator's disk."""

from __future__ import annotations

from pathlib import Path

from rke_py.stores.disk import Disk, LocalDisk


def retire(state: Path, kubeconfig: Path, disk: Disk | None = None) -> None:
    """Put the state aside as ``cluster.rkestate.removed`` and delete the kubeconfig, which leads nowhere now.

    The state is kept because a snapshot of the cluster can be restored only with its keys.

    Args:
        state: The state file; nothing happens to one that is not there.
        kubeconfig: The administrator's kubeconfig.
        disk: The file system they are on.
    """
    where = disk or LocalDisk()
    if where.exists(state):
        where.rename(state, state.with_name(f"{state.name}.removed"))
    if where.exists(kubeconfig):
        where.remove(kubeconfig)

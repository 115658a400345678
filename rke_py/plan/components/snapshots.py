"""The container that takes recurring snapshots on a member's host, without the operator's machine."""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import FOLDER, FOLDER_BIND, SNAPSHOT_FOLDER, component

NAME = "etcd-rolling-snapshots"
"""RKE's name of the container that does the same."""

PORT = 2382
SCHEDULE = f"{FOLDER}/etcd-snapshots.json"
STATE = f"{FOLDER}/etcd-snapshots.rkestate"
"""The state, encrypted, of which each recurring snapshot gets a copy."""


def rolling_snapshots(cluster: Cluster) -> ContainerSpec:
    """Return the container. It reads its schedule anew each time, so a change of that needs no restart."""
    return component(
        ContainerSpec(
            name=NAME,
            image=cluster.images.tools,
            entrypoint=("python3", "-m", "rke_py.tools"),
            command=("rolling-snapshots", "--config", SCHEDULE, "--port", str(PORT)),
            binds=(f"{SNAPSHOT_FOLDER}:{SNAPSHOT_FOLDER}", FOLDER_BIND),
            grace=5,
            check=HttpCheck(port=PORT, path="/livez"),
            watches=(SCHEDULE,),
        )
    )

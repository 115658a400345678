"""Going back to a snapshot, and lost disks of etcd: one, two of three, all of them.

What is written after a snapshot is lost by going back to it, and API servers are away meanwhile: that is agreed to
before. Pods and Services go on.
"""

from __future__ import annotations

from ..cluster import Cluster, etcd_members
from ..lab import FULL
from ..pods import config_map
from ..restoring import RESTORE, lose_data
from .scenario import NOTHING_LOST, Move, Scenario, new_cluster

_SNAPSHOT = "then"
_THEN, _SINCE = "written-then", "written-since"
_SERVICES = ("failed_service",)
_STEPS = 30
"""A restore of three members has at least so many before it can no longer be taken back."""


def _save(cluster: Cluster) -> None:
    cluster.kubectl.apply(config_map(_THEN, {"a": "1"}))
    done = cluster.operator.run("etcd", "snapshot", "save", "--name", _SNAPSHOT)
    assert done.status == 0, done.explained()
    cluster.kubectl.apply(config_map(_SINCE, {"a": "1"}))


def _save_and_lose_all(cluster: Cluster) -> None:
    _save(cluster)
    for host in FULL:
        lose_data(cluster.lab, host)


def _lose_two(cluster: Cluster) -> None:
    cluster.kubectl.apply(config_map(_THEN, {"a": "1"}))
    members = [node["hostname_override"] for node in cluster.operator.config["nodes"] if "etcd" in node["role"]]
    for host in members[1:]:
        lose_data(cluster.lab, host)


def _is_of_then(cluster: Cluster) -> None:
    there = {item["metadata"]["name"] for item in cluster.kubectl.items("configmaps")}
    assert _THEN in there
    assert _SINCE not in there
    assert cluster.operator.state.restore is None


def _has_three_members(cluster: Cluster) -> None:
    assert len(etcd_members(cluster.operator)) == len(FULL)
    cluster.kubectl.object("configmap", _THEN)


_BACK = (*RESTORE, _SNAPSHOT)

RESTORED = Scenario(
    name="restore",
    what="back to a snapshot of etcd",
    make=new_cluster(),
    moves=(Move(words=_BACK, steps=_STEPS, before=_save),),
    proof=_is_of_then,
    budget=_SERVICES,
)
LOST_DISK = Scenario(
    name="lost-disk",
    what="a member's disk is lost, the member joins anew",
    make=new_cluster(),
    moves=(Move(words=("up",), steps=1, before=lambda cluster: lose_data(cluster.lab, FULL[2])),),
    budget=(*NOTHING_LOST, *_SERVICES),
)
LOST_QUORUM = Scenario(
    name="lost-quorum",
    what="two of three members' disks are lost, the third goes on alone, two join anew",
    make=new_cluster(),
    moves=(Move(words=("etcd", "recover"), steps=2, before=_lose_two), Move(words=("up",), steps=2)),
    proof=_has_three_members,
    budget=_SERVICES,
)
LOST_ALL = Scenario(
    name="lost-all",
    what="all members' disks are lost, a snapshot is left",
    make=new_cluster(),
    moves=(Move(words=_BACK, steps=_STEPS - 10, before=_save_and_lose_all),),
    proof=_is_of_then,
    budget=_SERVICES,
)

"""From one minor release to the next, etcd with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cluster import Cluster
from ..lab import FULL, WORKER
from ..operator import Operator
from .scenario import BUDGET, EVERYTHING, NOTHING_LOST, WORKS, Move, Scenario, Users, new_cluster

OLD, NEW = ("v1.33.13", "3.5.35"), ("v1.34.4", "3.6.16")
"""Kubernetes and etcd."""

_COMPONENTS = ("kube_apiserver", "kube_controller_manager", "kube_scheduler", "kube_proxy", "kubelet")


def ask_for(person: Operator, version: str, images: tuple[str, str]) -> None:
    """Ask for a version, with the images that the lab has of Kubernetes and of etcd at these versions."""

    def change(config: dict[str, Any]) -> None:
        config["kubernetes_version"] = version
        config["system_images"] = tagged(config["system_images"], images)

    person.edit(change)


def tagged(named: Mapping[str, str], images: tuple[str, str]) -> dict[str, str]:
    """Return ``system_images`` with those of Kubernetes and of etcd at these versions."""
    kubernetes, etcd = images
    tags = dict.fromkeys(_COMPONENTS, kubernetes) | {"etcd": etcd}
    return {**named, **{key: f"{named[key].rpartition(':')[0]}:{tag}" for key, tag in tags.items()}}


def runs_new(cluster: Cluster) -> None:
    """Assert that kubelets and etcd members run the new version."""
    kubelets = {node["status"]["nodeInfo"]["kubeletVersion"] for node in cluster.kubectl.items("nodes")}
    assert kubelets == {NEW[0]}
    members = [node["hostname_override"] for node in cluster.operator.config["nodes"] if "etcd" in node["role"]]
    assert {cluster.lab.docker(host, "exec", "etcd", "etcd", "--version").split()[2] for host in members} == {NEW[1]}


def _old(person: Operator) -> None:
    ask_for(person, OLD[0], OLD)


def _drained(person: Operator) -> None:
    """Ask for the old version, and that nodes are emptied before their kubelets are replaced."""
    _old(person)
    drain = {"force": False, "ignore_daemonsets": True, "delete_local_data": True, "grace_period": -1, "timeout": 300}
    person.edit(lambda config: config.update(upgrade_strategy={"drain": True, "node_drain_input": drain}))


def _upgraded(steps: int) -> Move:
    return Move(words=("up",), steps=steps, before=lambda cluster: ask_for(cluster.operator, NEW[0], NEW))


UPGRADE = Scenario(
    name="upgrade",
    what=f"Kubernetes {OLD[0]} to {NEW[0]}, etcd {OLD[1]} to {NEW[1]}",
    make=new_cluster(edit=_old),
    moves=(_upgraded(24),),
    proof=runs_new,
)
UPGRADE_DRAINED = Scenario(
    name="upgrade-drained",
    what="the same with `drain`: each node is emptied within the Service's disruption budget",
    make=new_cluster(edit=_drained),
    moves=(_upgraded(30),),
    proof=runs_new,
)
UPGRADE_TWO = Scenario(
    name="upgrade-two",
    what="the same where there are two: API requests wait or fail while one of the two members restarts",
    make=new_cluster({**dict.fromkeys(FULL[:2], EVERYTHING), WORKER: WORKS}, edit=_old),
    moves=(_upgraded(16),),
    users=Users(servers=FULL[:2], service=(FULL[1], WORKER)),
    budget=(*NOTHING_LOST, "failed_service"),
    proof=runs_new,
)
UPGRADE_ONE = Scenario(
    name="upgrade-one",
    what="the same where there is one etcd member and control-plane host: API requests wait or fail meanwhile",
    make=new_cluster({FULL[0]: EVERYTHING, WORKER: WORKS}, edit=_old),
    moves=(_upgraded(8),),
    users=Users(servers=FULL[:1], service=(FULL[0], WORKER)),
    budget=tuple(figure for figure in BUDGET if figure != "failed_proxy"),
    proof=runs_new,
)

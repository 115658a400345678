"""From one minor release to the next, etcd with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cluster import Cluster
from ..operator import Operator
from .scenario import Move, Scenario, new_cluster

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


UPGRADE = Scenario(
    name="upgrade",
    what=f"Kubernetes {OLD[0]} to {NEW[0]}, etcd {OLD[1]} to {NEW[1]}",
    make=new_cluster(edit=lambda person: ask_for(person, OLD[0], OLD)),
    moves=(Move(words=("up",), steps=24, before=lambda cluster: ask_for(cluster.operator, NEW[0], NEW)),),
    proof=runs_new,
)

"""What is applied before what, and what is never pruned."""

from __future__ import annotations

from collections.abc import Sequence

from rke_py.kube.objects import Manifest

NAMESPACES = frozenset({"Namespace"})
DEFINITIONS = frozenset({"CustomResourceDefinition"})

_WAVES: tuple[frozenset[str], ...] = (
    NAMESPACES,
    DEFINITIONS,
    frozenset({"PriorityClass", "RuntimeClass", "StorageClass", "PersistentVolume", "ResourceQuota", "LimitRange"}),
    frozenset({"ServiceAccount", "Secret", "ConfigMap", "PersistentVolumeClaim", "ClusterRole", "Role"}),
    frozenset({"ClusterRoleBinding", "RoleBinding", "NetworkPolicy", "PodDisruptionBudget", "Service"}),
    frozenset({"Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job", "CronJob", "Pod"}),
)
"""Objects of one wave do not need one another. Every other kind comes last: the API server refuses a custom resource
while the webhook of its controller is away, and a webhook or APIService is no use before what serves it."""

KEPT = frozenset({"Namespace", "CustomResourceDefinition", "PersistentVolume", "PersistentVolumeClaim"})
"""Deleting one of these deletes what others keep in it; that is never done without being asked for."""


def waves(manifests: Sequence[Manifest]) -> tuple[tuple[Manifest, ...], ...]:
    """Return manifests in groups: each group after the one before it, all of a group at once."""
    ordered = (
        *(tuple(item for item in manifests if item["kind"] in kinds) for kinds in _WAVES),
        tuple(item for item in manifests if not any(item["kind"] in kinds for kinds in _WAVES)),
    )
    return tuple(wave for wave in ordered if wave)

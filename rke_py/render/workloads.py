"""What the workloads of our add-ons have in common."""

from __future__ import annotations

from collections.abc import Mapping

from rke_py.cluster.model import Cluster, Role

SYSTEM_TOLERATIONS: tuple[Mapping[str, object], ...] = (
    {"key": "CriticalAddonsOnly", "operator": "Exists"},
    {"key": "node-role.kubernetes.io/controlplane", "operator": "Exists"},
    {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"},
    {"key": "node-role.kubernetes.io/etcd", "operator": "Exists"},
)
"""What Deployments tolerate unless cluster.yml says otherwise.

RKE's tolerate everything, so also ``unschedulable`` and ``unreachable``: its pods return to a node that is being
drained, and stay on one that is gone.
"""

_TOLERATIONS_OF_RKE: tuple[Mapping[str, object], ...] = (
    {"key": "CriticalAddonsOnly", "operator": "Exists"},
    {"effect": "NoExecute", "operator": "Exists"},
    {"effect": "NoSchedule", "operator": "Exists"},
)

ON_WORKERS: Mapping[str, object] = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {"matchExpressions": [{"key": "node-role.kubernetes.io/worker", "operator": "Exists"}]}
            ]
        }
    }
}
"""The affinity that keeps pods on workers."""


_NONE = (0, "0%")


def on_workers(cluster: Cluster) -> bool:
    """Tell whether our pods keep to workers: only a cluster without any lets them go anywhere."""
    return bool(cluster.with_role(Role.WORKER))


def system_tolerations(cluster: Cluster) -> tuple[Mapping[str, object], ...]:
    """Return what Deployments tolerate unless cluster.yml says otherwise.

    In a cluster of RKE's its own, or an add-on that is taken over might find no node any more that takes its pods.
    """
    return SYSTEM_TOLERATIONS if cluster.rke is None else _TOLERATIONS_OF_RKE


def linux_and(node_selector: Mapping[str, str]) -> Mapping[str, str]:
    """Return a node selector of cluster.yml with the operating system of our images."""
    return {"kubernetes.io/os": "linux", **node_selector}


def strategy(given: Mapping[str, object], **default: object) -> Mapping[str, object]:
    """Return an ``update_strategy`` of cluster.yml as Kubernetes spells it.

    Args:
        given: ``strategy`` and ``rollingUpdate``; either may be missing.
        default: The parameters of RollingUpdate; a given one replaces the default of its name. Where both would be 0
            then, and nothing could ever be replaced, the one that was not given is left to Kubernetes.
    """
    kind = given.get("strategy") or "RollingUpdate"
    if kind != "RollingUpdate":
        return {"type": kind}
    written = given.get("rollingUpdate")
    own = written if isinstance(written, Mapping) else {}
    parameters = {**default, **own}
    if own and len(parameters) > 1 and all(value in _NONE for value in parameters.values()):
        parameters = dict(own)
    return {"type": kind, "rollingUpdate": parameters}


def budgets(cluster: Cluster) -> str:
    """Return the API version of PodDisruptionBudgets."""
    return "policy/v1" if cluster.minor >= (1, 21) else "policy/v1beta1"

"""What the DNS servers of a cluster have in common: who counts their replicas."""

from __future__ import annotations

import json
from collections.abc import Mapping

from rke_py.cluster.addon_model import Autoscaling
from rke_py.cluster.model import Cluster, Role
from rke_py.render.workloads import on_workers


def one_pod(cluster: Cluster) -> bool:
    """Tell whether cluster.yml asks for a single pod; an autoscaler counts workers alone, where there are any."""
    scaling = cluster.dns.autoscaling
    nodes = len(cluster.with_role(Role.WORKER) or cluster.hosts)
    least = max(scaling.minimum, 2 if scaling.prevent_single_point_failure and nodes > 1 else 1)
    wanted = max(least, -(-nodes // scaling.nodes_per_replica) if scaling.nodes_per_replica else 0)
    return min(wanted, scaling.maximum or wanted) == 1


def autoscaler(cluster: Cluster, name: str, target: str, image: str, priority_class: str) -> Mapping[str, object]:
    """Return what an autoscaler's template needs; empty where the release has no image of it.

    Args:
        cluster: The wanted cluster.
        name: Of the autoscaler and its ConfigMap.
        target: The Deployment.
        image: Of cluster-proportional-autoscaler.
        priority_class: Empty for none.
    """
    if not image:
        return {}
    linear = _linear(cluster.dns.autoscaling)
    labels = "kubernetes.io/os=linux"
    if on_workers(cluster):
        labels = f"node-role.kubernetes.io/worker=true,{labels}"
    return {
        "name": name,
        "image": image,
        "priority_class": priority_class,
        "linear": linear,
        "command": [
            "/cluster-proportional-autoscaler",
            "--namespace=kube-system",
            f"--configmap={name}",
            f"--target=Deployment/{target}",
            f'--default-params={{"linear":{linear}}}',
            f"--nodelabels={labels}",
            "--logtostderr=true",
            "--v=2",
        ],
    }


def _linear(scaling: Autoscaling) -> str:
    parameters = {
        "coresPerReplica": scaling.cores_per_replica,
        "nodesPerReplica": scaling.nodes_per_replica,
        "min": scaling.minimum,
        **({"max": scaling.maximum} if scaling.maximum else {}),
        "preventSinglePointFailure": scaling.prevent_single_point_failure,
    }
    return json.dumps(parameters, separators=(",", ":"))

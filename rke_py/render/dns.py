"""What the DNS servers of a cluster have in common: the zones they answer for, and who counts their replicas."""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import ip_network

from rke_py.cluster.addon_model import Autoscaling, Dns
from rke_py.cluster.model import Cluster, Role
from rke_py.render.workloads import on_workers

WHOLE_REVERSE = ("in-addr.arpa", "ip6.arpa")


def reverse_zones(dns: Dns) -> tuple[str, ...]:
    """Return the reverse zones of ``dns.reversecidrs`` by name; all of both IP versions unless told.

    A range whose length does not end a label is several zones: ``10.64.0.0/10`` is 64 of them.
    """
    given = (word for entry in dns.reversecidrs for word in entry.split())  # RKE wants several in one entry
    zones = tuple(dict.fromkeys(zone for entry in given for zone in _zones(entry)))
    return zones or WHOLE_REVERSE


def _zones(entry: str) -> tuple[str, ...]:
    if "/" not in entry:
        return (entry.rstrip("."),)
    subnet = ip_network(entry, strict=False)
    bits, suffix = (8, "in-addr.arpa") if subnet.version == 4 else (4, "ip6.arpa")
    whole = -(-subnet.prefixlen // bits)
    parts = subnet.subnets(new_prefix=whole * bits)
    return tuple(_named(part.network_address.reverse_pointer, whole, suffix) for part in parts)


def _named(pointer: str, labels: int, suffix: str) -> str:
    """Return a pointer without what stands for single addresses: the last ``labels`` labels before the suffix."""
    own = pointer.removesuffix(f".{suffix}").split(".")
    return ".".join([*own[len(own) - labels :], suffix])


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

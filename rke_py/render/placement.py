"""On how many hosts the pods of an add-on may run, as far as cluster.yml tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rke_py.cluster.model import Cluster, Host, Role, Taint


def places(cluster: Cluster, node_selector: Mapping[str, str], tolerations: Iterable[Mapping[str, object]]) -> int:
    """Return the number of hosts that a Deployment of ours may use, at least 1.

    Ours run on workers, in a cluster without workers on all hosts. Labels that others set on nodes are not known here;
    a selector that asks for such counts as one place.
    """
    given = tuple(tolerations)
    hosts = cluster.with_role(Role.WORKER) or cluster.hosts
    return max(1, sum(_selected(host, node_selector) and _tolerated(host, given) for host in hosts))


def tolerates(toleration: Mapping[str, object], taint: Taint) -> bool:
    """Tell whether a toleration lets pods onto a node with the taint, by Kubernetes' own rule."""
    exists = toleration.get("operator") == "Exists"
    return (
        toleration.get("effect") in (None, "", taint.effect)
        and (toleration.get("key") == taint.key or (exists and not toleration.get("key")))
        and (exists or (toleration.get("value") or "") == taint.value)
    )


def _selected(host: Host, node_selector: Mapping[str, str]) -> bool:
    labels = {"kubernetes.io/os": "linux", "kubernetes.io/hostname": host.name, **host.labels}
    labels |= {f"node-role.kubernetes.io/{role}": "true" for role in host.roles}
    return labels.items() >= node_selector.items()


def _tolerated(host: Host, tolerations: tuple[Mapping[str, object], ...]) -> bool:
    hard = (taint for taint in host.taints if taint.effect != "PreferNoSchedule")
    return all(any(tolerates(toleration, taint) for toleration in tolerations) for taint in hard)

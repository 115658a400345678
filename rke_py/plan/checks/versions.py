"""Whether what runs on the hosts and the version that is wanted may run together.

The state tells which version was last applied in full. After a run that died half way the hosts tell more: an API
server may be newer already, a host that was left out may be older than its neighbours can bear. The limits are those of
Kubernetes' version skew policy: no way back, API servers at most one minor release apart, a kubelet never newer than an
API server and at most three minor releases older. What an image holds is what runs, so its tag counts before
``kubernetes_version``.
"""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.catalog.order import Order, order, order_of, version_in_tag
from rke_py.catalog.rke import releases_reporting
from rke_py.cluster.model import Cluster, Host, Role
from rke_py.errors import Problem
from rke_py.plan.components.apiserver import NAME as API_SERVER
from rke_py.plan.observed import Observed

_KUBELETS_BEHIND = 3


def version_problems(cluster: Cluster, observed: Observed) -> Iterator[Problem]:
    """Name what the wanted version cannot follow or cannot run beside."""
    for host in cluster.with_role(Role.CONTROLPLANE):
        yield from _api_server(cluster, host, observed)
    for host in cluster.hosts:
        yield from _kubelet(cluster, host, observed)


def _api_server(cluster: Cluster, host: Host, observed: Observed) -> Iterator[Problem]:
    container, wanted = observed.hosts[host.name].containers.get(API_SERVER), _wanted(cluster)
    version = version_in_tag(container.spec.image) if container else ""
    there = order(version)
    if there is None:
        return
    if there > order_of(wanted):
        what = f"{API_SERVER} runs {version} here, and Kubernetes has no way back to {wanted}"
        hint = f"Set kubernetes_version: {_named(version)}, and let an upgrade that stopped half way come to its end."
        yield Problem(where=host.name, what=what, hint=hint)
    elif _behind(cluster, there) > 1:
        what = f"{API_SERVER} runs {version} here, and API servers may be one minor release apart"
        yield Problem(where=host.name, what=what, hint=f"Bring this host to {_line(cluster, 1)} first.")


def _kubelet(cluster: Cluster, host: Host, observed: Observed) -> Iterator[Problem]:
    node = observed.nodes.get(host.name)
    there = order(node.kubelet_version) if node else None
    if node is None or there is None:
        return
    if _behind(cluster, there) < 0:
        what = f"kubelet runs {node.kubelet_version} here, and may not be newer than API servers of {_wanted(cluster)}"
        hint = f"Set kubernetes_version: {_named(node.kubelet_version)} or later."
        yield Problem(where=host.name, what=what, hint=hint)
    elif _behind(cluster, there) > _KUBELETS_BEHIND:
        what = f"kubelet runs {node.kubelet_version} here, too old for API servers of {_wanted(cluster)}"
        oldest = _line(cluster, _KUBELETS_BEHIND)
        hint = f"Bring this host to {oldest} or later first, or take it out of cluster.yml."
        yield Problem(where=host.name, what=what, hint=hint)


def _wanted(cluster: Cluster) -> str:
    return version_in_tag(cluster.images.kube_apiserver) or cluster.version


def _named(running: str) -> str:
    """Return what cluster.yml calls a version that runs; RKE's releases have a number more than their components."""
    return " or ".join(releases_reporting(running)) or running


def _behind(cluster: Cluster, there: Order) -> int:
    """Return how many minor releases it is older than the wanted version."""
    return order_of(_wanted(cluster))[0][1] - there[0][1]


def _line(cluster: Cluster, behind: int) -> str:
    major, minor, _ = order_of(_wanted(cluster))[0]
    return f"v{major}.{minor - behind}"

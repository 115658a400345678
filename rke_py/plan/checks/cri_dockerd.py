"""Whether pods can go from dockershim to cri-dockerd, and that they do not go back."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.plan.checks.words import listed
from rke_py.plan.dockershim import has_cri_dockerd, leaves_dockershim
from rke_py.plan.observed import Observed
from rke_py.plan.rke.runtime import NO_DOCKERSHIM, asks_for_cri_dockerd
from rke_py.plan.rke.shape import older_than
from rke_py.state.model import State

_KEY = "enable_cri_dockerd"
_ENDPOINT_FLAG = "container-runtime-endpoint"
_FORTH = "Write enable_cri_dockerd: true."
_FIRST, _ENDPOINT = "v0.1.78", "v0.1.87"
"""The first tools whose cri-dockerd serves, at dockershim's socket, and the first that have it serve elsewhere."""


def cri_dockerd_problems(cluster: Cluster, state: State, observed: Observed) -> Iterator[Problem]:
    """Name what would end the pods of a host in vain."""
    if cluster.rke is None:
        return
    if cluster.rke.cri_dockerd:
        yield from _old_tools(cluster, observed)
    else:
        yield from _back(cluster, state, observed)


def _old_tools(cluster: Cluster, observed: Observed) -> Iterator[Problem]:
    hosts = [host.name for host in cluster.hosts if leaves_dockershim(cluster, observed.host(host.name))]
    image = cluster.images.kubernetes_services_sidecar
    needed = _FIRST if cluster.minor < NO_DOCKERSHIM else _ENDPOINT
    if hosts and older_than(image, needed):
        yield Problem(
            where="system_images.kubernetes_services_sidecar",
            what=f"{image} has no cri-dockerd to which the pods of {listed(hosts)} could go",
            hint=f"Take it out of cluster.yml, or write {needed} or later.",
        )


def _back(cluster: Cluster, state: State, observed: Observed) -> Iterator[Problem]:
    """Find that pods are to go back to dockershim, be it on those hosts that an unfinished run took away from it."""
    hosts = [host.name for host in cluster.hosts if has_cri_dockerd(observed.host(host.name))]
    before = state.configuration
    if hosts or (before and cluster.minor < NO_DOCKERSHIM and asks_for_cri_dockerd(before)):
        on = f" on {listed(hosts)}" if hosts else ""
        what = f"pods run through cri-dockerd{on}, and do not go back to dockershim, which ends with Kubernetes v1.23"
        yield Problem(where=_KEY, what=what, hint=_FORTH)
    elif cluster.minor >= NO_DOCKERSHIM and before and not asks_for_cri_dockerd(before) and not _own(cluster):
        yield Problem(where=_KEY, what="a kubelet has no dockershim from Kubernetes v1.24 on", hint=_FORTH)


def _own(cluster: Cluster) -> bool:
    """Tell whether kubelets are told of a runtime of the owner's own."""
    return _ENDPOINT_FLAG in cluster.services.kubelet.extra_args

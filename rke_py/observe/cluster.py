"""Looks at etcd, at the nodes and at the add-ons' objects, through the cluster's own APIs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rke_py.catalog.order import minor_of
from rke_py.cluster.model import Cluster
from rke_py.errors import ApiError, HostError
from rke_py.kube.interface import ClusterAccess, KubernetesApi
from rke_py.plan.components.apiserver import NAME as API_SERVER
from rke_py.plan.components.apiserver import READY
from rke_py.plan.observed import ObjectState, Observed, ObservedHost, ObservedNode, ObservedObject, ObservedUse
from rke_py.plan.observed_etcd import ExternalMember, ObservedEtcd
from rke_py.plan.removed_apis import goes_further, removals
from rke_py.render.addons import Addon
from rke_py.transport.parallel import for_each


def look_at_etcd(access: ClusterAccess) -> ObservedEtcd:
    """Ask every etcd host that answers; empty when none does."""
    return access.look_at_etcd()


def look_at_external_etcd(access: ClusterAccess) -> tuple[ExternalMember, ...]:
    """Ask an etcd of the owner's own from every control-plane host; nothing without one."""
    return access.look_at_external_etcd()


def look_at_api_servers(access: ClusterAccess, hosts: Mapping[str, ObservedHost]) -> frozenset[str]:
    """Return the hosts whose API servers are ready, of those that run one."""
    running = [name for name, host in hosts.items() if (one := host.containers.get(API_SERVER)) and one.running]
    said = for_each(running, lambda name: access.check(name, READY))
    return frozenset(name for name, result in said.items() if not isinstance(result, HostError) and result.ok)


def look_at_nodes(api: KubernetesApi) -> Mapping[str, ObservedNode]:
    """Return every Node object."""
    return api.nodes()


def look_at_uses(api: KubernetesApi, cluster: Cluster, observed: Observed) -> tuple[ObservedUse, ...]:
    """Return who uses APIs that the wanted release does not serve; nobody is asked unless it is a later one."""
    wanted = minor_of(cluster.version)
    if wanted is None or not goes_further(cluster, observed):
        return ()
    return api.removed_uses(wanted, removals(cluster, observed))


def look_at_addons(api: KubernetesApi, addons: Sequence[Addon]) -> tuple[ObservedObject, ...]:
    """Compare every add-on's objects with the live ones; those of add-ons that are not wanted any more are stale.

    An add-on about whose objects the API server cannot say anything, because a webhook is away, counts as different:
    its own turn will tell, and all others' turns are planned.
    """
    wanted = {addon.name: addon.objects for addon in addons}
    every = dict.fromkeys((*wanted, *api.addons()))
    seen = for_each(every, lambda name: _compared(api, name, wanted.get(name, ())))
    return tuple(found for answer in seen.values() if not isinstance(answer, BaseException) for found in answer)


def _compared(api: KubernetesApi, name: str, manifests: Sequence[Mapping[str, Any]]) -> tuple[ObservedObject, ...]:
    try:
        return api.compare(name, manifests)
    except ApiError as error:
        if not error.answered:
            raise
        state = ObjectState.DIFFERENT if manifests else ObjectState.STALE
        unknown = ObservedObject(
            addon=name, kind="", api_version="", namespace="", name=name, state=state, changed=(error.what,)
        )
        return (unknown,)

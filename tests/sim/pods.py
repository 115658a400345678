"""The pods of the system, as far as somebody looks at them: one of the pod network for each node, and one of DNS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rke_py.plan.observed import ObservedPod

from . import kubelets
from .store import Store

if TYPE_CHECKING:
    from .world import World

APPS = {"canal": "canal", "calico": "calico-node", "flannel": "flannel", "weave": "weave-net"}


def system_pods(store: Store, world: World) -> Iterator[ObservedPod]:
    """Yield the pods; they are ready unless the world's faults say otherwise, or their node is not."""
    for network, app in APPS.items():
        if network in store.addons:
            yield from (_pod(app, node.name, store, world) for node in store.nodes.values())
    if ("coredns" in store.addons or store.by_rke) and store.nodes:
        yield _pod("kube-dns", min(store.nodes), store, world)
    if "metrics-server" in store.addons and store.nodes:
        yield _pod("metrics-server", min(store.nodes), store, world)


def _pod(app: str, node: str, store: Store, world: World) -> ObservedPod:
    sick = world.faults.sick_pods.get(f"{node}/{app}") or world.faults.sick_pods.get(app, "")
    ready = not sick and kubelets.ready(store.nodes[node], world)
    return ObservedPod(namespace="kube-system", name=f"{app}-{node}", app=app, node=node, ready=ready, reason=sick)

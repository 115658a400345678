"""Everything a host of RKE's own releases has to carry: its containers, and the files beside its certificates."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.model import Role
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.rke.components.apiserver import kube_apiserver
from rke_py.plan.rke.components.controller_manager import kube_controller_manager
from rke_py.plan.rke.components.etcd import etcd
from rke_py.plan.rke.components.kube_proxy import kube_proxy
from rke_py.plan.rke.components.kubelet import kubelet
from rke_py.plan.rke.components.nginx_proxy import nginx_proxy
from rke_py.plan.rke.components.scheduler import kube_scheduler
from rke_py.plan.rke.components.sidekick import sidekick
from rke_py.plan.rke.place import Place


def rke_containers(place: Place) -> tuple[ContainerSpec, ...]:
    """Return the host's containers in the order in which they are started."""
    return tuple(_containers(place))


def _containers(place: Place) -> Iterable[ContainerSpec]:
    host = place.host
    if host.has(Role.ETCD):
        yield etcd(place)
    yield sidekick(place)
    if host.has(Role.CONTROLPLANE):
        yield kube_apiserver(place)
        yield kube_controller_manager(place)
        yield kube_scheduler(place)
    else:
        yield nginx_proxy(place)
    yield kubelet(place)
    yield kube_proxy(place)

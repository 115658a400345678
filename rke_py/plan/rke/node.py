"""Everything a host of RKE's own releases has to carry: its containers, and the files beside its certificates."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.model import Cluster, Host, Role
from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.components.etcd import standing_form
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.conventions import CLOUD_CONFIG
from rke_py.plan.external_etcd import external_files
from rke_py.plan.files import FileSpec
from rke_py.plan.rke.components.apiserver import (
    ADMISSION_FILE,
    AUDIT_FILE,
    ENCRYPTION_FILE,
    WEBHOOK_FILE,
    kube_apiserver,
)
from rke_py.plan.rke.components.controller_manager import kube_controller_manager
from rke_py.plan.rke.components.etcd import etcd
from rke_py.plan.rke.components.kube_proxy import kube_proxy
from rke_py.plan.rke.components.kubelet import kubelet
from rke_py.plan.rke.components.nginx_proxy import nginx_proxy
from rke_py.plan.rke.components.scheduler import kube_scheduler
from rke_py.plan.rke.components.sidekick import sidekick
from rke_py.plan.rke.components.snapshots import rolling_snapshots
from rke_py.plan.rke.place import Place
from rke_py.render.apiserver import admission_text, audit_text, webhook_text
from rke_py.state.model import State


def rke_containers(place: Place) -> tuple[ContainerSpec, ...]:
    """Return the host's containers in the order in which they are started."""
    return tuple(_containers(place))


def every_rke_container(place: Place) -> tuple[ContainerSpec, ...]:
    """Return the containers of a cluster that runs: RKE's plan, and the one that RKE runs beside it.

    RKE makes members that would be born once more if their disk were emptied. Nobody replaces one for that, but one
    that is made anew, or joins, has the form in which it cannot be.
    """
    rolling = place.host.has(Role.ETCD) and place.cluster.backup.recurring
    planned = (standing_form(spec) if spec.name == ETCD else spec for spec in rke_containers(place))
    return (*planned, *((rolling_snapshots(place),) if rolling else ()))


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


def rke_files(cluster: Cluster, host: Host, state: State) -> tuple[FileSpec, ...]:
    """Return the host's files beside its certificates, as RKE's file-deployer writes them: mode 600, root's.

    Those for an etcd of the owner's own are among them.
    """
    return tuple(_files(cluster, host, state))


def _files(cluster: Cluster, host: Host, state: State) -> Iterable[FileSpec]:
    if host.has(Role.CONTROLPLANE):
        yield from (FileSpec(path=path, content=content) for path, content in external_files(cluster).items())
        yield from _written(ADMISSION_FILE, admission_text(cluster.api), secret=False)
        yield from _written(AUDIT_FILE, audit_text(cluster.api), secret=False)
        yield from _written(ENCRYPTION_FILE, state.encryption or None)
    if cluster.api.webhook is not None:
        yield from _written(WEBHOOK_FILE, webhook_text(cluster.api.webhook))
    if cluster.cloud.name:
        yield from _written(CLOUD_CONFIG, cluster.cloud.config.get_secret_value(), secret=cluster.cloud.secret)


def _written(path: str, text: str | None, *, secret: bool = True) -> Iterable[FileSpec]:
    """Yield a file as RKE's ``echo`` leaves it: with a line end more than the text has."""
    if text is not None:
        yield FileSpec(path=path, content=f"{text}\n".encode(), secret=secret)

"""From RKE's own releases to the upstream family: what tells a host's containers apart, and what the way costs.

How far a host has come is never written down: its containers show it. A host's control plane and its member of etcd
come before its kubelet, as everywhere; kubelet, kube-proxy and the API proxy come together with every pod of the host.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rke_py.cluster.model import Cluster, Host
from rke_py.plan.containers import Check, ContainerSpec, FoundContainer, HttpCheck, RunningCheck, TcpCheck
from rke_py.plan.conventions import HEALTH_OF_ETCD
from rke_py.plan.model import Stage
from rke_py.plan.observed import Observed, ObservedHost
from rke_py.plan.reconcile import API_SERVER, old_name
from rke_py.plan.rke.components.nginx_proxy import NAME as API_PROXY
from rke_py.plan.rke.shape import SIDEKICK
from rke_py.plan.steps import MigrateNode

NODE = (API_PROXY, "kubelet", "kube-proxy")
"""RKE's containers of a node that run, in the order in which they are started."""

_LOCALHOST = "localhost"
_ALWAYS_RKE = (API_PROXY, SIDEKICK)
_TOOLS = "/opt/rke"
"""Where RKE's sidekick puts its programs: ``/opt/rke-tools``, with old images ``/opt/rke``."""

_DATA = "/var/lib/rancher/etcd"


def of_rke(found: FoundContainer) -> bool:
    """Tell whether a component is one that RKE made, or that was made as RKE would, by its form."""
    spec = found.spec
    name = spec.name.removeprefix(old_name(""))
    if name in _ALWAYS_RKE or SIDEKICK in spec.volumes_from:
        return True
    words = (*spec.entrypoint, *spec.command)
    return any(word.startswith(_TOOLS) for word in words[:1]) or any(f"={_DATA}" in word for word in words)


def node_of_rke(host: ObservedHost) -> bool:
    """Tell whether a host carries anything yet of what RKE runs as a node, an old one aside included."""
    names = (name for base in (*NODE, SIDEKICK) for name in (base, old_name(base)))
    return any(name in host.containers and of_rke(host.containers[name]) for name in names)


def kubelet_of_rke(host: ObservedHost) -> bool:
    """Tell whether the kubelet that runs on a host, if one does, is RKE's: pods are Docker's containers then."""
    found = host.containers.get("kubelet")
    return found is not None and of_rke(found)


def api_server_of_rke(host: ObservedHost) -> bool:
    """Tell whether a host has an API server that is RKE's."""
    found = host.containers.get(API_SERVER)
    return found is not None and of_rke(found)


def api_server_of_ours(host: ObservedHost) -> bool:
    """Tell whether a host has an API server that is no longer RKE's: the cluster cannot go back any more."""
    return API_SERVER in host.containers and not api_server_of_rke(host)


def check_of_rke(cluster: Cluster, host: Host, name: str) -> Check | None:
    """Return how RKE's own container of a name is proved healthy; None for one that nobody asks."""
    checks: dict[str, Check] = {
        "etcd": HttpCheck(
            port=2379,
            path=HEALTH_OF_ETCD,
            address=host.internal_address,
            ca="kube-ca",
            client="kube-node",
        ),
        API_SERVER: HttpCheck(port=6443, path="/healthz", address=_LOCALHOST, ca="kube-ca", client="kube-admin"),
        "kube-controller-manager": HttpCheck(port=10257, path="/healthz", address=_LOCALHOST, self_signed=True),
        "kube-scheduler": HttpCheck(port=10259, path="/healthz", address=_LOCALHOST, self_signed=True),
        "kubelet": HttpCheck(port=10248, path="/healthz", address=_LOCALHOST),
        "kube-proxy": HttpCheck(port=10256, path="/healthz", address=_LOCALHOST),
        API_PROXY: TcpCheck(port=6443),
    }
    return checks.get(name)


def as_it_runs(cluster: Cluster, host: Host, found: ObservedHost, spec: ContainerSpec) -> ContainerSpec:
    """Return a wanted container as one that RKE left is looked at: under RKE's name, with what proves RKE's."""
    if cluster.rke is not None:
        return spec
    name = API_PROXY if spec.name == "haproxy" and spec.name not in found.containers else spec.name
    there = found.containers.get(name)
    if there is None or not of_rke(there):
        return spec
    return replace(spec, name=name, check=check_of_rke(cluster, host, name) or RunningCheck())


def migration_costs(cluster: Cluster, observed: Observed, stages: Iterable[Stage]) -> Iterator[str]:
    """Yield what it costs to leave RKE's releases: the step after which there is no way back, and the pods."""
    steps = tuple((turn.host, step) for stage in stages for turn in stage.turns for step in turn.steps)
    gone = any(api_server_of_ours(host) for host in observed.hosts.values())
    first = next((host for host, step in steps if getattr(step, "name", "") == API_SERVER), None)
    if cluster.migrating and not gone and first is not None:
        yield (
            f"the kube-apiserver of {first} becomes Kubernetes {cluster.version}: from that step on RKE cannot manage "
            "the cluster any more, and there is no way back to its releases"
        )
    moved = [host for host, step in steps if isinstance(step, MigrateNode)]
    if moved:
        yield (
            f"pods go from Docker to containerd on {', '.join(moved)}, host by host: those that nothing is lost with "
            "are evicted first, within their budgets, the others are made anew where they are"
        )

"""What kubelets tell the API server: that there is a node, that it lives, that it is Ready."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rke_py.cluster.model import Taint
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.rke.runtime import through_cri_dockerd

from . import programs, shown, tls
from .probe import CNI_PLUGINS
from .store import Node, Store

if TYPE_CHECKING:
    from .container import Container
    from .machine import Machine
    from .world import World

NETWORKS = frozenset({"flannel", "canal", "calico", "weave"})
"""Add-ons that bring a pod network."""

TRACES = {
    "flannel": frozenset({"interface cni0", "interface flannel.1", "rules FLANNEL-FWD", "folder /run/flannel"}),
    "canal": frozenset({"interface cali0", "interface flannel.1", "rules FLANNEL-FWD", "rules cali-FORWARD"}),
    "calico": frozenset({"interface cali0", "interface vxlan.calico", "rules cali-FORWARD"}),
    "weave": frozenset({"interface weave", "rules WEAVE"}),
    "node-local-dns": frozenset({"interface nodelocaldns"}),
}
"""What each network leaves on a machine, and the DNS cache."""

PODS_IN_DOCKER, RUNTIME = "k8s_", "runtime"
"""How the names of pods' containers begin, and which of their labels says who made them; that one is ours alone."""
_POD = ContainerSpec(
    name="", image="pod", entrypoint=("/pod",), network_mode="none", restart="", labels={"io.kubernetes.pod.uid": "1"}
)

_CA = "/etc/kubernetes/ssl/kube-ca.pem"
_RENEWAL = timedelta(seconds=10)
_REGISTRATION = timedelta(milliseconds=300)
_GRACE = timedelta(seconds=40)
"""So long without renewal, and the node controller calls the node Unknown."""


def report(machine: Machine, store: Store) -> None:
    """Let the machine's kubelet register its node and renew its lease, if it can."""
    kubelet = machine.running("kubelet")
    if kubelet is None or kubelet.running_for < kubelet.program.start_time + _REGISTRATION:
        return
    if programs.unhealthy(kubelet) or not _accepted(machine, kubelet, store):
        return
    told = kubelet.flag("hostname-override") or machine.cloud_name or machine.name
    in_cloud = kubelet.flag("cloud-provider") not in (None, "", "external")
    name = (in_cloud and machine.cloud_name) or told
    renewed = _last_renewal(kubelet, machine.world.now)
    node = store.nodes.get(name)
    if node is None and not _registers(kubelet, name, store):
        return
    if node is None:
        node = store.nodes[name] = Node(name=name, renewed_at=renewed, taints=_registered_taints(kubelet))
    node.labels["kubernetes.io/hostname"] = told.lower()
    node.renewed_at = max(node.renewed_at, renewed)
    node.kubelet_version = kubelet.spec.image.rpartition(":")[2].partition("-rancher")[0]
    node.internal_ip = machine.internal_address
    of_rke = "-rancher" in kubelet.spec.image
    if of_rke and NETWORKS & store.addons.keys():
        machine.cni |= set(CNI_PLUGINS)  # the network's own pods bring them
    node.network = bool(NETWORKS & store.addons.keys()) and set(CNI_PLUGINS) <= machine.cni
    if node.network and of_rke:
        _in_docker(machine, runtime_of(kubelet.spec))
    elif node.network and not machine.pods:
        machine.pods.add(f"kube-system/pod-{machine.name}")
        for network in NETWORKS & store.addons.keys():
            machine.traces |= TRACES[network]


def runtime_of(kubelet: ContainerSpec) -> str:
    """Return what a kubelet of RKE's reaches its pods through, as the pods that it makes here show it."""
    return "cri-dockerd" if through_cri_dockerd(kubelet) else "dockershim"


def _in_docker(machine: Machine, runtime: str) -> None:
    """Let a pod run as containers of Docker's, one for its network and one that works, whoever made those that run.

    Without the first of them all is made anew.
    """
    names = (f"k8s_POD_pod-{machine.name}", f"k8s_main_pod-{machine.name}")
    if not machine.running(names[0]):
        for gone in (machine.containers.pop(name, None) for name in names):
            machine.addresses -= {gone.id} if gone else set()
    for name in names:
        if name not in machine.containers:
            machine.images.add(_POD.image)
            made = machine.create(replace(_POD, name=name, labels={**_POD.labels, RUNTIME: runtime}))
            made.start()
            machine.addresses.add(made.id)


def _registers(kubelet: Container, name: str, store: Store) -> bool:
    """Tell whether the kubelet makes the Node object: it does so when it starts, and not once more."""
    deleted = store.deleted.get(name)
    return deleted is None or (kubelet.since is not None and kubelet.since > deleted)


def ready(node: Node, world: World) -> bool:
    """Tell whether the node is Ready as the API server shows it."""
    return node.network and world.now - node.renewed_at < _GRACE


def _accepted(machine: Machine, kubelet: Container, store: Store) -> bool:
    """Tell whether the kubelet reaches an API server of that store and is known to it."""
    group = programs.api_storage(machine)
    if group is None or group.store is not store:
        return False
    front = machine.listener(6443)
    own = front if front and isinstance(front.program, programs.ApiServer) else next(iter(machine.world.api_servers()))
    client = next((text for path, text in kubelet.loaded.items() if _is_client(path)), b"")
    if tls.refusal(shown.clients_ca(own), client, own.machine.now):
        return False
    return not tls.refusal(kubelet.loaded.get(_CA, b""), shown.served_with(own), machine.now)


def _is_client(path: str) -> bool:
    return "/kube-node" in path and path.endswith(".pem") and not path.endswith("-key.pem")


def _registered_taints(kubelet: Container) -> tuple[Taint, ...]:
    text = next((content for path, content in kubelet.loaded.items() if path.endswith("kubelet-config.yaml")), b"")
    told = kubelet.flag("register-with-taints") or ""
    found = []
    for role, effect in (("etcd", "NoExecute"), ("controlplane", "NoSchedule")):
        key = f"node-role.kubernetes.io/{role}"
        if key.encode() in text or key in told:
            found.append(Taint(key=key, value="true", effect=effect))
    return tuple(found)


def _last_renewal(kubelet: Container, now: datetime) -> datetime:
    first = (kubelet.since or now) + kubelet.program.start_time + _REGISTRATION
    return first + (now - first) // _RENEWAL * _RENEWAL

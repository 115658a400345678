"""What is done on one host to have kubelet, kube-proxy and API proxy as wanted, and its node well with them."""

from __future__ import annotations

from dataclasses import replace

from rke_py.cluster.model import Host, Role
from rke_py.plan.converge import converge, delete_stale
from rke_py.plan.departing import dead_api_server, keeps_api_server
from rke_py.plan.dockershim import has_cri_dockerd, leaves_dockershim, with_pods_anew
from rke_py.plan.emptied import drained, proved, uncordoned
from rke_py.plan.migration import node_of_rke
from rke_py.plan.node_migration import carried, emptied_for_migration, migrated, pods_proved, unproved
from rke_py.plan.node_object import as_rke_left, node_differences, wanted_node
from rke_py.plan.rke.shape import SIDEKICK
from rke_py.plan.step_images import images_of
from rke_py.plan.steps import (
    ContainerStep,
    CreateTogether,
    DrainNode,
    ProveNode,
    RemoveContainer,
    RestartContainer,
    SetNode,
    Step,
    TakesDown,
)
from rke_py.plan.wanted import Wanted

_API_SERVER, _KUBELET = "kube-apiserver", "kubelet"
_UNTOLD = "no API server tells yet what its node is called"


def node_steps(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the steps of a host's turn; the node is proved later where there is no pod network yet."""
    if wanted.cluster.rke is None and node_of_rke(wanted.found(host)):
        return _migrated(wanted, host)
    components = (*_room(wanted, host), *converge(wanted, host, _components(wanted, host), last=True))
    leaves = leaves_dockershim(wanted.cluster, wanted.found(host))
    if leaves:
        before = _before_cri_dockerd(wanted, host)
        components = tuple(with_pods_anew(wanted.cluster, step, before) for step in components)
    if proved_apart(wanted, host):
        return components
    components = (*components, *_registered_anew(wanted, host, components))
    restarts = any("kubelet" in _containers(step) for step in components)
    emptied = _emptied_for_cri_dockerd if leaves else drained
    drain = _with_images(_leaves_work(wanted, host) or (emptied(wanted, host) if restarts else ()), components)
    proof = proven(wanted, host) if restarts or (components and not wanted.up(host)) else ()
    end = uncordoned(wanted, host, drained=bool(drain))
    proving = tuple(_proving(step, proof) for step in components)
    back = pods_proved(wanted, host) if leaves else unproved(wanted, host)
    return (*drain, *proving, *labelled(wanted, host), *proof, *back, *end)


def _with_images(drain: tuple[Step, ...], components: tuple[Step, ...]) -> tuple[Step, ...]:
    """Let what follows have its images before the node is emptied."""
    images = tuple(dict.fromkeys(image for step in components for image in images_of(step)))
    return tuple(replace(step, images=images) if isinstance(step, DrainNode) else step for step in drain)


def _proving(step: Step, proof: tuple[ProveNode, ...]) -> Step:
    """Let the old kubelet be put back unless the new one makes the node Ready."""
    if proof and isinstance(step, TakesDown) and step.name == _KUBELET:
        return replace(step, node=proof[0])
    return step


def _emptied_for_cri_dockerd(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the step that empties a node before its pods leave dockershim; in an unfinished turn they may have."""
    if has_cri_dockerd(wanted.found(host)):
        return ()
    return emptied_for_migration(wanted, host, "cri-dockerd")


def _before_cri_dockerd(wanted: Wanted, host: Host) -> str:
    """Return what the kubelet with dockershim reported, unless another one may have reported since."""
    node = wanted.observed.nodes.get(host.name)
    return "" if node is None or has_cri_dockerd(wanted.found(host)) else node.kubelet_version


def _migrated(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the steps by which a node leaves RKE's releases; it is proved with what moves it."""
    drain = emptied_for_migration(wanted, host, "containerd")
    end = uncordoned(wanted, host, drained=bool(drain))
    move = (*migrated(wanted, host), *labelled(wanted, host), *pods_proved(wanted, host))
    return (*carried(wanted, host), *drain, *move, *end, *delete_stale(wanted, host))


def _registered_anew(wanted: Wanted, host: Host, others: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the restart of a kubelet whose Node object somebody deleted: it makes one only when it starts."""
    kubelet = wanted.found(host).containers.get("kubelet")
    there = not wanted.observed.api or host.name in wanted.observed.nodes
    if there or kubelet is None or not kubelet.running or any("kubelet" in _containers(step) for step in others):
        return ()
    why = ("its Node object is gone",)
    return (RestartContainer(host=host.name, spec=wanted.container(host, "kubelet"), why=why),)


def _components(wanted: Wanted, host: Host) -> tuple[str, ...]:
    """Return what is to run; the API proxy not before the API server that had its port is gone.

    What a control plane's containers take from RKE's sidekick, it has to be there for before them.
    """
    later = {wanted.api_proxy} if keeps_api_server(wanted, host) else set[str]()
    before = {SIDEKICK} if host.has(Role.CONTROLPLANE) else set[str]()
    components = (SIDEKICK, wanted.api_proxy, "kubelet", "kube-proxy")
    return tuple(name for name in components if name not in later | before)


def _room(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the end of an API server that does not run, in whose place the API proxy comes."""
    if not dead_api_server(wanted, host):
        return ()
    why = ("it does not run, and its host is no control plane any more",)
    return (RemoveContainer(host=host.name, name=_API_SERVER, grace=0, why=why),)


def _leaves_work(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the step that empties a node which is no worker any more; its taints keep pods away from then on.

    A host that a killed run left half joined is no node yet, and has none.
    """
    if Role.WORKER not in host.carried - host.roles or not wanted.observed.node_ready(host.name):
        return ()
    why = ("it is no worker any more",)
    return (DrainNode(host=host.name, options=wanted.cluster.upgrade_strategy.drain_input, why=why),)


def _containers(step: Step) -> tuple[str, ...]:
    if isinstance(step, CreateTogether):
        return tuple(spec.name for spec in step.specs)
    return (step.name,) if isinstance(step, ContainerStep) else ()


def labelled(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the step that gives the host's node the labels, taints and annotations that it is to have."""
    want, node = wanted_node(host, wanted.applied.get(host.name)), wanted.observed.nodes.get(host.name)
    registered = _KUBELET in wanted.found(host).containers
    if node is None and not wanted.observed.api and wanted.finished_once and registered:
        return (SetNode(host=host.name, want=want, why=(_UNTOLD,)),) if _may_be_untold(wanted, host) else ()
    why = node_differences(want, node) if node else ("the node is not registered yet",)
    if not why or (node and wanted.cluster.rke is not None and not node_differences(as_rke_left(want, node), node)):
        return ()
    return (SetNode(host=host.name, want=want, why=why),)


def _may_be_untold(wanted: Wanted, host: Host) -> bool:
    """Tell whether a node may still be called what its host was before, while no API server can be asked.

    Pods stay away from a worker whose node is still called a member of etcd. Of nodes in RKE's own releases more than
    that is left as RKE wrote it, so those wait for a run that sees them.
    """
    changes = host.carried != host.roles or (Role.WORKER in host.roles and len(host.roles) > 1)
    return changes and wanted.cluster.rke is None


def proven(wanted: Wanted, host: Host) -> tuple[ProveNode, ...]:
    """Return the proof of the node; without a network plugin of ours only a node that was Ready can be expected so."""
    if wanted.cluster.network.plugin == "none" and not wanted.observed.node_ready(host.name):
        return ()
    return (proved(wanted, host, ("its kubelet starts",)),)


def proved_apart(wanted: Wanted, host: Host) -> bool:
    """Tell whether a node is proved in a stage of its own, after the add-ons.

    One that joins while something of the pod network is missing is Ready no sooner.
    """
    joins = host.name not in wanted.observed.nodes
    return wanted.quiet or wanted.without_network or (joins and wanted.lacks_of_network)

"""Kubelet, kube-proxy and the API proxy: first on etcd and control-plane hosts, then on workers within their limit."""

from __future__ import annotations

from dataclasses import replace

from rke_py.cluster.model import Host, Role
from rke_py.plan.departing import dead_api_server, keeps_api_server, keeps_older_api_server
from rke_py.plan.dockershim import has_cri_dockerd, leaves_dockershim, with_pods_anew
from rke_py.plan.emptied import drained, proved, uncordoned
from rke_py.plan.limits import limit_of
from rke_py.plan.migration import node_of_rke
from rke_py.plan.model import OnFailure, Stage, Turn
from rke_py.plan.node_migration import carried, emptied_for_migration, migrated, pods_proved, unproved
from rke_py.plan.node_object import as_rke_left, node_differences, wanted_node
from rke_py.plan.rke.shape import SIDEKICK
from rke_py.plan.stage_names import (
    ADDONS,
    CONTROL_PLANE,
    DNS_CACHE,
    NODES,
    PLUGINS,
    READY,
    WORKERS,
    node_turn,
    prepared,
)
from rke_py.plan.step_images import images_of
from rke_py.plan.steps import (
    ContainerStep,
    CreateTogether,
    DrainNode,
    MigrateNode,
    ProveNode,
    RemoveContainer,
    RestartContainer,
    SetNode,
    Step,
    TakesDown,
)
from rke_py.plan.wanted import Wanted

_API_SERVER, _KUBELET = "kube-apiserver", "kubelet"


def nodes_stage(wanted: Wanted) -> Stage:
    """Plan the node components of hosts with etcd or the control plane, one host at a time once they run.

    One that is down already has its turn first, where that mends it; until then the others are not touched.
    """
    hosts = tuple(host for host in wanted.reachable() if not host.only_worker)
    after = frozenset[str]() if wanted.quiet else frozenset({CONTROL_PLANE, DNS_CACHE})
    turns, down = _turns(wanted, NODES, hosts), _down(wanted, hosts)
    first = frozenset(turn.key for turn in turns if turn.mends and turn.host in down)
    turns = tuple(turn if turn.key in first else replace(turn, after=turn.after | first) for turn in turns)
    return Stage(name=NODES, turns=turns, limit=0 if wanted.untrusted else 1, after=after)


def workers_stage(wanted: Wanted) -> Stage:
    """Plan the workers, streamed: as one finishes the next starts, never more than the limit down.

    The limit counts workers that were down before we came. A failed worker does not stop the others while it holds.
    """
    hosts = tuple(host for host in wanted.reachable() if host.only_worker)
    workers = tuple(host for host in wanted.cluster.hosts if host.only_worker)
    limit = limit_of(wanted.cluster.upgrade_strategy.max_unavailable_worker, len(workers)) if workers else 1
    after = frozenset[str]() if wanted.quiet else frozenset({CONTROL_PLANE, NODES})
    return Stage(
        name=WORKERS,
        turns=_turns(wanted, WORKERS, hosts),
        limit=0 if wanted.untrusted else limit,
        down=_down(wanted, workers),
        on_failure=OnFailure.COUNT,
        after=after,
    )


def ready_stage(wanted: Wanted) -> Stage:
    """Plan the proof that nodes are Ready where the pod network has to be applied first."""
    network = f"{ADDONS}/{wanted.cluster.network.plugin}"
    turns = tuple(
        Turn(
            stage=READY,
            host=host.name,
            steps=(*_set_node(wanted, host), *_prove_node(wanted, host)),
            after=frozenset({node_turn(host), network}),
            disrupts=False,
            worker=host.only_worker,
        )
        for host in wanted.reachable()
        if _apart(wanted, host)
    )
    return Stage(name=READY, turns=turns, limit=0, on_failure=OnFailure.COUNT)


def _turns(wanted: Wanted, stage: str, hosts: tuple[Host, ...]) -> tuple[Turn, ...]:
    return tuple(
        Turn(
            stage=stage,
            host=host.name,
            steps=steps,
            after=_after(wanted, host),
            disrupts=wanted.up(host),
            mends=any(isinstance(step, ProveNode | MigrateNode) for step in steps),
            worker=host.only_worker,
        )
        for host in hosts
        if not keeps_older_api_server(wanted, host) and (steps := node_steps(wanted, host))
    )


def node_steps(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the steps of a host's turn; the node is proved later where there is no pod network yet."""
    if wanted.cluster.rke is None and node_of_rke(wanted.found(host)):
        return _migrated(wanted, host)
    components = (*_room(wanted, host), *wanted.converge(host, _components(wanted, host), last=True))
    leaves = leaves_dockershim(wanted.cluster, wanted.found(host))
    if leaves:
        before = _before_cri_dockerd(wanted, host)
        components = tuple(with_pods_anew(wanted.cluster, step, before) for step in components)
    if _apart(wanted, host):
        return components
    components = (*components, *_registered_anew(wanted, host, components))
    restarts = any("kubelet" in _containers(step) for step in components)
    emptied = _emptied_for_cri_dockerd if leaves else drained
    drain = _with_images(_leaves_work(wanted, host) or (emptied(wanted, host) if restarts else ()), components)
    proof = _prove_node(wanted, host) if restarts or (components and not wanted.up(host)) else ()
    end = uncordoned(wanted, host, drained=bool(drain))
    proving = tuple(_proving(step, proof) for step in components)
    back = pods_proved(wanted, host) if leaves else unproved(wanted, host)
    return (*drain, *proving, *_set_node(wanted, host), *proof, *back, *end)


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
    move = (*migrated(wanted, host), *_set_node(wanted, host), *pods_proved(wanted, host))
    return (*carried(wanted, host), *drain, *move, *end, *wanted.delete(host))


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


def _set_node(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    want, node = wanted_node(host, wanted.applied.get(host.name)), wanted.observed.nodes.get(host.name)
    registered = _KUBELET in wanted.found(host).containers
    if node is None and not wanted.observed.api and wanted.finished_once and registered:
        return ()
    why = node_differences(want, node) if node else ("the node is not registered yet",)
    if not why or (node and wanted.cluster.rke is not None and not node_differences(as_rke_left(want, node), node)):
        return ()
    return (SetNode(host=host.name, want=want, why=why),)


def _prove_node(wanted: Wanted, host: Host) -> tuple[ProveNode, ...]:
    """Return the proof of the node; without a network plugin of ours only a node that was Ready can be expected so."""
    if wanted.cluster.network.plugin == "none" and not wanted.observed.node_ready(host.name):
        return ()
    return (proved(wanted, host, ("its kubelet starts",)),)


def _after(wanted: Wanted, host: Host) -> frozenset[str]:
    before = prepared(host) | {f"{PLUGINS}/{host.name}"}
    if not wanted.quiet:
        return before
    controlplane = wanted.cluster.with_role(Role.CONTROLPLANE)
    api = host.name if host.has(Role.CONTROLPLANE) else controlplane[0].name
    return before | {f"{CONTROL_PLANE}/{api}"}


def _apart(wanted: Wanted, host: Host) -> bool:
    """Tell whether a node is proved in a stage of its own, after the add-ons.

    One that joins while something of the pod network is missing is Ready no sooner.
    """
    joins = host.name not in wanted.observed.nodes
    return wanted.quiet or wanted.without_network or (joins and wanted.lacks_of_network)


def _down(wanted: Wanted, hosts: tuple[Host, ...]) -> frozenset[str]:
    """Return which are down already: their node exists but is not Ready, or the host does not answer."""
    nodes = wanted.observed.nodes
    return frozenset(
        host.name
        for host in hosts
        if not (nodes[host.name].ready if host.name in nodes else wanted.found(host).reachable)
    )

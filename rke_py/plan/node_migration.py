"""How a host's node goes to another runtime: which steps, in which order, around the one that moves it.

Where it leaves RKE's releases that is containerd, within them cri-dockerd in dockershim's place.
"""

from __future__ import annotations

from rke_py.cluster.model import Host
from rke_py.plan.components.haproxy import NAME as API_PROXY
from rke_py.plan.converge import write_used
from rke_py.plan.dockershim import to_cri_dockerd
from rke_py.plan.migration import NODE, check_of_rke, kubelet_of_rke
from rke_py.plan.node_object import CORDONED
from rke_py.plan.observed import ObservedHost
from rke_py.plan.reconcile import old_name
from rke_py.plan.rke.shape import SIDEKICK
from rke_py.plan.steps import CarryImages, DrainNode, MigrateNode, ProvePods, Step
from rke_py.plan.wanted import Wanted

_OURS = (API_PROXY, "kubelet", "kube-proxy")


def emptied_for_migration(wanted: Wanted, host: Host, runtime: str) -> tuple[Step, ...]:
    """Return the step that empties a node before its pods go to another runtime, where they can go elsewhere.

    Unless cluster.yml asks for a drain of its own kind, pods stay that would lose something elsewhere: they are made
    anew where they are, with their volumes. An API server that did not answer when the run began does so by then, as
    the control plane comes first.
    """
    strategy = wanted.cluster.upgrade_strategy
    alone = len(wanted.cluster.hosts) == 1
    if alone or not wanted.up(host) or not kubelet_of_rke(wanted.found(host)):
        return ()
    why = (f"its pods go to {runtime}",)
    return (DrainNode(host=host.name, options=strategy.drain_input, spare=not strategy.drain, why=why),)


def carried(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the step that brings the images of a node's pods, while they still run in Docker."""
    if not kubelet_of_rke(wanted.found(host)):
        return ()
    socket = host.docker_socket
    path = "" if "://" in socket else socket.replace("/var/run/", "/run/", 1)
    why = ("its pods go to containerd",)
    return (CarryImages(host=host.name, tools=wanted.cluster.images.tools, docker_socket=path, why=why),)


def pods_proved(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the proof that the pods that stay on a node are back, before others come to it.

    Pods that were not Ready before need not be. Of a node that an earlier run kept other pods from nobody can tell, as
    it is by the way of their node that they are not.
    """
    observed = wanted.observed
    unready = frozenset(pod for pod, node in observed.unready_pods.items() if not _kept_away(wanted, node))
    in_docker = wanted.cluster.rke is not None
    return (ProvePods(host=host.name, unready=unready, in_docker=in_docker, why=("its pods were made anew",)),)


def unproved(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return that proof for a node that an earlier run moved, and whose pods were not back when it ended.

    Once it was moved nothing but our keeping pods away tells of it: the state may say that all of it was reached.
    """
    going = wanted.cluster.migrating or to_cri_dockerd(wanted.cluster)
    return pods_proved(wanted, host) if going and _kept_away(wanted, host.name) else ()


def _kept_away(wanted: Wanted, name: str) -> bool:
    """Tell whether we keep pods away from a node; whoever lets them onto it takes that over."""
    node = wanted.observed.nodes.get(name)
    return node is not None and node.unschedulable and CORDONED in node.annotations


def migrated(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the steps that write the node's files and move it."""
    found, node = wanted.found(host), wanted.observed.nodes.get(host.name)
    specs = tuple(spec for spec in wanted.nodes[host.name].containers if spec.name in _OURS)
    checks = {name: check for name in _there(found) if (check := check_of_rke(wanted.cluster, host, name))}
    move = MigrateNode(
        host=host.name,
        specs=specs,
        old=_there(found),
        leftover=tuple(name for name in (SIDEKICK, old_name(SIDEKICK)) if name in found.containers),
        checks=checks,
        tools=wanted.cluster.images.tools,
        version=wanted.kubelet_version,
        before=node.kubelet_version if node and kubelet_of_rke(found) else "",
        why=("it carries RKE's containers",),
    )
    return (*write_used(wanted, host, _OURS, last=True), move)


def _there(found: ObservedHost) -> tuple[str, ...]:
    """Return RKE's containers of the node that are there, aside or not."""
    return tuple(name for name in NODE if name in found.containers or old_name(name) in found.containers)

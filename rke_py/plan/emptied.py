"""Around what takes a node down: emptied before where cluster.yml asks for it, proved and opened to pods after."""

from __future__ import annotations

from rke_py.cluster.model import Host
from rke_py.plan.departing import keeps_api_server
from rke_py.plan.node_object import CORDONED
from rke_py.plan.steps import DrainNode, ProveNode, Step, UncordonNode
from rke_py.plan.wanted import Wanted


def emptied(wanted: Wanted, host: Host, steps: tuple[Step, ...], why: tuple[str, ...]) -> tuple[Step, ...]:
    """Return steps that take a node's pods down, within what spares those pods and proves the node afterwards.

    Args:
        wanted: What is wanted and found.
        host: The host.
        steps: What takes its pods down.
        why: Why the node has to be proved.
    """
    drain = drained(wanted, host)
    return (*drain, *steps, proved(wanted, host, why), *uncordoned(wanted, host, drained=bool(drain)))


def proved(wanted: Wanted, host: Host, why: tuple[str, ...]) -> ProveNode:
    """Return the step that proves a node with all that the host is to carry; an API proxy may have to wait its turn."""
    later = (wanted.api_proxy,) if keeps_api_server(wanted, host) else ()
    return ProveNode(host=host.name, version=wanted.kubelet_version, going=(*wanted.going(host), *later), why=why)


def drained(wanted: Wanted, host: Host) -> tuple[Step, ...]:
    """Return the step that empties a node that serves, where cluster.yml asks for it."""
    strategy = wanted.cluster.upgrade_strategy
    if not strategy.drain or not wanted.observed.node_ready(host.name):
        return ()
    return (DrainNode(host=host.name, options=strategy.drain_input, why=("upgrade_strategy.drain",)),)


def uncordoned(wanted: Wanted, host: Host, *, drained: bool) -> tuple[Step, ...]:
    """Return the step that lets pods onto the node again, also where a run that died left it cordoned."""
    node = wanted.observed.nodes.get(host.name)
    left = node is not None and CORDONED in node.annotations
    if not drained and not left:
        return ()
    return (UncordonNode(host=host.name, why=("drained before" if drained else "an earlier run left it cordoned",)),)

"""Whether hosts of both families reach each other's pods while a cluster leaves RKE's releases.

They are of both until the last host's plugin was made anew, so what plugins of different hosts have to agree on stays
as it runs. What runs is not always what cluster.yml says: RKE's templates leave some of it out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.pki.names import is_address, normal
from rke_py.plan.observed import Observed, ObservedNode
from rke_py.plan.pod_network import AGREED, changes, options_of
from rke_py.state.model import State

_ALONE = "until its plugin has changed too, a host that has changed does not reach the pods of one that has not"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Address:
    """How a plugin finds the address at which a node's pods are reached.

    Attributes:
        annotation: Of the Node, where it tells what it found.
        option: Which key of ``network.options`` says it; without it RKE's takes the first interface, ours the node's.
        value: What makes ours find what RKE's does.
    """

    annotation: str
    option: str
    value: str


_FLANNEL, _INTERFACE = "flannel.alpha.coreos.com/public-ip", "the interface with that address"
_ADDRESSES: Mapping[str, _Address] = {
    "flannel": _Address(annotation=_FLANNEL, option="flannel_iface", value=_INTERFACE),
    "canal": _Address(annotation=_FLANNEL, option="canal_iface", value=_INTERFACE),
    "calico": _Address(
        annotation="projectcalico.org/IPv4Address", option="calico_ip_autodetection_method", value="first-found"
    ),
}


def pod_network_problems(cluster: Cluster, state: State, observed: Observed) -> Iterator[Problem]:
    """Name what of the pod network would change while hosts of both families carry it."""
    yield from _options(cluster, state)
    yield from _addresses(cluster, observed)


def _options(cluster: Cluster, state: State) -> Iterator[Problem]:
    agreed = AGREED.get(cluster.network.plugin, ())
    for change in changes(agreed, options_of(state.configuration), cluster.network.options, left_by_rke=True):
        why = "" if change.option.of_rke else ", since RKE's templates leave this option out"
        yield Problem(
            where=f"network.options.{change.option.name}",
            what=f"hosts have {change.runs} now{why}, and would get {change.asked}: {_ALONE}",
            hint=f"Write {change.runs}. Change it later, in a run of its own, when that may be for a while.",
        )


def _addresses(cluster: Cluster, observed: Observed) -> Iterator[Problem]:
    """Find nodes whose pods are reached at another address than they would be, on hosts with several interfaces."""
    address = _ADDRESSES.get(cluster.network.plugin)
    if address is None or cluster.network.options.get(address.option):
        return
    nodes = (observed.nodes[host.name] for host in cluster.hosts if host.name in observed.nodes)
    other = [
        f"{node.name} {found}, not {node.internal_ip}"
        for node in nodes
        if (found := _elsewhere(node, address.annotation))
    ]
    if other:
        yield Problem(
            where=f"network.options.{address.option}",
            what=f"nodes' pods are reached at another address now than at the internal one: {'; '.join(other)}; "
            f"{_ALONE}",
            hint=f"Write {address.option}: {address.value}. Change it later, in a run of its own.",
        )


def _elsewhere(node: ObservedNode, annotation: str) -> str:
    """Return the address that a node's plugin found, empty when it is the internal one or nobody can tell."""
    found, internal = node.annotations.get(annotation, "").partition("/")[0], node.internal_ip
    known = is_address(found) and is_address(internal) and (":" in found) == (":" in internal)
    return found if known and normal(found) != normal(internal) else ""

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
from rke_py.state.model import State

_ALONE = "until its plugin has changed too, a host that has changed does not reach the pods of one that has not"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Option:
    """An option that hosts have to agree on.

    Attributes:
        name: Its key in ``network.options``.
        default: What holds without it, in both families.
        written: Whether RKE's templates have it; otherwise the default runs, whatever cluster.yml says.
    """

    name: str
    default: str = ""
    written: bool = True


_OPTIONS: Mapping[str, tuple[_Option, ...]] = {
    "flannel": (
        _Option(name="flannel_backend_type", default="vxlan"),
        _Option(name="flannel_backend_port", default="8472"),
        _Option(name="flannel_backend_vni", default="1"),
    ),
    "canal": (
        _Option(name="canal_flannel_backend_type", default="vxlan"),
        _Option(name="canal_flannel_backend_port", default="8472", written=False),
        _Option(name="canal_flannel_backend_vni", default="1", written=False),
    ),
    "calico": (_Option(name="calico_encapsulation", default="ipip", written=False),),
}


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
    ran = _options_of(state.configuration)
    for option in _OPTIONS.get(cluster.network.plugin, ()):
        said, asked = ran.get(option.name), cluster.network.options.get(option.name) or option.default
        runs = said if said and option.written else option.default
        if runs != asked:
            why = "" if option.written else ", since RKE's templates leave this option out"
            yield Problem(
                where=f"network.options.{option.name}",
                what=f"hosts have {runs} now{why}, and would get {asked}: {_ALONE}",
                hint=f"Write {runs}. Change it later, in a run of its own, when that may be for a while.",
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


def _options_of(configuration: Mapping[str, object]) -> Mapping[str, str]:
    """Return the options of the last run that finished, those that are not empty."""
    network = configuration.get("network")
    options = network.get("options") if isinstance(network, Mapping) else None
    return {key: str(value) for key, value in options.items() if value} if isinstance(options, Mapping) else {}

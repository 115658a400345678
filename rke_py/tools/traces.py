"""What each pod network, and the DNS cache on nodes, leaves on a host: interfaces, rules, sets, files and folders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What an add-on leaves; all but files and folders are regular expressions of whole names.

    Attributes:
        interfaces: Of the host.
        bridges: Every interface on one of these is a trace, too.
        chains: Of iptables, in any table.
        comments: Of rules that are in somebody else's chains.
        tables: Of nftables.
        sets: Of ipset.
        protocols: Numbers by which the kernel knows who made a route; only routes to pods are meant.
        tunnels: Interfaces of the kernel itself; one with an address of the pod network loses it and goes down.
        files: Paths.
        folders: Paths.
    """

    interfaces: tuple[str, ...] = ()
    bridges: tuple[str, ...] = ()
    chains: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    tunnels: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


_CNI = "/etc/cni/net.d"

_FLANNEL = Traces(
    interfaces=(r"flannel\.\d+", r"flannel-v6\.\d+", "flannel-wg", "flannel-wg-v6"),
    chains=("FLANNEL-.*",),
    tables=("flannel-ipv4", "flannel-ipv6"),
    folders=("/run/flannel",),
)
_CALICO = Traces(
    interfaces=("cali[0-9a-f]{11}",),
    chains=("cali-.*",),
    sets=("cali[46]0.*",),
    files=(f"{_CNI}/calico-kubeconfig",),
    folders=("/run/calico", "/var/lib/calico", "/var/log/calico", "/var/lib/cni/networks/k8s-pod-network"),
)


def _together(*parts: Traces) -> Traces:
    """Return the traces of several things, each only once and in their order."""
    return Traces(
        **{
            field.name: tuple(dict.fromkeys(value for part in parts for value in getattr(part, field.name)))
            for field in fields(Traces)
        }
    )


TRACES = {
    "flannel": _together(
        _FLANNEL,
        Traces(
            interfaces=("cni0",),
            bridges=("cni0",),
            files=(f"{_CNI}/10-flannel.conflist",),
            folders=("/var/lib/cni/flannel", "/var/lib/cni/networks/cbr0"),
        ),
    ),
    "canal": _together(_CALICO, _FLANNEL, Traces(files=(f"{_CNI}/10-canal.conflist",))),
    "calico": _together(
        _CALICO,
        Traces(
            interfaces=(r"vxlan\.calico", r"vxlan-v6\.calico", r"wireguard\.cali", r"wg-v6\.cali"),
            protocols=("12", "80"),
            tunnels=("tunl0",),
            files=(f"{_CNI}/10-calico.conflist",),
        ),
    ),
    "weave": Traces(
        interfaces=("weave", "datapath", "vxlan-6784", "vethwe.*", "vethwl.*"),
        bridges=("weave",),
        chains=("WEAVE.*",),
        sets=("weave-.*",),
        files=(f"{_CNI}/10-weave.conflist",),
        folders=("/var/lib/weave",),
    ),
    "node-local-dns": Traces(interfaces=("nodelocaldns",), comments=("NodeLocal DNS Cache: .*",)),
}
"""By the name of the add-on."""

CLUSTER = Traces(interfaces=("kube-ipvs0",), chains=("KUBE-.*", "CNI-.*"), tables=("kube-proxy",), sets=("KUBE-.*",))
"""Of kubelet, kube-proxy and the standard CNI plugins, whatever the pod network."""

EVERYTHING = _together(CLUSTER, *TRACES.values())
"""What a host that leaves the cluster may carry."""


def left_by(leaving: Iterable[str], staying: Iterable[str]) -> Traces:
    """Return the traces of some add-ons without those that others go on using.

    Args:
        leaving: Names of add-ons.
        staying: Names of add-ons, unknown ones included.
    """
    kept = _together(*(TRACES[name] for name in staying if name in TRACES))
    gone = _together(*(TRACES[name] for name in leaving))
    return Traces(
        **{
            field.name: tuple(value for value in getattr(gone, field.name) if value not in getattr(kept, field.name))
            for field in fields(Traces)
        }
    )


def matches(patterns: Iterable[str], name: str) -> bool:
    """Tell whether a name is one of those that the patterns mean."""
    return any(re.fullmatch(pattern, name) for pattern in patterns)

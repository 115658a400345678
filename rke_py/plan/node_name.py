"""Under which name a machine is in a cluster, as its own containers tell."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import AddressValueError, IPv4Address
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from rke_py.cluster.cloud_model import EXTERNAL
from rke_py.cluster.model import Host
from rke_py.plan.arguments import flag_value
from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.observed import ObservedHost

_MEMBER = "etcd-"
_KUBELETS = "kube-node-"


def node_of(host: ObservedHost) -> str:
    """Return the name of the machine's node, empty when no kubelet of ours tells it."""
    return _flag(host, "kubelet", "hostname-override")


def name_of(host: ObservedHost) -> str:
    """Return the name under which a machine is in a cluster: its node's, else its etcd member's; empty without both."""
    return node_of(host) or _flag(host, ETCD, "name").removeprefix(_MEMBER)


def is_node_of(found: ObservedHost, host: Host) -> bool:
    """Tell whether a machine carries a host's node or member; a kubelet that the cloud names tells its address only."""
    name = name_of(found)
    return name == host.name or (not name and address_of(found) == host.internal_address)


def address_of(host: ObservedHost) -> str:
    """Return the address under which the machine's kubelet registers its node, empty when it is told none."""
    return _flag(host, "kubelet", "node-ip")


def internal_address_of(host: ObservedHost) -> str:
    """Return the internal address that the machine's etcd member tells, else its kubelet; empty when neither does.

    The kubelet's kubeconfig is called after it, with dashes for dots, which only an IPv4 address gives back.
    """
    if url := _flag(host, ETCD, "initial-advertise-peer-urls"):
        return urlsplit(url).hostname or ""
    dashed = PurePosixPath(_flag(host, "kubelet", "kubeconfig")).stem.rpartition(_KUBELETS)[2]
    for told in (dashed.replace("-", "."), address_of(host)):
        with suppress(AddressValueError):
            return str(IPv4Address(told))
    return ""


def tells_provider(host: ObservedHost) -> bool:
    """Tell whether the machine's kubelet works with a cloud that is part of Kubernetes."""
    return _flag(host, "kubelet", "cloud-provider") not in ("", EXTERNAL)


def _flag(host: ObservedHost, container: str, flag: str) -> str:
    found = host.containers.get(container)
    return flag_value((*found.spec.entrypoint, *found.spec.command), flag) or "" if found else ""

"""The stages of a run by name, in the order in which ``make`` plans them, and keys of turns that others wait for."""

from __future__ import annotations

from rke_py.cluster.model import Host

PREPARE = "prepare"
PLUGINS = "CNI plugins"
LOST_MEMBERS = "lost members"
ETCD = "etcd"
SETTLE = "settle etcd"
RECURRING = "recurring snapshots"

ENCRYPTION = "encryption"
"""Before the control plane, the proof that an old key can be dropped."""

ACCESS = "access"
"""Where a cluster leaves RKE's releases, the rights of our API servers, before the first of them runs."""

API_PROXIES = "API proxies"
"""Between the API servers that come and those that serve, where both have a turn (``api_proxies``)."""

CONTROL_PLANE = "control plane"
CONTROLLERS = "controllers"
DNS_CACHE = "DNS cache"
NODES = "nodes"
WORKERS = "workers"
ADDONS = "add-ons"
LEAVINGS = "clean up"
READY = "ready"
CORDON = "cordon"
DRAIN = "drain"
LEAVE_CONTROL_PLANE = "leave control plane"
LEAVE_ETCD = "leave etcd"
CLEAN = "clean hosts"

REWRITING = "rewriting"
"""What a new key has to encrypt, once every API server writes with it."""

FORGET_RKE = "forget RKE"
"""What RKE left in a cluster, once no host may carry its containers any more."""

RKE_LEFTOVERS = "RKE's leftovers"
TRUST = "trust"


def node_turn(host: Host) -> str:
    """Return the key of the turn in which a host's kubelet and what belongs to it are done."""
    return f"{WORKERS if host.only_worker else NODES}/{host.name}"


def prepared(host: Host) -> frozenset[str]:
    """Return the key of the turn that comes first on the host, when there is one.

    It brings a new host's files. On others it removes what a killed run left over, under the very names that what
    comes later gives its own.
    """
    return frozenset({f"{PREPARE}/{host.name}"})

"""The stages of a run by name, and the keys of turns that other turns wait for."""

from __future__ import annotations

from rke_py.cluster.model import Host

PREPARE, PLUGINS, LOST_MEMBERS, ETCD, SETTLE, CONTROL_PLANE, CONTROLLERS, DNS_CACHE, NODES, WORKERS, ADDONS = (
    "prepare",
    "CNI plugins",
    "lost members",
    "etcd",
    "settle etcd",
    "control plane",
    "controllers",
    "DNS cache",
    "nodes",
    "workers",
    "add-ons",
)
RECURRING = "recurring snapshots"
LEAVINGS, READY, CORDON, DRAIN, LEAVE_CONTROL_PLANE, LEAVE_ETCD, CLEAN = (
    "clean up",
    "ready",
    "cordon",
    "drain",
    "leave control plane",
    "leave etcd",
    "clean hosts",
)
"""The stages of a run by name, in order."""

RKE_LEFTOVERS = "RKE's leftovers"

API_PROXIES = "API proxies"
"""Between the API servers that come and those that serve, where both have a turn (``api_proxies``)."""

ACCESS, FORGET_RKE, TRUST = "access", "forget RKE", "trust"
"""Where a cluster leaves RKE's releases: before its control plane, the rights of our API servers; after all, what RKE
left in it."""

ENCRYPTION, REWRITING = "encryption", "rewriting"
"""Before the control plane, the proof that an old key can be dropped; after it, what a new key has to encrypt."""


def node_turn(host: Host) -> str:
    """Return the key of the turn in which a host's kubelet and what belongs to it are done."""
    return f"{WORKERS if host.only_worker else NODES}/{host.name}"


def prepared(host: Host) -> frozenset[str]:
    """Return the key of the turn that comes first on the host, when there is one.

    It brings a new host's files. On others it removes what a killed run left over, under the very names that what
    comes later gives its own.
    """
    return frozenset({f"{PREPARE}/{host.name}"})

"""How a member of etcd is reached on its own host: where it listens, who signed what it shows, as whom it is asked."""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.cluster.model import Cluster, Host

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdAccess:
    """The way to one member.

    Attributes:
        ca, client: Names of certificates in the inventory.
    """

    address: str
    ca: str
    client: str


def etcd_access(cluster: Cluster, host: Host) -> EtcdAccess:
    """Return the way to a host's member; those of RKE's own releases are not on the loopback where there is another.

    While a cluster leaves RKE's releases a member may be of either kind: both listen there, and the CA is the same.
    """
    if cluster.migrating:
        return EtcdAccess(address=host.internal_address, ca="kube-ca", client="kube-node")
    if cluster.rke is None:
        return EtcdAccess(address=LOOPBACK, ca="kube-etcd-ca", client="kube-etcd-operator")
    return EtcdAccess(address=host.internal_address, ca="kube-ca", client="kube-node")

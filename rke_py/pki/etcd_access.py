"""How a member of etcd is reached on its own host: where it listens, who signed what it shows, as whom it is asked."""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.cluster.model import Cluster, Host
from rke_py.pki.model import Bundle

LOOPBACK = "127.0.0.1"
_OURS, _OF_RKE = "kube-etcd-operator", "kube-node"


@dataclass(frozen=True, slots=True, kw_only=True)
class EtcdAccess:
    """The way to one member.

    Attributes:
        ca: The name of a certificate in the inventory.
        clients: Names too: any of them will do, and not all need be there.
    """

    address: str
    ca: str
    clients: tuple[str, ...]

    def client(self, bundle: Bundle) -> str:
        """Return the name of the first of its clients that there is; raises KeyError when there is none."""
        for name in self.clients:
            if name in bundle:
                return name
        raise KeyError(self.clients)


def etcd_access(cluster: Cluster, host: Host) -> EtcdAccess:
    """Return the way to a host's member; those of RKE's own releases are not on the loopback where there is another.

    While a cluster leaves RKE's releases a member may be of either kind: both listen there, and the CA is the same. A
    state from before the move has RKE's client alone, one that was made again half way has ours.
    """
    if cluster.migrating:
        return EtcdAccess(address=host.internal_address, ca="kube-ca", clients=(_OF_RKE, _OURS))
    if cluster.rke is None:
        return EtcdAccess(address=LOOPBACK, ca="kube-etcd-ca", clients=(_OURS,))
    return EtcdAccess(address=host.internal_address, ca="kube-ca", clients=(_OF_RKE,))

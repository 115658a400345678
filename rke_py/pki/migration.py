"""The certificates of a cluster that leaves RKE's own releases."""

from __future__ import annotations

from dataclasses import replace

from rke_py.cluster.model import Cluster
from rke_py.pki.model import Bundle

_CA, _ETCD_CA = "kube-ca", "kube-etcd-ca"


def with_etcd_authority(cluster: Cluster, bundle: Bundle) -> Bundle:
    """Return the certificates with a CA of etcd's own, which RKE's clusters do not have.

    It is the cluster's CA under the other name: members of both kinds, and API servers of both, go on trusting one
    another while they are exchanged one by one. A rotation of the CAs makes two of them.
    """
    if not cluster.migrating or cluster.external_etcd is not None or _ETCD_CA in bundle or _CA not in bundle:
        return bundle
    return {**bundle, _ETCD_CA: replace(bundle[_CA], name=_ETCD_CA)}

"""The certificates of a cluster that leaves RKE's own releases, and of one that comes back to them."""

from __future__ import annotations

from dataclasses import replace

from rke_py.cluster.model import Cluster
from rke_py.pki.model import Bundle
from rke_py.pki.rke_table import RKE_TABLE
from rke_py.pki.upstream_table import UPSTREAM_TABLE

_CA, _ETCD_CA = "kube-ca", "kube-etcd-ca"
_OURS_ALONE = {line.name for line in UPSTREAM_TABLE} - {line.name for line in RKE_TABLE}


def with_etcd_authority(cluster: Cluster, bundle: Bundle) -> Bundle:
    """Return the certificates with a CA of etcd's own, which RKE's clusters do not have.

    It is the cluster's CA under the other name: members of both kinds, and API servers of both, go on trusting one
    another while they are exchanged one by one. A rotation of the CAs makes two of them.
    """
    if not cluster.migrating or cluster.external_etcd is not None or _ETCD_CA in bundle or _CA not in bundle:
        return bundle
    return {**bundle, _ETCD_CA: replace(bundle[_CA], name=_ETCD_CA)}


def of_family(cluster: Cluster, bundle: Bundle) -> Bundle:
    """Return the certificates without those that RKE has no use for, in a cluster of its releases.

    They are there once one was on its way out and came back.
    """
    if cluster.rke is None:
        return bundle
    return {name: credential for name, credential in bundle.items() if name not in _OURS_ALONE}

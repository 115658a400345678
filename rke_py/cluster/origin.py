"""A cluster that RKE made, and one on its way out of RKE's releases: what follows from that for the whole cluster."""

from __future__ import annotations

from dataclasses import replace

from rke_py.cluster.model import Cluster
from rke_py.cluster.resolve import RKE_KEY_ALGORITHM


def with_origin(cluster: Cluster, *, runs_rke: bool, made_by_rke: bool) -> Cluster:
    """Return the cluster with where it comes from.

    On the way out of RKE's releases new keys are RSA, whatever cluster.yml says: until the first API server is ours RKE
    may have to read them again, and its reader ends at any other key.

    Args:
        cluster: As cluster.yml has it.
        runs_rke: Whether one of RKE's own releases runs yet, be it on one host.
        made_by_rke: Whether RKE made it, whatever runs now.
    """
    migrating = runs_rke and cluster.rke is None
    return replace(
        cluster,
        made_by_rke=runs_rke or made_by_rke,
        migrating=migrating,
        key_algorithm=RKE_KEY_ALGORITHM if migrating else cluster.key_algorithm,
    )

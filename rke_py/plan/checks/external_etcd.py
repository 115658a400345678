"""Whether the API servers can use an etcd of the owner's own."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.cluster.model import Cluster
from rke_py.errors import Problem
from rke_py.plan.observed import Observed
from rke_py.plan.observed_etcd import ExternalMember

_HINT = (
    "API servers on this host could not use it either. Look at services.etcd: external_urls, ca_cert (who signed the "
    "members' certificates), cert and key (what etcd is to know this cluster by); and at firewalls in between."
)


def external_etcd_problems(cluster: Cluster, observed: Observed) -> Iterable[Problem]:
    """Name hosts from which no member can be used, as faults, and single members that cannot, as warnings."""
    if cluster.external_etcd is None:
        return
    by_host: dict[str, list[ExternalMember]] = {}
    for member in observed.external_etcd:
        by_host.setdefault(member.host, []).append(member)
    for host, members in by_host.items():
        none = all(member.fault for member in members)
        for member in members:
            if member.fault:
                what = f"etcd at {member.url} cannot be used: {member.fault}"
                yield Problem(where=host, what=what, hint=_HINT, warning=not none)
    ids = sorted({member.cluster_id for member in observed.external_etcd if member.cluster_id})
    if len(ids) > 1:
        what = f"external_urls lead to members of {len(ids)} etcd clusters: {', '.join(ids)}"
        yield Problem(where="", what=what, hint="Name members of one etcd cluster only.")

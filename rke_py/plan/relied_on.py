"""Add-ons that something waits for: that they were applied is not enough for it, they have to work."""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.plan.observed import Observed
from rke_py.plan.rke.sections import SECTIONS
from rke_py.render.addons import DNS


def takes_a_place(addon: str, cluster: Cluster, observed: Observed) -> bool:
    """True while another add-on is there that goes once this one works: RKE's, or another DNS server.

    A run before may have applied it and waited for it in vain, or was killed before it waited.
    """
    names = SECTIONS if cluster.rke is None and observed.left_by_rke else observed.remains
    if any(addon in SECTIONS[name].addons for name in names):
        return True
    others = {found.addon for found in observed.objects if found.addon != addon}
    return addon in DNS and not others.isdisjoint(DNS)

"""Add-ons that something waits for: that they were applied is not enough for it, they have to work."""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.plan.observed import Observed
from rke_py.plan.rke.sections import SECTIONS
from rke_py.render.addons import DNS
from rke_py.state.model import State


def is_relied_on(addon: str, cluster: Cluster, observed: Observed, state: State) -> bool:
    """True while that an add-on works is waited for, although it is there as wanted.

    A run before may have applied it and waited for it in vain, or was killed before it waited.
    """
    return _was_not_reached(addon, state) or _takes_a_place(addon, cluster, observed)


def _was_not_reached(addon: str, state: State) -> bool:
    """Tell whether no run finished yet with what cluster.yml says of an add-on."""
    names = {name.partition(".")[0] for name, section in SECTIONS.items() if addon in section.addons}
    return any(state.desired.get(name) != state.configuration.get(name) for name in names)


def _takes_a_place(addon: str, cluster: Cluster, observed: Observed) -> bool:
    """Tell whether another one is there that goes once this one works: RKE's, or another DNS server."""
    names = SECTIONS if cluster.rke is None and observed.left_by_rke else observed.remains
    if any(addon in SECTIONS[name].addons for name in names):
        return True
    others = {found.addon for found in observed.objects if found.addon != addon}
    return addon in DNS and not others.isdisjoint(DNS)

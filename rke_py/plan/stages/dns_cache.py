"""A DNS cache that is new to the nodes of a cluster that runs."""

from __future__ import annotations

from rke_py.plan.model import Stage, Turn
from rke_py.plan.stage_names import CONTROL_PLANE, DNS_CACHE
from rke_py.plan.steps import ApplyAddon
from rke_py.plan.wanted import Wanted


def dns_cache_stage(wanted: Wanted) -> Stage:
    """Plan the cache before the nodes: once a kubelet tells new pods to ask it, it has to answer.

    It stops the run where it does not work; until then every pod asks the cluster's DNS as before.
    """
    cache = wanted.new_cache
    if cache is None or wanted.quiet:
        return Stage(name=DNS_CACHE, turns=())
    why, timeout = wanted.differences(cache.name), wanted.cluster.addon_timeout
    step = ApplyAddon(host="", addon=cache.name, objects=cache.objects, timeout=timeout, why=why)
    turn = Turn(stage=DNS_CACHE, host=cache.name, steps=(step,), disrupts=False)
    return Stage(name=DNS_CACHE, turns=(turn,), limit=0, after=frozenset({CONTROL_PLANE}))

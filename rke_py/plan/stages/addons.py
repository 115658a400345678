"""The add-ons: pod network, DNS, metrics, the user's own."""

from __future__ import annotations

from rke_py.cluster.model import Role
from rke_py.plan.model import OnFailure, Stage, Turn
from rke_py.plan.network import network_is_awaited
from rke_py.plan.observed import ObjectState
from rke_py.plan.steps import ApplyAddon
from rke_py.plan.wanted import ADDONS, CONTROL_PLANE, NODES, WORKERS, Wanted


def addons_stage(wanted: Wanted) -> Stage:
    """Plan the add-ons whose objects are absent, differ or are left over; last, except in a new cluster.

    There they start with the first API server, since nodes become Ready only with a pod network.
    """
    turns = tuple(
        Turn(stage=ADDONS, host=step.addon, steps=(step,), after=_after(wanted), disrupts=False)
        for step in (*_wanted_addons(wanted), *_left_addons(wanted))
    )
    return Stage(name=ADDONS, turns=turns, limit=0, on_failure=OnFailure.COUNT, after=_stages_before(wanted))


def _stages_before(wanted: Wanted) -> frozenset[str]:
    if wanted.quiet:
        return frozenset()
    return frozenset({CONTROL_PLANE} if wanted.without_network else {CONTROL_PLANE, NODES, WORKERS})


def _wanted_addons(wanted: Wanted) -> tuple[ApplyAddon, ...]:
    timeout = 0 if network_is_awaited(wanted.cluster, wanted.observed) else wanted.cluster.addon_timeout
    return tuple(
        ApplyAddon(host="", addon=addon.name, objects=addon.objects, timeout=timeout, why=why)
        for addon in wanted.addons
        if (why := _why(wanted, addon.name))
    )


def _left_addons(wanted: Wanted) -> tuple[ApplyAddon, ...]:
    """Add-ons that were applied earlier and that cluster.yml does not ask for any more."""
    asked = {addon.name for addon in wanted.addons}
    left = dict.fromkeys(found.addon for found in wanted.observed.objects if found.addon not in asked)
    timeout = wanted.cluster.addon_timeout
    return tuple(ApplyAddon(host="", addon=name, objects=(), timeout=timeout, why=_why(wanted, name)) for name in left)


def _why(wanted: Wanted, addon: str) -> tuple[str, ...]:
    if not wanted.observed.api:
        return ("there was no API server to compare with",)
    return tuple(
        f"{found.kind} {found.namespace + '/' if found.namespace else ''}{found.name}: {found.state}"
        + (f" ({', '.join(found.changed)})" if found.changed else "")
        for found in wanted.observed.objects
        if found.addon == addon and found.state is not ObjectState.SAME
    )


def _after(wanted: Wanted) -> frozenset[str]:
    if not wanted.quiet:
        return frozenset()
    controlplane = wanted.cluster.with_role(Role.CONTROLPLANE)
    return frozenset({f"{CONTROL_PLANE}/{controlplane[0].name}"})

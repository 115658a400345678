"""What add-ons that are gone left on the hosts: another pod network, a DNS cache on nodes."""

from __future__ import annotations

from rke_py.cluster.model import Host
from rke_py.plan.emptied import emptied
from rke_py.plan.limits import limit_of
from rke_py.plan.migration import kubelet_of_rke
from rke_py.plan.model import OnFailure, Stage, Turn
from rke_py.plan.rke.remains import remains_turns
from rke_py.plan.stage_names import ADDONS, LEAVINGS, node_turn
from rke_py.plan.steps import LeaveAddons, Step
from rke_py.plan.wanted import Wanted
from rke_py.render.addons import NETWORKS, NODELOCAL


def leavings_stage(wanted: Wanted) -> Stage:
    """Plan the end of what is left on each host, once the add-ons that left it are gone and their successors work.

    Every pod of a host is made anew, since it has its place in the old network or asks the cache that is gone; so hosts
    take turns within the workers' limit.
    """
    gone = frozenset(turn.key for turn in remains_turns(wanted))  # the cache that RKE's job applied is among it
    turns = tuple(
        Turn(
            stage=LEAVINGS,
            host=host.name,
            steps=_steps(wanted, host, leaving),
            after=frozenset({f"{ADDONS}/{wanted.cluster.network.plugin}", f"{ADDONS}/{NODELOCAL}", node_turn(host)})
            | gone,
            disrupts=True,
            worker=host.only_worker,
        )
        for host in wanted.reachable()
        if (leaving := _leaving(wanted, host))
    )
    limit = limit_of(wanted.cluster.upgrade_strategy.max_unavailable_worker, len(wanted.cluster.hosts))
    return Stage(name=LEAVINGS, turns=turns, limit=limit, on_failure=OnFailure.COUNT, after=frozenset({ADDONS}))


def _leaving(wanted: Wanted, host: Host) -> tuple[str, ...]:
    """Return whose traces go: those of every other network, since a run that died may have brought one.

    With ``none`` only of those which were ours: the user's own may be one of the others.
    """
    left, new = wanted.left_on(host), wanted.cluster.network.plugin
    every = bool(left - {NODELOCAL}) and new != "none"
    networks = tuple(name for name in NETWORKS if name != new and (every or name in left))
    return (*networks, *((NODELOCAL,) if NODELOCAL in left else ()))


def _steps(wanted: Wanted, host: Host, leaving: tuple[str, ...]) -> tuple[Step, ...]:
    cluster = wanted.cluster
    renew = cluster.network.plugin != "none"
    left = wanted.left_on(host)
    old = ", ".join(sorted(left - {NODELOCAL}))
    why = (
        *((f"the pod network changes from {old} to {cluster.network.plugin}",) if old else ()),
        *(("pods still ask the DNS cache that is gone",) if NODELOCAL in left else ()),
    )
    leave = LeaveAddons(
        host=host.name,
        tools=cluster.images.tools,
        leaving=leaving,
        staying=cluster.network.plugin if cluster.network.plugin in NETWORKS else "",
        networks=tuple(str(subnet) for subnet in cluster.services.cluster_cidr),
        renew_pods=renew,
        in_docker=kubelet_of_rke(wanted.found(host)),
        why=why,
    )
    if not renew:
        return (leave,)
    return emptied(wanted, host, (leave,), ("its pods are made anew",))

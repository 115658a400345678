"""Pods leave the hosts that leave: all of these are closed to new pods first, then emptied within the limit."""

from __future__ import annotations

from dataclasses import replace

from rke_py.cluster.model import Host
from rke_py.plan.departing import come, departing, only_worked
from rke_py.plan.limits import limit_of
from rke_py.plan.model import OnFailure, Stage, Turn
from rke_py.plan.stage_names import ADDONS, CORDON, DRAIN, NODES, WORKERS
from rke_py.plan.steps import CordonNode, DrainNode
from rke_py.plan.wanted import Wanted


def cordon_stage(wanted: Wanted) -> Stage:
    """Plan that no pod moves from one leaving host to the next; once the hosts that come are there."""
    first = come(wanted)
    turns = tuple(
        Turn(
            stage=CORDON,
            host=host.name,
            steps=(CordonNode(host=host.name, why=("it leaves the cluster",)),),
            after=first,
            disrupts=False,
            worker=only_worked(host),
        )
        for host in _with_pods(wanted)
    )
    after = frozenset({NODES, WORKERS, ADDONS})
    return Stage(name=CORDON, turns=turns, limit=0, on_failure=OnFailure.COUNT, after=after)


def drain_stage(wanted: Wanted) -> Stage:
    """Plan the eviction of their pods, no more hosts at once than workers may be down.

    Data in emptyDir volumes is lost whatever is done, since the host goes; that was agreed to. A host that cannot be
    emptied, because a disruption budget forbids it or a pod has nobody to make it anew, stays as it is: it is up, so it
    keeps no other host from being emptied.
    """
    first = come(wanted)
    options = replace(wanted.cluster.upgrade_strategy.drain_input, delete_local_data=True)
    turns = tuple(
        Turn(
            stage=DRAIN,
            host=host.name,
            steps=(DrainNode(host=host.name, options=options, why=("it leaves the cluster",)),),
            after=frozenset({f"{CORDON}/{host.name}"}) | first,
            worker=only_worked(host),
        )
        for host in _with_pods(wanted)
    )
    workers = sum(host.only_worker or only_worked(host) for host in wanted.cluster.every)
    at_once = limit_of(wanted.cluster.upgrade_strategy.max_unavailable_worker, workers)
    return Stage(
        name=DRAIN, turns=turns, limit=0, at_once=at_once, on_failure=OnFailure.COUNT, after=frozenset({CORDON})
    )


def _with_pods(wanted: Wanted) -> tuple[Host, ...]:
    """Return the leaving hosts whose kubelet can still end pods; on others they end when the host is cleaned."""
    return tuple(host for host in departing(wanted) if wanted.observed.node_ready(host.name))

"""What a cluster that leaves RKE's releases needs before its first host does, and no more after the last one did."""

from __future__ import annotations

from rke_py.plan.migration import node_of_rke
from rke_py.plan.model import OnFailure, Stage, Turn
from rke_py.plan.stage_names import ACCESS, ADDONS, CLEAN, CONTROL_PLANE, FORGET_RKE, NODES, WORKERS, node_turn
from rke_py.plan.steps import ApplyAddon, ForgetRke
from rke_py.plan.wanted import Wanted


def access_stage(wanted: Wanted) -> Stage:
    """Plan the rights under which our API servers call kubelets, before the first of them runs: logs, exec, metrics."""
    addon = wanted.access
    if addon is None:
        return Stage(name=ACCESS, turns=())
    why, timeout = wanted.differences(addon.name), wanted.cluster.addon_timeout
    step = ApplyAddon(host="", addon=addon.name, objects=addon.objects, timeout=timeout, why=why)
    turn = Turn(stage=ACCESS, host=addon.name, steps=(step,), disrupts=False)
    return Stage(name=ACCESS, turns=(turn,), limit=0)


def forget_rke_stage(wanted: Wanted) -> Stage:
    """Plan the end of what RKE left in the cluster, once no host may carry its containers any more.

    With the rights that RKE gave to all nodes together its kubelets would lose theirs, so a host that does not answer
    keeps all of it there, unless it leaves the cluster.
    """
    left = wanted.observed.left_by_rke
    staying = wanted.cluster.hosts
    if wanted.cluster.rke is not None or not left or not all(wanted.found(host).reachable for host in staying):
        return Stage(name=FORGET_RKE, turns=())
    moving = (host for host in wanted.cluster.every if node_of_rke(wanted.found(host)))
    after = {node_turn(host) for host in moving}
    turn = Turn(
        stage=FORGET_RKE,
        host="rke",
        steps=(ForgetRke(host="", objects=left, why=tuple(found.title for found in left)),),
        after=frozenset(after | {f"{ADDONS}/{addon.name}" for addon in wanted.addons}),
        disrupts=False,
    )
    stages = frozenset({CONTROL_PLANE, NODES, WORKERS, ADDONS, CLEAN})
    return Stage(name=FORGET_RKE, turns=(turn,), limit=0, on_failure=OnFailure.COUNT, after=stages)

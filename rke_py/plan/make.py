"""The plan: every stage, in the order in which they wait for one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rke_py.cluster.model import Cluster, Role
from rke_py.plan.api_proxies import told_first
from rke_py.plan.departing import costs, kept_by, waiting
from rke_py.plan.dockershim import dockershim_costs
from rke_py.plan.migration import migration_costs
from rke_py.plan.model import Plan, Stage, Turn
from rke_py.plan.node import NodePlan
from rke_py.plan.observed import Observed
from rke_py.plan.only import only_turns
from rke_py.plan.pod_network import network_costs, network_notes
from rke_py.plan.quota import to_be_raised
from rke_py.plan.removed_apis import removed_api_costs
from rke_py.plan.rke.remains import addons_taken_over, addons_that_stay, losses
from rke_py.plan.snapshots import SNAPSHOTS
from rke_py.plan.stage_names import CONTROL_PLANE, ETCD, LOST_MEMBERS, PREPARE
from rke_py.plan.stages.addons import addons_stage
from rke_py.plan.stages.api_proxies import api_proxies_stage
from rke_py.plan.stages.control_plane import control_plane_stage, controllers_stage
from rke_py.plan.stages.departures import departures_stage
from rke_py.plan.stages.dns_cache import dns_cache_stage
from rke_py.plan.stages.emptying import cordon_stage, drain_stage
from rke_py.plan.stages.encryption import encryption_stage, rewriting_stage
from rke_py.plan.stages.etcd import etcd_stage, settle_stage
from rke_py.plan.stages.leavings import leavings_stage
from rke_py.plan.stages.lost_members import lost_members_stage
from rke_py.plan.stages.migration import access_stage, forget_rke_stage
from rke_py.plan.stages.nodes import nodes_stage, ready_stage, workers_stage
from rke_py.plan.stages.prepare import plugins_stage, prepare_stage
from rke_py.plan.stages.recurring import recurring_stage
from rke_py.plan.stages.rke_leftovers import rke_leftovers_stage
from rke_py.plan.stages.snapshots import snapshots_stage
from rke_py.plan.stages.stepping_down import leave_control_plane_stage, leave_etcd_stage
from rke_py.plan.stages.trust import trust_stage
from rke_py.plan.step_images import images_of
from rke_py.plan.steps import (
    JoinEtcd,
    ReplaceContainer,
    RestartContainer,
)
from rke_py.plan.wanted import Wanted
from rke_py.render.addons import Addon
from rke_py.state.model import State
from rke_py.state.nodes import remembered_nodes

_STAGES = (
    prepare_stage,
    plugins_stage,
    lost_members_stage,
    etcd_stage,
    settle_stage,
    recurring_stage,
    encryption_stage,
    access_stage,
    api_proxies_stage,
    control_plane_stage,
    controllers_stage,
    dns_cache_stage,
    nodes_stage,
    workers_stage,
    addons_stage,
    leavings_stage,
    ready_stage,
    cordon_stage,
    drain_stage,
    leave_control_plane_stage,
    leave_etcd_stage,
    departures_stage,
    rewriting_stage,
    forget_rke_stage,
    rke_leftovers_stage,
    trust_stage,
)
"""What plans each stage, in the order in which they wait for one another."""


def make_plan(
    cluster: Cluster,
    state: State,
    observed: Observed,
    nodes: Mapping[str, NodePlan],
    addons: tuple[Addon, ...],
    only: frozenset[str] = frozenset(),
    snapshot: str = "before-a-change",
    *,
    leftovers: bool = False,
    sealed: bool = False,
) -> Plan:
    """Return what turns what was observed into what is wanted.

    While etcd is full nothing can be written to it, so a plan that can give it room holds nothing but that.

    Args:
        cluster: The cluster as wanted.
        state: What is remembered, with the certificates as wanted.
        observed: What one look found.
        nodes: Files and containers of every host, by node name.
        addons: The rendered add-ons.
        only: Hosts to plan for; none means all of them, and the add-ons (``only.only_problems`` tells what may be
            left out).
        snapshot: What the snapshot is called that is taken before what only a snapshot could undo.
        leftovers: Whether what RKE left behind goes too.
        sealed: Whether there is a key to encrypt the state with.
    """
    wanted = Wanted(
        cluster=cluster,
        state=state,
        observed=observed,
        nodes=nodes,
        addons=addons,
        snapshot=snapshot,
        applied={node.name: node for node in remembered_nodes(state.configuration)},
        leftovers=leftovers,
        sealed=sealed,
    )
    full = to_be_raised(cluster, observed)
    whole = told_first(tuple(make(wanted) for make in _STAGES))
    if full:
        whole = tuple(replace(stage, turns=tuple(_giving_room(stage, full))) for stage in whole)
    asked = tuple(replace(stage, turns=turns) for stage, turns in zip(whole, only_turns(whole, only), strict=True))
    stages = (snapshots_stage(wanted, asked), *(replace(stage, after=stage.after | {SNAPSHOTS}) for stage in asked))
    outages = (_small_etcd if full else _outages)(wanted, stages)
    return Plan(stages=_without_idle_waits(stages), outages=outages, notes=() if full else _notes(wanted))


def _giving_room(stage: Stage, hosts: frozenset[str]) -> Iterator[Turn]:
    """Yield the turns that give the members of some hosts room, and take out members for which they would wait."""
    if stage.name == LOST_MEMBERS:
        yield from stage.turns
    if stage.name in (PREPARE, ETCD):
        yield from (turn for turn in stage.turns if turn.host in hosts)


def _without_idle_waits(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """Leave out empty stages, and waits for turns that have nothing to do.

    Whoever waits for an empty stage waits for what that one would have waited for: with no control plane to change, the
    nodes still come after etcd.
    """
    keys = {turn.key for stage in stages for turn in stage.turns}
    return tuple(
        replace(
            stage,
            turns=tuple(replace(turn, after=turn.after & keys, past=turn.past & keys) for turn in stage.turns),
            after=_waits(stage, {other.name: other for other in stages}),
        )
        for stage in stages
        if stage.turns
    )


def _waits(stage: Stage, stages: Mapping[str, Stage]) -> frozenset[str]:
    """Return the stages with turns that a stage waits for."""
    before = (stages[name] for name in stage.after)
    return frozenset().union(*({other.name} if other.turns else _waits(other, stages) for other in before))


def images(plan: Plan, observed: Observed) -> Mapping[str, tuple[str, ...]]:
    """Return the images each host needs for the plan and does not have, in the order in which they are needed."""
    needed: dict[str, list[str]] = {}
    for step in plan.steps:
        missing = [image for image in images_of(step) if image not in observed.host(step.host).images]
        if missing:
            needed.setdefault(step.host, []).extend(missing)
    return {host: tuple(dict.fromkeys(found)) for host, found in needed.items()}


def _outages(wanted: Wanted, stages: tuple[Stage, ...]) -> tuple[str, ...]:
    """Name what is lost for good, and what nobody stands in for while it is replaced: a small etcd, the only server."""
    lines = [
        *costs(wanted),
        *removed_api_costs(wanted.cluster, wanted.observed),
        *migration_costs(wanted.cluster, wanted.observed, stages),
        *dockershim_costs(stages),
        *losses(wanted),
        *network_costs(wanted),
    ]
    if wanted.quiet or wanted.untrusted:
        return tuple(lines)
    lines += _small_etcd(wanted, stages)
    if len(wanted.cluster.with_role(Role.CONTROLPLANE)) == 1 and _interrupts(stages, CONTROL_PLANE):
        lines.append("there is one control-plane node: the API stops while it is replaced; pods go on")
    if wanted.left_network:
        old, new = wanted.left_network, wanted.cluster.network.plugin
        what = "pods have no network until you bring one" if new == "none" else "every pod is made anew, host by host"
        lines.append(f"the pod network changes from {old} to {new}: {what}, and hosts cannot reach one another's pods")
    late = tuple(host.name for host in wanted.reachable() if wanted.left_on(host))
    if late and not (wanted.left_network or wanted.left_nodelocal):
        lines.append(f"{', '.join(late)}: away when add-ons went that pods rest on; those pods are made anew")
    if late and wanted.left_nodelocal:
        lines.append(
            "the DNS cache on nodes goes: pods that ask it find no names until they are made anew, host by host"
        )
    return tuple(lines)


def _small_etcd(wanted: Wanted, stages: tuple[Stage, ...]) -> tuple[str, ...]:
    """Name what a small etcd costs: with one or two members none can be spared."""
    members = len(wanted.cluster.with_role(Role.ETCD))
    if members >= 3 or not _interrupts(stages, ETCD):
        return ()
    return (f"etcd has {members} member{'s' if members > 1 else ''}: the API stops while one is replaced",)


def _notes(wanted: Wanted) -> tuple[str, ...]:
    names, change = ", ".join(waiting(wanted)), wanted.state.encryption_change
    late = (f"{kept_by(wanted)}, so these leave in a later run: {names}",) if names else ()
    rolls = (f"{change}; up goes on with the rolls that are left",) if change and not change.reached else ()
    return (*late, *rolls, *addons_that_stay(wanted), *addons_taken_over(wanted), *network_notes(wanted))


def _interrupts(stages: tuple[Stage, ...], name: str) -> bool:
    interrupting = (ReplaceContainer, RestartContainer, JoinEtcd)
    turns = (turn for stage in stages if stage.name == name for turn in stage.turns)
    return any(isinstance(step, interrupting) for turn in turns for step in turn.steps)

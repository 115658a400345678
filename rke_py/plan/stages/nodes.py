"""Kubelet, kube-proxy and the API proxy: first on etcd and control-plane hosts, then on workers within their limit."""

from __future__ import annotations

from dataclasses import replace

from rke_py.cluster.model import Host, Role
from rke_py.plan.departing import keeps_older_api_server
from rke_py.plan.limits import limit_of
from rke_py.plan.model import OnFailure, Stage, Turn
from rke_py.plan.node_steps import labelled, node_steps, proved_apart, proven
from rke_py.plan.stage_names import (
    ADDONS,
    CONTROL_PLANE,
    DNS_CACHE,
    NODES,
    PLUGINS,
    READY,
    WORKERS,
    node_turn,
    prepared,
)
from rke_py.plan.steps import MigrateNode, ProveNode
from rke_py.plan.wanted import Wanted


def nodes_stage(wanted: Wanted) -> Stage:
    """Plan the node components of hosts with etcd or the control plane, one host at a time once they run.

    One that is down already has its turn first, where that mends it; until then the others are not touched.
    """
    hosts = tuple(host for host in wanted.reachable() if not host.only_worker)
    after = frozenset[str]() if wanted.quiet else frozenset({CONTROL_PLANE, DNS_CACHE})
    turns, down = _turns(wanted, NODES, hosts), _down(wanted, hosts)
    first = frozenset(turn.key for turn in turns if turn.mends and turn.host in down)
    turns = tuple(turn if turn.key in first else replace(turn, after=turn.after | first) for turn in turns)
    return Stage(name=NODES, turns=turns, limit=0 if wanted.untrusted else 1, after=after)


def workers_stage(wanted: Wanted) -> Stage:
    """Plan the workers, streamed: as one finishes the next starts, never more than the limit down.

    The limit counts workers that were down before we came. A failed worker does not stop the others while it holds.
    """
    hosts = tuple(host for host in wanted.reachable() if host.only_worker)
    workers = tuple(host for host in wanted.cluster.hosts if host.only_worker)
    limit = limit_of(wanted.cluster.upgrade_strategy.max_unavailable_worker, len(workers)) if workers else 1
    after = frozenset[str]() if wanted.quiet else frozenset({CONTROL_PLANE, NODES})
    return Stage(
        name=WORKERS,
        turns=_turns(wanted, WORKERS, hosts),
        limit=0 if wanted.untrusted else limit,
        down=_down(wanted, workers),
        on_failure=OnFailure.COUNT,
        after=after,
    )


def ready_stage(wanted: Wanted) -> Stage:
    """Plan the proof that nodes are Ready where the pod network has to be applied first."""
    network = f"{ADDONS}/{wanted.cluster.network.plugin}"
    turns = tuple(
        Turn(
            stage=READY,
            host=host.name,
            steps=(*labelled(wanted, host), *proven(wanted, host)),
            after=frozenset({node_turn(host), network}),
            disrupts=False,
            worker=host.only_worker,
        )
        for host in wanted.reachable()
        if proved_apart(wanted, host)
    )
    return Stage(name=READY, turns=turns, limit=0, on_failure=OnFailure.COUNT)


def _turns(wanted: Wanted, stage: str, hosts: tuple[Host, ...]) -> tuple[Turn, ...]:
    return tuple(
        Turn(
            stage=stage,
            host=host.name,
            steps=steps,
            after=_after(wanted, host),
            disrupts=wanted.up(host),
            mends=any(isinstance(step, ProveNode | MigrateNode) for step in steps),
            worker=host.only_worker,
        )
        for host in hosts
        if not keeps_older_api_server(wanted, host) and (steps := node_steps(wanted, host))
    )


def _after(wanted: Wanted, host: Host) -> frozenset[str]:
    before = prepared(host) | {f"{PLUGINS}/{host.name}"}
    if not wanted.quiet:
        return before
    api = host.name if host.has(Role.CONTROLPLANE) else wanted.first_server
    return before | {f"{CONTROL_PLANE}/{api}"}


def _down(wanted: Wanted, hosts: tuple[Host, ...]) -> frozenset[str]:
    """Return which are down already: their node exists but is not Ready, or the host does not answer."""
    nodes = wanted.observed.nodes
    return frozenset(
        host.name
        for host in hosts
        if not (nodes[host.name].ready if host.name in nodes else wanted.found(host).reachable)
    )

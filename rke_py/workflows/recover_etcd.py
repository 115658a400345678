"""``rke-py etcd recover``: a cluster of one from the best member that is left, once a quorum is gone for good."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

from rke_py.cluster.model import Cluster, Role
from rke_py.errors import ConsentMissing, EtcdError, HostError, UsageError
from rke_py.kube.interface import ClusterAccess
from rke_py.observe.cluster import look_at_etcd
from rke_py.observe.hosts import look_at_every_host
from rke_py.pki.inventory import with_every_name
from rke_py.plan.checks.etcd import folder_problems
from rke_py.plan.components.etcd import DATA, FORCING, peer_url
from rke_py.plan.make import images as needed_images
from rke_py.plan.node import NodePlan, node_plans
from rke_py.plan.observed import DeepFacts, Observed
from rke_py.plan.observed_etcd import ObservedEtcd
from rke_py.plan.prefix import on_host, prefix_of
from rke_py.plan.quorum_lost import Lost, Survivor, costs, hindrance, recovery_plan
from rke_py.progress import Finished
from rke_py.rollout.images import Images
from rke_py.state.model import State
from rke_py.stores.statefile import StateStore
from rke_py.transport.interface import Fleet
from rke_py.workflows.context import Context
from rke_py.workflows.holder import this_process
from rke_py.workflows.insides import look_inside
from rke_py.workflows.loading import refuse_while_migrating
from rke_py.workflows.pulls import images_of
from rke_py.workflows.remembered import asked_of, existing, refuse_while_restoring
from rke_py.workflows.secrecy import secrets_of
from rke_py.workflows.work import carry_out, site_of

_MEND = (
    "A member that is gone for good is taken out by rke-py up once cluster.yml has no such host, or another one in its "
    "place: rke-py node replace."
)
_NEXT = "etcd has one member now: bring new machines into cluster.yml where hosts are gone, and run rke-py up"


def recover_etcd(context: Context) -> str:
    """Make the best member that is left the only one of its cluster; return its host.

    The others join again by ``up``, as any new member does.

    Args:
        context: Who watches and who agrees.

    Raises:
        UsageError: etcd has a quorum, or can have one again; or nothing is left of it.
        ConsentMissing: Nobody agreed.
        RolloutFailed: It failed; the next run goes on with it.
    """
    began = context.clock.now()
    with ExitStack() as stack:
        saved = stack.enter_context(StateStore(context.state_path).locked(this_process(context)))
        state = existing(saved.state, context)
        asked = asked_of(context, state)
        cluster = asked.cluster
        refuse_while_migrating(cluster, "recovering etcd")
        refuse_while_restoring(state)
        _refuse_external(cluster)
        _refuse_own_folder(cluster)
        context.protect(secrets_of(state, asked.loaded.config))
        fleet = stack.enter_context(context.edges.fleet(cluster, context))
        images = stack.enter_context(images_of(cluster, fleet, context))
        access = stack.enter_context(context.edges.access(cluster, fleet, lambda: state.bundle))
        observed = replace(look_at_every_host(cluster, fleet, context.skip), etcd=look_at_etcd(access))
        lost = _lost(cluster, fleet, images, access, observed, context.look_id())
        _ask(lost, context)
        token = f"{began:%Y%m%dT%H%M%SZ}-{context.random_id()[:8]}"
        plan = recovery_plan(cluster, observed, _nodes(cluster, observed, state), lost, token)
        images.begin(needed_images(plan, observed))
        outcome = carry_out(plan, site_of(cluster, fleet, access, saved, images, context), context, api=False)
        outcome.raise_failure()
    seconds = (context.clock.now() - began).total_seconds()
    context.reporter.report(Finished(changed=len(tuple(plan.steps)), seconds=seconds, attention=(_NEXT,)))
    return lost.best.host


def _refuse_external(cluster: Cluster) -> None:
    if cluster.external_etcd is not None:
        raise UsageError("this cluster's etcd is your own (services.etcd.external_urls): recover it where it runs")


def _refuse_own_folder(cluster: Cluster) -> None:
    for problem in folder_problems(cluster):
        raise UsageError(f"{problem.where}: {problem.what}", hint=problem.hint)


def _nodes(cluster: Cluster, observed: Observed, state: State) -> Mapping[str, NodePlan]:
    """Return what hosts carry; new ones in cluster.yml have no certificates yet, and no part in this."""
    return node_plans(cluster, replace(state, bundle=with_every_name(cluster, state.bundle)), observed)


def _lost(cluster: Cluster, fleet: Fleet, images: Images, access: ClusterAccess, observed: Observed, run: str) -> Lost:
    """Look what is left of etcd; raises UsageError where it needs no recovery, or cannot have one."""
    hosts = cluster.carrying(Role.ETCD)
    begun = next((host.name for host in hosts if FORCING in observed.host(host.name).containers), "")
    healthy = [member.name for member in observed.etcd.members if member.healthy and not member.learner]
    if healthy and not begun:
        raise UsageError(f"etcd has its quorum: {', '.join(healthy)} answer through it", hint=_MEND)
    there = {host.name: observed.host(host.name) for host in hosts}
    answering = {name: found.facts for name, found in there.items() if found.reachable}
    depths, _ = look_inside(cluster, fleet, images, answering, lambda _ready: (), run)
    new = {host.name for host in hosts if Role.ETCD not in host.carried}
    survivors, gone, unknown = [], {}, {}
    for name, found in there.items():
        depth = depths.get(name)
        if isinstance(depth, DeepFacts) and depth.etcd_data:
            folder = on_host(DATA, prefix_of(cluster, found.facts.operating_system if found.facts else ""))
            free = depth.free.get(folder)
            survivors.append(Survivor(host=name, knows=_knows(access, name), size=depth.etcd_size, free=free))
        elif name in new:
            continue
        elif found.fault is not None:
            gone[name] = str(found.fault)
        elif isinstance(depth, HostError):
            unknown[name] = str(depth)
        else:
            gone[name] = "it has no data of etcd any more"
    leaving = tuple(each.host for each in survivors if not cluster.host(each.host).has(Role.ETCD))
    voters = _voters(cluster, observed.etcd)
    lost = Lost(voters=voters, survivors=tuple(survivors), gone=gone, unknown=unknown, begun=begun, leaving=leaving)
    if against := hindrance(lost):
        raise UsageError(against[0], hint=against[1])
    return lost


def _voters(cluster: Cluster, etcd: ObservedEtcd) -> int:
    """Return how many members vote, as a member tells that runs; else those that cluster.yml has."""
    known = sum(not member.learner for member in etcd.members)
    return known or len({peer_url(host) for host in cluster.with_role(Role.ETCD)})


def _knows(access: ClusterAccess, host: str) -> tuple[int, int] | None:
    try:
        status = access.etcd(host).status()
    except EtcdError:
        return None
    return status.raft_term, status.raft_index


def _ask(lost: Lost, context: Context) -> None:
    question = f"This makes the etcd member on {lost.best.host} the only one. Go on?"
    if not context.consent(question, costs(lost)):
        raise ConsentMissing("nothing was changed, as you did not agree")

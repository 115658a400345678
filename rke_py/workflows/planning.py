"""From a look at the hosts to a plan: what ``up`` performs and ``plan`` shows is made here, once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from rke_py.cluster.model import Cluster, Role
from rke_py.errors import PreflightError, Problem, UsageError
from rke_py.kube.interface import ClusterAccess
from rke_py.observe.cluster import (
    look_at_addons,
    look_at_uses,
)
from rke_py.pki.inventory import inventory
from rke_py.pki.issue import Own, issue
from rke_py.pki.keys import generate_key
from rke_py.pki.migration import of_family, with_etcd_authority
from rke_py.pki.supplied import Supplied, read_supplied
from rke_py.plan.checks import PortPath, check
from rke_py.plan.checks.moved import moved_problems
from rke_py.plan.components.apiserver import NAME as API_SERVER
from rke_py.plan.containers import FoundContainer
from rke_py.plan.dockershim import leaving_dockershim
from rke_py.plan.make import make_plan
from rke_py.plan.migration import node_of_rke
from rke_py.plan.model import Plan
from rke_py.plan.node import NodePlan, node_plan, with_time_for_data
from rke_py.plan.observed import Observed, ObservedHost
from rke_py.plan.only import left_out, only_problems
from rke_py.plan.rke.older import asked_anew, left_by_rke, with_files_of_rke
from rke_py.plan.rke.policies import with_policies_that_run
from rke_py.progress import Reporter, Warned
from rke_py.render.addons import Addon, render_addons
from rke_py.rollout.images import Images
from rke_py.state.model import EtcdRecord, Machine, State
from rke_py.state.nodes import remembered_nodes
from rke_py.stores.certificate_folder import read_folder
from rke_py.transport.interface import Fleet, PortState
from rke_py.workflows.context import Context
from rke_py.workflows.encrypting import with_encryption
from rke_py.workflows.ended import renewed_by_owner
from rke_py.workflows.freshness import refuse_outdated_state
from rke_py.workflows.loading import Asked
from rke_py.workflows.looking import look, look_deeper
from rke_py.workflows.rke_addons import addons_of_rke, look_at_remains


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A plan with what it rests on.

    Attributes:
        desired: The state to save before the first change.
        problems: What the checks found that does not stop the run.
        left_out: Hosts and add-ons with something to do that this run leaves alone, as asked.
        renews_copy: Whether the copy of the state in the cluster is to be written anew, whatever else is to be done.
    """

    plan: Plan
    desired: State
    observed: Observed
    nodes: Mapping[str, NodePlan]
    problems: tuple[Problem, ...] = ()
    left_out: tuple[str, ...] = ()
    renews_copy: bool = False


def new_state(context: Context) -> State:
    """Return the memory of a cluster that does not exist yet."""
    return State(lineage=context.random_id(), etcd=EtcdRecord(token=context.random_id()))


def prepare(
    asked: Asked, state: State, fleet: Fleet, access: ClusterAccess, images: Images | None, context: Context
) -> Prepared:
    """Look, check and plan.

    Args:
        asked: What cluster.yml asks for.
        state: What is remembered, with the certificates as they are to be.
        fleet: The hosts.
        access: The cluster's own APIs.
        images: Brings the tools image to machines that only it can tell about; None looks without it and so without
            any change, as a dry run has to.
        context: Who watches, and which hosts to do without.

    Raises:
        UsageError: A host is named that cluster.yml does not have.
        StateError: The state is older than the cluster's copy of it.
        PreflightError: Every fault of all hosts.
    """
    cluster = asked.cluster
    observed = look(cluster, state, fleet, access, context.skip)
    ports: Mapping[PortPath, PortState] = {}
    if images is not None:
        observed, ports = look_deeper(cluster, state, fleet, images, observed, context)
    desired = replace(state, machines={**state.machines, **_machines(observed)})
    aged = refuse_outdated_state(access.api, state) if observed.api else ()
    problems = (*aged, *check(cluster, desired, observed, ports, skip=context.skip))
    _raise_or_report(problems, context.reporter)
    observed, nodes, addons = beside_wanted(cluster, desired, observed, access)
    if context.leftovers and cluster.rke is not None and observed.api:
        observed = replace(observed, left_by_rke=access.api.finished_jobs_of_rke())
    plan, others = _planned(cluster, desired, observed, nodes, addons, context)
    taken_over = state.taken_over or (context.clock.now() if cluster.rke is not None else None)
    return Prepared(
        plan=plan,
        desired=_with_etcd(replace(desired, taken_over=taken_over), observed),
        observed=observed,
        nodes=nodes,
        problems=problems,
        left_out=others,
        renews_copy=bool(aged),
    )


def refuse_full(prepared: Prepared) -> None:
    """Raise PreflightError when etcd is full, and the plan could only give it room."""
    if prepared.observed.etcd.full:
        hint = "First, with the higher quota in cluster.yml: rke-py up, then rke-py etcd alarm disarm"
        problem = Problem(where="etcd", what="it is full, so nothing can be written to it", hint=hint)
        raise PreflightError("the hosts have one fault; nothing was changed", (problem,))


def _with_etcd(state: State, observed: Observed) -> State:
    """Remember which etcd is this cluster's, where rke-py did not make it: RKE's, once its CA was seen to be ours.

    Of one in an etcd of the owner's own that is known before its first API server.
    """
    owned = bool(observed.external_etcd)
    if not (owned or state.etcd.bootstrapped):
        return state
    told = (observed.etcd.cluster_id, *(member.cluster_id for member in observed.external_etcd))
    known = state.etcd.cluster_id or next(filter(None, told), "")
    return replace(state, etcd=replace(state.etcd, bootstrapped=True, cluster_id=known))


def beside_wanted(
    cluster: Cluster, state: State, observed: Observed, access: ClusterAccess
) -> tuple[Observed, Mapping[str, NodePlan], tuple[Addon, ...]]:
    """Return what was observed with the add-ons' objects compared, and what is wanted of every node and of add-ons."""
    if cluster.rke is None:
        addons = render_addons(cluster, state.bundle)
    else:
        addons = addons_of_rke(cluster, state, access.api if observed.api else None)
    if cluster.made_by_rke:
        hosts = {name: _with_true_files(cluster, host, state) for name, host in observed.hosts.items()}
        observed = replace(observed, hosts=hosts)
    if observed.api:
        uses = look_at_uses(access.api, cluster, observed)
        every = tuple(item for addon in addons for item in addon.objects)
        left = access.api.left_by_rke(every) if cluster.made_by_rke and cluster.rke is None else ()
        remains = look_at_remains(access.api, state, addons) if cluster.rke is not None else {}
        moving = cluster.migrating or leaving_dockershim(cluster, state, observed.hosts.values())
        unready = access.api.unready_pods() if moving else {}
        cas, objects = access.api.client_cas(), look_at_addons(access.api, addons)
        observed = replace(observed, objects=objects, uses=uses, unready_pods=unready, client_cas=cas)
        observed = replace(observed, left_by_rke=left, remains=remains)
    return observed, {host.name: _node(cluster, host.name, state, observed) for host in cluster.hosts}, addons


def _with_true_files(cluster: Cluster, host: ObservedHost, state: State) -> ObservedHost:
    """Return a host with files that RKE wrote over and over no newer than its containers, as long as it has RKE's."""
    of_rke = cluster.rke is not None or node_of_rke(host) or cluster.migrating
    return with_files_of_rke(host, state.taken_over) if of_rke else host


def _planned(
    cluster: Cluster,
    state: State,
    observed: Observed,
    nodes: Mapping[str, NodePlan],
    addons: tuple[Addon, ...],
    context: Context,
) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan for the hosts that were asked for, and who is left out of it."""
    snapshot = f"before-a-change_{context.clock.now():%Y%m%dT%H%M%SZ}"
    make = partial(
        make_plan,
        cluster,
        state,
        observed,
        nodes,
        addons,
        snapshot=snapshot,
        leftovers=context.leftovers,
        sealed=context.state_key is not None,
    )
    whole = make()
    if not context.only:
        return whole, ()
    names = [host.name for host in cluster.hosts]
    problems = only_problems(whole, context.only, names, finished_once=bool(state.configuration))
    _raise_or_report(problems, context.reporter)
    part = make(only=context.only)
    return part, left_out(whole, context.only)


def certified(
    asked: Asked, state: State, context: Context, anew: Collection[str] = (), *, new_key: bool = False
) -> tuple[State, tuple[Problem, ...]]:
    """Return the state with every certificate and key the cluster needs, and warnings of those that end soon.

    Args:
        asked: What cluster.yml asks for.
        state: What is remembered.
        context: What time it is, and which certificates the owner supplies.
        anew: Names of certificates that are issued with new keys.
        new_key: Whether Secrets are to be encrypted with a new key, unless a change of that is under way.

    Raises:
        UsageError: The run names a host that cluster.yml does not have.
        ConfigError: Every fault of certificates that their owner has to supply; an encryption of Secrets that the
            running cluster cannot be given.
        PreflightError: The cluster's data are elsewhere than cluster.yml says.
    """
    cluster = asked.cluster
    refuse_unknown(context.skip, cluster, "--skip")
    refuse_unknown(context.only, cluster, "--only")
    _raise_or_report(moved_problems(cluster, state), context.reporter)
    own = Own(
        now=_supplied(cluster, context),
        before=state.supplied,
        exists=state.exists_on_hosts,
        rotation=state.rotation,
    )
    existing = with_etcd_authority(cluster, of_family(cluster, state.bundle))
    result = issue(cluster, existing, now=context.clock.now(), new_key=generate_key, own=own, anew=anew)
    wanted = replace(state, bundle=result.bundle, supplied=result.supplied, desired=asked.remembered)
    wanted = replace(wanted, rotation=renewed_by_owner(cluster, state, result.bundle, context.clock.now()))
    wanted = wanted.with_hosts(node.entry for node in remembered_nodes(asked.remembered))
    wanted, late = with_encryption(asked, wanted, context, new_key=new_key)
    return wanted, (*result.warnings, *late)


def refuse_unknown(names: Iterable[str], cluster: Cluster, option: str) -> None:
    """Raise UsageError when a run names a host that cluster.yml does not have."""
    known = [host.name for host in cluster.hosts]
    unknown = sorted(set(names).difference(known))
    if unknown:
        raise UsageError(f"{option}: cluster.yml has no host {', '.join(unknown)}", hint=f"It has: {', '.join(known)}.")


def _supplied(cluster: Cluster, context: Context) -> Supplied:
    """Read the folder of the owner's own certificates, when this run is to take it over."""
    folder = context.own_certificates
    return read_supplied(str(folder), read_folder(folder), inventory(cluster)) if folder else Supplied()


def _machines(observed: Observed) -> Mapping[str, Machine]:
    return {
        host.name: Machine(systemd_cgroup=host.deep.systemd_cgroup, resolv_conf=host.deep.resolv_conf)
        for host in observed.hosts.values()
        if host.deep is not None
    }


def _node(cluster: Cluster, name: str, state: State, observed: Observed) -> NodePlan:
    host, found, machine = cluster.host(name), observed.hosts[name], state.machines.get(name)
    if cluster.rke is None:
        return with_time_for_data(node_plan(cluster, host, state, found.facts, machine), state, observed)
    running = with_policies_that_run(cluster, _api_servers(name, observed)) if host.has(Role.CONTROLPLANE) else cluster
    plan = node_plan(running, host, state, found.facts, machine)
    return left_by_rke(with_time_for_data(plan, state, observed), found, asked_anew(state))


def _api_servers(name: str, observed: Observed) -> tuple[FoundContainer, ...]:
    """Return the API server of a host, those of all others where it has none."""
    own = observed.hosts[name].containers.get(API_SERVER)
    hosts = observed.hosts.values()
    return (own,) if own else tuple(host.containers[API_SERVER] for host in hosts if API_SERVER in host.containers)


def _raise_or_report(problems: Iterable[Problem], reporter: Reporter) -> None:
    every = tuple(problems)
    faults = [problem for problem in every if not problem.warning]
    if faults:
        count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise PreflightError(f"the hosts have {count}; nothing was changed", every)
    for problem in every:
        reporter.report(Warned(problem=problem))

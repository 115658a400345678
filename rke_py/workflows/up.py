"""``rke-py up``: make the hosts match cluster.yml."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from rke_py.cluster.model import Cluster, Role
from rke_py.errors import ConsentMissing, HostError, PreflightError, Problem, WorkersFailed
from rke_py.plan.components.apiserver import NAME as API_SERVER
from rke_py.plan.make import images as needed_images
from rke_py.plan.model import Plan
from rke_py.plan.observed import ObservedHost
from rke_py.progress import Finished
from rke_py.rollout.run import Outcome
from rke_py.rollout.site import Site
from rke_py.state.model import State
from rke_py.stores.statefile import Saved, StateStore
from rke_py.workflows.attention import compared, not_working, uncompared, unready, unwell
from rke_py.workflows.context import Context
from rke_py.workflows.encrypting import every_api_server, is_to_change
from rke_py.workflows.ended import ask_to_replace
from rke_py.workflows.holder import this_process
from rke_py.workflows.lease import leased
from rke_py.workflows.loading import Asked
from rke_py.workflows.planning import Prepared, certified, new_state, prepare, refuse_full
from rke_py.workflows.pulls import images_of
from rke_py.workflows.recurring_state import keep_for_recurring, outdated_for_recurring
from rke_py.workflows.remembered import asked_of
from rke_py.workflows.rke_addons import edited_sections
from rke_py.workflows.saved_plans import basis_of, load_basis, refuse_outdated
from rke_py.workflows.secrecy import secrets_of
from rke_py.workflows.settling import remember_answer
from rke_py.workflows.taken_over import ask_before_the_first_change, refuse_changes_to_rke
from rke_py.workflows.work import carry_out, keep_copy, refuse_newer, site_of, unclean, write_admin_kubeconfig

_AGAIN = "Bring them back, or take them out of cluster.yml, and run the same again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run of ``up`` did; ``plan`` is what it set out to do, ``silent`` are workers that did not answer."""

    plan: Plan
    outcome: Outcome
    silent: tuple[HostError, ...] = ()

    def raise_silent(self) -> None:
        """Count workers that did not answer as failed, once everything else is done."""
        if self.silent:
            names = ", ".join(fault.host for fault in self.silent)
            raise WorkersFailed(f"did not answer: {names}; everything else is done", self.silent, hint=_AGAIN)


Demand = Callable[[Asked, Prepared, Context], None]
"""Raises when what is asked for and planned is not what somebody expects."""


def up(context: Context) -> Result:
    """Make the hosts match cluster.yml.

    Raises:
        RkeError: Any kind of it; what was reached is saved, and the next run goes on from there.
    """
    return up_as_demanded(context, None)


def up_as_demanded(context: Context, demand: Demand | None, dead: str = "") -> Result:
    """Make the hosts match cluster.yml when the plan is what somebody expects.

    Args:
        context: Who watches and who agrees.
        demand: Is shown the plan before anybody is asked or anything is changed, and may refuse it.
        dead: A host whose machine is dead and whose name another one has now; it is remembered as not clean.

    Raises:
        RkeError: Any kind of it; what was reached is saved, and the next run goes on from there.
    """
    began = context.clock.now()
    expected = load_basis(context.saved_plan) if context.saved_plan else None
    with StateStore(context.state_path).locked(this_process(context)) as saved:
        known = saved.state.forgetting(dead) if saved.state else None
        asked = asked_of(context, known, to_perform=True)
        certain = certified(asked, known or new_state(context), context)

        def check(prepared: Prepared) -> None:
            if context.saved_plan and expected:
                refuse_outdated(context.saved_plan, expected, basis_of(prepared.plan, asked, saved.state, context))
            if demand is not None:
                demand(asked, prepared, context)
            if known is not None:
                ask_to_replace(asked.cluster, known, prepared.desired, prepared.observed, context)
            ask_before_the_first_change(asked, saved.state, prepared.plan, context)

        result, told = make_all_so(asked, saved, certain, context, check=check, room=demand is None)
        seconds = (context.clock.now() - began).total_seconds()
        context.reporter.report(replace(told, seconds=seconds))
        result.raise_silent()
        return result


def make_all_so(
    asked: Asked,
    saved: Saved,
    certain: tuple[State, Sequence[Problem]],
    context: Context,
    *,
    check: Callable[[Prepared], None] = lambda _: None,
    room: bool = False,
) -> tuple[Result, Finished]:
    """As ``make_so``, and then every roll that is left of a change of the encryption, each of them a plan of its own.

    Returns:
        What was done first, and what to report of all of it.
    """
    result, told = make_so(asked, saved, certain, context, check=check, room=room)
    while further := _next_roll(asked, saved, context):
        _, more = make_so(asked, saved, further, context)
        told = replace(more, changed=told.changed + more.changed)
    return result, told


def _next_roll(asked: Asked, saved: Saved, context: Context) -> tuple[State, Sequence[Problem]] | None:
    """Return what is wanted once API servers are to have other keys than they have now; None when they are not."""
    reached = saved.state
    if reached is None or not is_to_change(asked, reached):
        return None
    certain = certified(asked, reached, context)
    wanted = certain[0]
    same = (reached.encryption, reached.encryption_change) == (wanted.encryption, wanted.encryption_change)
    return None if same else certain


def make_so(
    asked: Asked,
    saved: Saved,
    certain: tuple[State, Sequence[Problem]],
    context: Context,
    *,
    check: Callable[[Prepared], None] = lambda _: None,
    after: Callable[[Site], None] = lambda _: None,
    partly: Callable[[Site], None] = lambda _: None,
    room: bool = False,
) -> tuple[Result, Finished]:
    """Look, plan, ask and perform: what is wanted is saved before the first change, and after the last that it is so.

    Args:
        asked: What cluster.yml asks for.
        saved: Where the state is kept, locked.
        certain: The state with the certificates that are wanted, and warnings about them.
        context: Who watches, and who agrees.
        check: Is shown the plan before anything else happens; raises to refuse it.
        after: Is called once all hosts are as wanted, while they are still connected.
        partly: Is called instead once all are but workers that did not answer.
        room: Whether it is enough to give a full etcd room, which has to be done before anything else.

    Returns:
        What was done, and what to report of it.

    Raises:
        PreflightError: etcd is full, and more than room for it is wanted.
    """
    state, warnings = certain
    context.protect(secrets_of(state, asked.loaded.config))
    with ExitStack() as stack:
        fleet = stack.enter_context(context.edges.fleet(asked.cluster, context))
        images = stack.enter_context(images_of(asked.cluster, fleet, context))
        access = stack.enter_context(context.edges.access(asked.cluster, fleet, lambda: state.bundle))
        prepared = prepare(asked, state, fleet, access, images, context)
        if not room:
            refuse_full(prepared)
        refuse_changes_to_rke(asked, state, prepared.observed)
        check(prepared)
        site = site_of(asked.cluster, fleet, access, saved, images, context)
        silent = _silent(prepared, context)
        outcome = _perform(prepared, site, context, partly if silent else after, silent)
        attention = tuple(
            str(problem)
            for problem in (
                *asked.warnings,
                *warnings,
                *prepared.problems,
                *uncompared(prepared),
                *unready(prepared),
                *unwell(prepared, asked.cluster, access),
                *not_working(prepared),
                *_left_out(prepared),
                *unclean(site.memory.state),
                *outdated_for_recurring(site, prepared.observed, context),
            )
        )
    told = Finished(changed=len(tuple(prepared.plan.steps)), seconds=0, attention=attention, basis=compared(prepared))
    return Result(plan=prepared.plan, outcome=outcome, silent=silent), told


def _pull(prepared: Prepared, site: Site, context: Context) -> None:
    """Begin to pull what the plan needs; where the cluster is in use wait for those whose failure stops a run.

    A worker that lacks an image fails by itself, and in a new cluster everything else goes on meanwhile.

    Raises:
        PreflightError: An image cannot be had; nothing was changed.
    """
    site.images.begin(needed_images(prepared.plan, prepared.observed))
    if not prepared.observed.api:
        return
    core = (host.name for host in site.cluster.hosts if not host.only_worker)
    faults = site.images.missing(core, context.stop)
    if faults:
        problems = [Problem(where=fault.where, what=fault.what, hint=fault.hint) for fault in faults]
        raise PreflightError("images cannot be had; nothing was changed", problems)


def _perform(
    prepared: Prepared, site: Site, context: Context, after: Callable[[Site], None], silent: tuple[HostError, ...]
) -> Outcome:
    """Save what is wanted, then make it so, then save that it is, which giving a full etcd room is not."""
    _ask(prepared.plan, context)
    _pull(prepared, site, context)
    site.memory.begin(prepared.desired)
    _first_kubeconfig(prepared, site, context)
    outcome = Outcome()
    if not prepared.plan.empty:
        api = leased(prepared.observed.etcd, context, api=prepared.observed.api)
        keep_for_recurring(site, context, api=api)  # one that fails is tried again once all is done
        outcome = carry_out(prepared.plan, site, context, api=api, brings_api=not prepared.observed.etcd.full)
        remember_answer(site, prepared.plan, outcome)
        outcome.raise_failure(silent)
    site.write_kubeconfig()
    if prepared.observed.etcd.full:
        return outcome
    if not prepared.left_out:
        unseen = [name for name, found in prepared.observed.hosts.items() if not found.reachable]
        of_rke = site.cluster.rke is not None
        site.memory.change(lambda state: state.finished(unseen, edited_sections(state) if of_rke else frozenset()))
    if _everywhere(prepared, site.cluster, context):
        site.memory.change(State.rolled)
    # what RKE left as it is wanted stays RKE's
    touched = site.cluster.rke is None or not prepared.plan.empty or prepared.renews_copy
    if touched:
        refuse_newer(site, context)
        keep_copy(site, context)
    after(site)
    if touched:
        keep_copy(site, context)
        keep_for_recurring(site, context, api=True).raise_failure()
    return outcome


def _everywhere(prepared: Prepared, cluster: Cluster, context: Context) -> bool:
    """Tell whether every API server is as wanted by now.

    One that is to leave stays while no other one answers; of one whose host is silent nobody knows what it writes with.
    """
    servers = cluster.carrying(Role.CONTROLPLANE)
    leaving = any(not host.has(Role.CONTROLPLANE) for host in servers)
    hosts = {**prepared.observed.hosts, **prepared.observed.leaving}
    reached = all(hosts[host.name].reachable for host in servers)
    return reached and every_api_server(cluster, context) and (prepared.observed.api or not leaving)


def _silent(prepared: Prepared, context: Context) -> tuple[HostError, ...]:
    """Return the faults of workers that did not answer; others stopped the run before."""
    hosts = prepared.observed.hosts.values()
    return tuple(host.fault for host in hosts if host.fault and host.name not in context.skip and _meant(host, context))


def _meant(host: ObservedHost, context: Context) -> bool:
    return not context.only or host.name in context.only


def _left_out(prepared: Prepared) -> tuple[Problem, ...]:
    """Name what differs from cluster.yml and was left as it is."""
    names = ", ".join(prepared.left_out)
    what = f"left as it is, as asked, though it differs from cluster.yml: {names}"
    return (Problem(where="", what=what, hint="Run rke-py up without --only.", warning=True),) if names else ()


def _first_kubeconfig(prepared: Prepared, site: Site, context: Context) -> None:
    """Write the kubeconfig for an API server that runs already; while none of those that stay does, leave it alone."""
    hosts, cluster = prepared.observed.hosts, site.cluster
    running = (
        host
        for host in cluster.with_role(Role.CONTROLPLANE)
        if (found := hosts[host.name].containers.get(API_SERVER)) and found.running
    )
    server = next(running, None)
    if server is not None or not (prepared.observed.api and context.kubeconfig_path.exists()):
        write_admin_kubeconfig(cluster, site.memory.state, context, server=server)


def _ask(plan: Plan, context: Context) -> None:
    if plan.outages and not context.consent("This takes something away or interrupts it. Go on?", plan.outages):
        raise ConsentMissing("nothing was changed, as you did not agree to what it costs")

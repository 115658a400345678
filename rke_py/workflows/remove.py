"""``rke-py remove``: take the cluster away and leave the hosts as they were."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from rke_py.cluster.model import Cluster
from rke_py.errors import ConsentMissing, HostError, RolloutFailed, UsageError
from rke_py.kube.interface import ClusterAccess
from rke_py.observe.hosts import look_at_hosts
from rke_py.plan.carried import is_of_others, is_ours, told
from rke_py.plan.checks.words import listed
from rke_py.plan.model import Plan
from rke_py.plan.observed import Observed, ObservedHost
from rke_py.plan.removal import make_removal, our_containers
from rke_py.progress import Finished
from rke_py.state.model import State
from rke_py.stores.retirement import retire
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.edges import without
from rke_py.workflows.holder import this_process
from rke_py.workflows.lease import may_lease
from rke_py.workflows.pulls import images_of
from rke_py.workflows.remembered import asked_of
from rke_py.workflows.secrecy import secrets_of
from rke_py.workflows.taken_over import refuse_unlike
from rke_py.workflows.work import carry_out, site_of, unclean


def remove(context: Context, *, snapshots: bool = False) -> Plan:
    """Remove the cluster from every host; its state is kept until all of them are clean.

    Args:
        context: Who watches and who agrees.
        snapshots: Whether the etcd snapshots on the hosts go too.

    Raises:
        UsageError: cluster.yml asks for a version of RKE's, and the cluster is none of RKE's; or a host carries another
            cluster than the state's.
        ConsentMissing: Nobody agreed.
        RolloutFailed: Some hosts are not clean, or did not answer; the state file is kept for the next try.
        StateError: Another run, of this machine or elsewhere, changes the cluster.
    """
    began = context.clock.now()
    with ExitStack() as stack:
        saved = stack.enter_context(StateStore(context.state_path).locked(this_process(context)))
        asked = asked_of(context, saved.state)
        refuse_unlike(asked.cluster, saved.state, "removing a cluster")
        context.protect(secrets_of(saved.state or State(lineage=""), asked.loaded.config))
        fleet = stack.enter_context(context.edges.fleet(asked.cluster, context))
        found = look_at_hosts(asked.cluster.every, fleet)
        _refuse_others(asked.cluster, found, saved.state)
        strangers = _strangers(asked.cluster, found, saved.state)
        cluster = without(asked.cluster, _of_others(asked.cluster, found, saved.state) | strangers)
        observed = Observed(hosts={host.name: found[host.name] for host in cluster.every})
        plan = make_removal(cluster, observed, snapshots=snapshots)
        _ask(asked.cluster, observed, saved.state, context, snapshots=snapshots, strangers=strangers)
        images = stack.enter_context(images_of(asked.cluster, fleet, context))
        bundle = saved.state.bundle if saved.state else {}
        access = stack.enter_context(context.edges.access(asked.cluster, fleet, lambda: bundle))
        site = site_of(asked.cluster, fleet, access, saved, images, context)
        lease = may_lease(access, context, api=_answers(access, saved.state))
        silent = _unreachable(observed)
        lacking = "; ".join(str(fault) for fault in silent)
        carry_out(plan, site, context, api=lease, lacking=lacking).raise_failure()
        if silent:
            hint = "The state file is kept. Run rke-py remove again when they answer."
            raise RolloutFailed("some hosts could not be reached and are not clean", silent, hint=hint)
        attention = tuple(str(problem) for problem in unclean(saved.state))
        retire(context.state_path, context.kubeconfig_path)
    seconds = (context.clock.now() - began).total_seconds()
    context.reporter.report(Finished(changed=len(tuple(plan.steps)), seconds=seconds, attention=attention))
    return plan


def _refuse_others(cluster: Cluster, found: Mapping[str, ObservedHost], state: State | None) -> None:
    """Refuse to remove what is not this cluster's; without any CA to compare with, the operator is told whose it is."""
    if state is None or "kube-ca" not in state.bundle:
        return
    others = [host.name for host in cluster.hosts if is_of_others(found[host.name], state)]
    if others:
        what = f"{listed(others)}: another cluster's CA lies there, and this would delete that one"
        raise UsageError(
            what, hint="Look at the addresses in cluster.yml. To delete what is there: rke-py node clean HOST"
        )


def _strangers(cluster: Cluster, found: Mapping[str, ObservedHost], state: State | None) -> frozenset[str]:
    """Return the hosts of cluster.yml on which this cluster never was: whatever is on them is somebody else's.

    One that a run began with is in the state, by that address, and one that RKE set up, or whose address is another one
    now, has the cluster's CA.
    """
    known = {(name, record.address) for name, record in state.hosts.items()} if state is not None else set()
    return frozenset(
        host.name
        for host in cluster.hosts
        if found[host.name].reachable
        and (host.name, host.address) not in known
        and not is_ours(found[host.name], state)
        and (state is not None or not our_containers(found[host.name]))
    )


def _of_others(cluster: Cluster, found: Mapping[str, ObservedHost], state: State | None) -> frozenset[str]:
    """Return the hosts that left earlier and whose machine is another's by now: nothing on it is touched."""
    addresses = {host.address for host in cluster.hosts}
    return frozenset(
        host.name
        for host in cluster.leaving
        if host.address in addresses or (our_containers(found[host.name]) and not is_ours(found[host.name], state))
    )


def _answers(access: ClusterAccess, state: State | None) -> bool:
    """Tell whether an API server answers; of a cluster that is half gone none may, and none is waited for."""
    return state is not None and state.etcd.bootstrapped and access.api.ready()


def _ask(
    cluster: Cluster,
    observed: Observed,
    state: State | None,
    context: Context,
    *,
    snapshots: bool,
    strangers: frozenset[str],
) -> None:
    whose = [line for host in observed.hosts.values() if state is None and host.reachable for line in told(host, None)]
    costs = [
        f"{host.name}: "
        + ("everything of the cluster, etcd's data and all pods" if host.reachable else str(host.fault))
        for host in observed.hosts.values()
    ]
    kept = "the etcd snapshots in /opt/rke/etcd-snapshots are deleted too" if snapshots else "etcd snapshots are kept"
    left = [f"{name}: nothing of this cluster was found, so it is left as it is" for name in sorted(strangers)]
    left += [
        f"{host.name}: the machine at {host.moved_from}, its address before, is not cleaned"
        for host in cluster.hosts
        if host.moved_from and host.name in strangers
    ]
    if not context.consent("This removes the cluster and all its data. Go on?", (*whose, *costs, *left, kept)):
        raise ConsentMissing("nothing was removed, as you did not agree")


def _unreachable(observed: Observed) -> tuple[HostError, ...]:
    return tuple(host.fault for host in observed.hosts.values() if host.fault is not None)

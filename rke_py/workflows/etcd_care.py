"""``rke-py etcd defrag | alarm``: members that give room back, and alarms that are taken back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from rke_py.cluster.model import Cluster
from rke_py.errors import ConsentMissing, EtcdUnavailable, PreflightError, UsageError
from rke_py.observe.cluster import look_at_etcd
from rke_py.observe.hosts import look_at_hosts
from rke_py.plan.etcd_care import alarm_problems, defragmenting_plan, disarming_plan
from rke_py.plan.model import Plan
from rke_py.plan.observed import Observed
from rke_py.plan.observed_etcd import EtcdMember, ObservedEtcd
from rke_py.progress import Finished
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.etcd_members import reached
from rke_py.workflows.holder import this_process
from rke_py.workflows.lease import leased
from rke_py.workflows.pulls import images_of
from rke_py.workflows.remembered import asked_of, existing, refuse_while_restoring
from rke_py.workflows.secrecy import secrets_of
from rke_py.workflows.work import carry_out, site_of

_ALONE = "etcd has one member, so the API servers do without it while it defragments: seconds for each GB"


def defragment(context: Context, *, every: bool = False) -> Plan:
    """Have members give free pages back to the disk, one at a time, the leader last.

    Args:
        context: Who watches and who agrees.
        every: Also those that would gain little.

    Raises:
        UsageError: No cluster was made yet, or its etcd is not ours.
        ConsentMissing: The only member would pause, and nobody agreed.
        RolloutFailed: A member did not become healthy again; the others were left alone.
    """

    def planned(cluster: Cluster, observed: Observed) -> Plan:
        plan = defragmenting_plan(cluster, observed.etcd, every=every)
        alone = len(observed.etcd.members) == 1 and not plan.empty
        if alone and not context.consent("This interrupts the API servers. Go on?", (_ALONE,)):
            raise ConsentMissing("nothing was changed, as you did not agree to what it costs")
        return plan

    return _done(context, planned)


def disarm(context: Context) -> Plan:
    """Take back every alarm whose cause is gone.

    Raises:
        UsageError: No cluster was made yet, or its etcd is not ours.
        PreflightError: A cause is still there.
        EtcdUnavailable: No member tells which alarms are raised.
    """

    def planned(cluster: Cluster, observed: Observed) -> Plan:
        _raise_unknown(observed.etcd)
        problems = tuple(alarm_problems(cluster, observed))
        if problems:
            raise PreflightError("what raised the alarms is still there; nothing was changed", problems)
        return disarming_plan(cluster, observed.etcd)

    return _done(context, planned)


def alarms(context: Context) -> tuple[EtcdMember, ...]:
    """Return the members that have raised alarms.

    Raises:
        UsageError: No cluster was made yet, or its etcd is not ours.
        EtcdUnavailable: No member tells which alarms are raised.
    """
    with reached(context) as here:
        etcd = look_at_etcd(here.access)
        _raise_unknown(etcd)
        return tuple(member for member in etcd.members if member.alarms)


def _raise_unknown(etcd: ObservedEtcd) -> None:
    if etcd.exists and not etcd.alarms_unknown:
        return
    why = etcd.alarms_unknown if etcd.exists else "no host answers for a member"
    hint = "Alarms are read through the quorum. See what is wrong with: rke-py doctor"
    raise EtcdUnavailable("nobody knows which alarms are raised", evidence=(why,), hint=hint)


def _done(context: Context, planned: Callable[[Cluster, Observed], Plan]) -> Plan:
    """Look, plan and perform; every member that is known has to answer.

    While etcd is full nothing can be written to the cluster, neither the lease nor the copy of the state.
    """
    began = context.clock.now()
    with ExitStack() as stack:
        saved = stack.enter_context(StateStore(context.state_path).locked(this_process(context)))
        state = existing(saved.state, context)
        asked = asked_of(context, state)
        refuse_while_restoring(state)
        if asked.cluster.external_etcd is not None:
            raise UsageError("this cluster's etcd is your own (services.etcd.external_urls): look after it there")
        context.protect(secrets_of(state, asked.loaded.config))
        fleet = stack.enter_context(context.edges.fleet(asked.cluster, context))
        images = stack.enter_context(images_of(asked.cluster, fleet, context))
        access = stack.enter_context(context.edges.access(asked.cluster, fleet, lambda: state.bundle))
        observed = Observed(hosts=look_at_hosts(asked.cluster.hosts, fleet), etcd=look_at_etcd(access))
        if not observed.etcd.exists:
            raise UsageError("no etcd member answers", hint="See what is wrong with: rke-py doctor")
        plan = planned(asked.cluster, observed)
        if not plan.empty:
            site = site_of(asked.cluster, fleet, access, saved, images, context)
            api = leased(observed.etcd, context, api=access.api.ready())
            carry_out(plan, site, context, api=api).raise_failure()
    seconds = (context.clock.now() - began).total_seconds()
    context.reporter.report(Finished(changed=len(tuple(plan.steps)), seconds=seconds))
    return plan

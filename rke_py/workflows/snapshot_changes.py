"""``rke-py etcd snapshot delete | prune``: snapshots that go, on every member and in S3."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rke_py.cluster.backup_model import S3
from rke_py.errors import ConsentMissing, RkeError, RolloutFailed, UsageError
from rke_py.plan.model import OnFailure, Plan, Stage, Turn
from rke_py.plan.snapshots import SNAPSHOTS
from rke_py.plan.steps import DeleteSnapshot, PruneSnapshots
from rke_py.progress import Finished
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.holder import this_process
from rke_py.workflows.lease import may_lease
from rke_py.workflows.snapshot_care import IN_S3, LOCAL, Found, found_in, missing
from rke_py.workflows.snapshot_places import Places, snapshot_places
from rke_py.workflows.work import carry_out, site_of

KINDS = ("recurring", "before a change")
"""What goes by count unless somebody asks for more: what somebody asked for goes by its name only."""

_S3_STAGE = f"{SNAPSHOTS} in S3"


def delete_snapshot(context: Context, name: str, s3: S3 | None = None) -> None:
    """Delete a snapshot on every member that has it, and in S3; what lies beside cluster.yml stays.

    Args:
        context: Who agrees.
        name: The snapshot's, and no other that begins alike.
        s3: Another folder in S3 than cluster.yml names.

    Raises:
        UsageError: There is no such snapshot.
        ConsentMissing: Nobody agreed.
        RolloutFailed: It is still in some place, or in one that could not be asked; in the others it is gone.
    """
    why = ("it was asked for",)

    def plan(places: Places, found: Found) -> Plan:
        named = [copy for copy in found.copies if copy.name == name and copy.where != LOCAL]
        holders = [copy.where for copy in named if copy.lineage in ("", found.lineage)]
        theirs = [copy.where for copy in named if copy.where not in holders]
        if not holders and theirs:
            raise UsageError(f"the snapshot {name} is another cluster's: {', '.join(theirs)}")
        if not holders:
            raise missing(found, name, f" on any member{' or in S3' if places.cluster.backup.s3 else ''}")
        costs = [f"the snapshot {name} is gone for good: {', '.join(holders)}", *_last(found, name)]
        costs += [f"another cluster's of that name stays: {', '.join(theirs)}"] if theirs else []
        costs += [f"could not be asked, and may have it still: {', '.join(found.silent)}"] if found.silent else []
        if not context.consent("Delete it?", costs):
            raise ConsentMissing("nothing was deleted, as you did not agree")
        tools = places.cluster.images.tools
        hosts = tuple(
            _turn(DeleteSnapshot(host=host, name=name, tools=tools, why=why)) for host in holders if host != IN_S3
        )
        through = DeleteSnapshot(host=found.through, name=name, tools=tools, s3=True, why=why)
        return _plan(hosts, (_turn(through),) if IN_S3 in holders else ())

    _change(context, s3, plan)


def prune_snapshots(context: Context, keep: int | None = None, *, every: bool = False, s3: S3 | None = None) -> None:
    """Drop the oldest snapshots of this cluster beyond a number, on every member and in S3.

    Only whole ones count, so one that is damaged pushes none out.

    Args:
        context: Who agrees.
        keep: How many of each kind stay in each place; None for what cluster.yml says.
        every: Those that somebody asked for too.
        s3: Another folder in S3 than cluster.yml names.

    Raises:
        UsageError: The number is less than one.
        ConsentMissing: Nobody agreed.
        RolloutFailed: Some place could not be pruned, or not be asked; the others are done.
    """
    if keep is not None and keep < 1:
        raise UsageError(
            "--keep: at least one has to stay", hint="Delete a single one with: rke-py etcd snapshot delete"
        )
    why = ("it was asked for",)

    def plan(places: Places, found: Found) -> Plan:
        number = keep or places.cluster.backup.retention
        counts: Mapping[str, int] = dict.fromkeys((*KINDS, "asked") if every else KINDS, number)
        kinds = "of each kind" if every else "of those that were taken by themselves"
        costs = [f"{kinds}, the newest {number} stay in each place"]
        costs += [f"could not be asked, and keep theirs: {', '.join(found.silent)}"] if found.silent else []
        if not context.consent("Delete old snapshots?", costs):
            raise ConsentMissing("nothing was deleted, as you did not agree")
        lineage, tools = places.state.lineage, places.cluster.images.tools
        hosts = tuple(
            _turn(PruneSnapshots(host=host, lineage=lineage, keep=counts, tools=tools, why=why))
            for host in places.hosts
            if host not in found.silent
        )
        through = PruneSnapshots(host=found.through, lineage=lineage, keep=counts, tools=tools, s3=True, why=why)
        return _plan(hosts, (_turn(through),) if found.through else ())

    _change(context, s3, plan)


def _change(context: Context, s3: S3 | None, plan_of: Callable[[Places, Found], Plan]) -> None:
    """Do what a plan says in the places that answer, and fail where others could not be asked."""
    began = context.clock.now()
    with (
        StateStore(context.state_path).locked(this_process(context)) as saved,
        snapshot_places(context, s3) as places,
        places.cluster_access(context) as access,
    ):
        found = found_in(places, context)
        plan = plan_of(places, found)
        lease = may_lease(access, context, api=places.state.etcd.bootstrapped and access.api.ready())
        site = site_of(places.cluster, places.fleet, access, saved, places.images, context)
        outcome = carry_out(plan, site, context, api=lease, tell=False)
    if found.silent and not outcome.interrupted:
        silent = (RkeError(f"it could not be asked: {why}", where=where) for where, why in found.silent.items())
        failures = (*outcome.failures.values(), *silent)
        what = f"not done in every place, and done in the others: {', '.join(fault.where for fault in failures)}"
        raise RolloutFailed(what, failures, hint="Mend the cause and run the same again.")
    outcome.raise_failure()
    seconds = (context.clock.now() - began).total_seconds()
    context.reporter.report(Finished(changed=len(outcome.succeeded), seconds=seconds))


def _plan(hosts: tuple[Turn, ...], s3: tuple[Turn, ...]) -> Plan:
    """Return a plan in which one place that fails stops no other; S3 comes last."""
    after = frozenset({SNAPSHOTS} if hosts else ())
    stages = (
        Stage(name=SNAPSHOTS, turns=hosts, limit=0, on_failure=OnFailure.COUNT),
        Stage(name=_S3_STAGE, turns=s3, limit=0, on_failure=OnFailure.COUNT, after=after),
    )
    return Plan(stages=tuple(stage for stage in stages if stage.turns))


def _turn(step: DeleteSnapshot | PruneSnapshots) -> Turn:
    return Turn(stage=_S3_STAGE if step.s3 else SNAPSHOTS, host=step.host, steps=(step,), disrupts=False)


def _last(found: Found, name: str) -> tuple[str, ...]:
    """Return what else to say when no verified one is left then."""
    others = (copy for copy in found.copies if copy.verified and copy.lineage == found.lineage and copy.name != name)
    return () if next(others, None) else ("it is the last one of this cluster that is verified",)

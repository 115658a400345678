"""What a restore rests on: everything is looked at, and all that speaks against it is said, before it begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rke_py.cluster.model import Cluster, Role
from rke_py.errors import ApiError, HostError, PreflightError, Problem
from rke_py.kube.interface import ClusterAccess
from rke_py.observe.cluster import look_at_nodes
from rke_py.observe.hosts import look_at_every_host
from rke_py.observe.restore import look_at_restore
from rke_py.plan.checks.belonging import foreign_authorities
from rke_py.plan.checks.rancher import rancher_problems
from rke_py.plan.checks.restore import missing_faults, reach_faults, restore_problems, running_version
from rke_py.plan.model import OnFailure, Plan, Stage, Turn
from rke_py.plan.node import node_plans
from rke_py.plan.observed import Observed
from rke_py.plan.restore.ended import with_ended
from rke_py.plan.restore.forward import BRING, Restoring
from rke_py.plan.restore.model import FoundData, Snapshot, best
from rke_py.plan.steps import UnpackSnapshot
from rke_py.progress import Warned
from rke_py.rollout.images import Images
from rke_py.rollout.site import Site
from rke_py.state.model import State
from rke_py.state.restore import Restore, again
from rke_py.stores.statefile import Saved
from rke_py.transport.interface import Fleet
from rke_py.transport.parallel import for_each
from rke_py.workflows.context import Context
from rke_py.workflows.loading import Asked
from rke_py.workflows.restore_in_s3 import by_name, checksum_in_s3
from rke_py.workflows.snapshot_fetch import fetch_from_s3
from rke_py.workflows.snapshot_places import Places, with_s3
from rke_py.workflows.snapshot_sources import Wanted, chosen
from rke_py.workflows.work import carry_out

_MOST_RESTORES = 32
"""etcd counts revisions in 63 bits."""

_BUMP = 1_000_000_000
"""Revisions that each restore goes beyond the one before it: more than a cluster makes between two of them."""

_LINE = (3, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRun:
    """What a run of restore works with; ``asked_for`` is what the operator typed."""

    context: Context
    asked: Asked
    asked_for: str
    state: State
    fleet: Fleet
    access: ClusterAccess
    images: Images
    saved: Saved
    site: Site


def prepared(run: RestoreRun, wanted: Wanted) -> Restoring:
    """Look at everything the restore rests on.

    Raises:
        PreflightError: All that speaks against it.
    """
    cluster, under_way = run.asked.cluster, run.state.restore
    observed = look_again(run)
    foreign = () if run.saved.state else foreign_authorities(cluster, run.state, observed)
    _raise_or_warn(run, (*_managed_by_others(run), *reach_faults(cluster, observed, under_way), *foreign))
    token = under_way.token if under_way else f"{run.context.clock.now():%Y%m%dT%H%M%SZ}-{run.context.random_id()[:8]}"
    found = ask_members(run, wanted.name, token)
    snapshot = chosen(wanted, found, under_way)
    if snapshot is not None and wanted.remote and under_way is None:
        snapshot = _as_in_s3(run, wanted, snapshot, found)
    if snapshot is None and wanted.may_be_in_s3(cluster) and not any(data.archive for data in found.values()):
        fetch_from_s3(cluster, run.fleet, run.images, run.saved, run.context, wanted)
        found = ask_members(run, wanted.name, token)
        snapshot = chosen(wanted, found, under_way)
    if snapshot is None and (holders := [host for host, data in found.items() if data.archive]):
        _unpack(run, wanted.name, holders, observed)
        found = ask_members(run, wanted.name, token)
        snapshot = chosen(wanted, found, under_way)
    if snapshot is None:
        raise _refused(run, "no snapshot can be restored", tuple(missing_faults(wanted.name, found)))
    running = running_version(cluster, observed)
    _raise_or_warn(run, tuple(restore_problems(cluster, run.state, snapshot, found, running)))
    restore = under_way or Restore(
        snapshot=wanted.name,
        asked=run.asked_for,
        token=token,
        bump=_bump(run.state.etcd.restores, int(snapshot.told("revision") or 0)),
        sha256=snapshot.sha256,
    )
    return restoring_from(run, observed, restore, snapshot, found)


def _managed_by_others(run: RestoreRun) -> tuple[Problem, ...]:
    """Find out whether Rancher manages the cluster, where an API server can still tell it; none is asked midway."""
    if not run.asked.cluster.made_by_rke or run.state.restore is not None or not run.access.api.ready():
        return ()
    try:
        return tuple(rancher_problems(run.asked.cluster, look_at_nodes(run.access.api)))
    except ApiError:  # what cannot be read may be why the cluster goes back
        return ()


def _as_in_s3(run: RestoreRun, wanted: Wanted, there: Snapshot, found: Mapping[str, FoundData]) -> Snapshot:
    """Return the members' file that is the one in S3, as it was said to lie there; raises where none is."""
    cluster = with_s3(run.asked.cluster, wanted.s3)
    places = Places(cluster=cluster, state=run.state, fleet=run.fleet, images=run.images, run=run.context.look_id())
    holders = ", ".join(sorted(there.holders))
    try:
        checksum = checksum_in_s3(places, wanted, run.context)
    except HostError as fault:
        what = f"nobody can tell whether the snapshot {wanted.name} on {holders} is the one in S3: {fault}"
        problem = Problem(where="", what=what, hint=f"Mend that. {by_name(wanted.name)}")
        raise _refused(run, "one fault stands against the restore", [problem]) from fault
    if not checksum:
        what = f"a snapshot {there.name} lies on {holders}, and that one is restored"
        hint = "Should the one in S3 be another, do not agree, and look at them: rke-py etcd snapshot list"
        _raise_or_warn(run, (Problem(where="", what=what, hint=hint, warning=True),))
        return there
    same = best(wanted.name, {host: data for host, data in found.items() if data.sha256 == checksum})
    if same is None:
        what = f"the snapshot {wanted.name} in S3 is another file than the one on {holders}"
        hint = f"Look at them: rke-py etcd snapshot list. {by_name(wanted.name)}"
        raise _refused(run, "one fault stands against the restore", [Problem(where="", what=what, hint=hint)])
    return same


def _bump(restores: int, revision: int) -> int:
    """Return what is added to a snapshot's revision, so that it is beyond whatever clients saw before.

    Each is more than all earlier ones together, whatever snapshots these began from. How many there were is also told
    by the snapshot's own revision, should the state be an older one.
    """
    earlier = max(restores, (revision // _BUMP).bit_length())
    return int(_BUMP << min(earlier, _MOST_RESTORES))


def _unpack(run: RestoreRun, name: str, holders: list[str], observed: Observed) -> None:
    """Take the snapshot out of RKE's archives, where it is read through as one of ours is."""
    line, tools = _line(run.asked.cluster, observed), run.asked.cluster.images.tools
    steps = (
        UnpackSnapshot(host=host, snapshot=name, line=line, tools=tools, why=("it is in an archive of RKE's",))
        for host in holders
    )
    turns = tuple(Turn(stage=BRING, host=step.host, steps=(step,), disrupts=False) for step in steps)
    plan = Plan(stages=(Stage(name=BRING, turns=turns, limit=0, on_failure=OnFailure.COUNT),))
    outcome = carry_out(plan, run.site, run.context, api=False)
    if not outcome.succeeded:
        outcome.raise_failure()


def look_again(run: RestoreRun) -> Observed:
    """Look at every host, those that leave too."""
    return look_at_every_host(run.asked.cluster, run.fleet, run.context.skip)


def ask_members(run: RestoreRun, snapshot: str, token: str) -> Mapping[str, FoundData]:
    """Ask the members' hosts; raises PreflightError with the faults of those that could not be asked."""
    seen = answers_of_members(run, snapshot, token)
    problems = [
        Problem(where=host, what=fault.what, hint=fault.hint)
        for host, fault in seen.items()
        if isinstance(fault, HostError)
    ]
    if problems:
        raise _refused(run, "the members' hosts could not all be looked at", problems)
    return {host: data for host, data in seen.items() if isinstance(data, FoundData)}


def answers_of_members(run: RestoreRun, snapshot: str, token: str) -> Mapping[str, FoundData | HostError]:
    """Ask the members' hosts what they have of a snapshot and of a restore; a host's fault stands for its answer."""
    cluster = run.asked.cluster
    hosts, image = [host.name for host in cluster.with_role(Role.ETCD)], cluster.images.tools
    brought = for_each(hosts, lambda name: run.images.ensure(name, image))
    faults = {host: fault for host, fault in brought.items() if isinstance(fault, HostError)}
    return {**faults, **look_at_restore(cluster, run.fleet, [h for h in hosts if h not in faults], snapshot, token)}


def restoring_from(
    run: RestoreRun, observed: Observed, restore: Restore, snapshot: Snapshot, found: Mapping[str, FoundData]
) -> Restoring:
    """Return what plans are made from, with files and containers of every host as wanted."""
    cluster, state = run.asked.cluster, run.state
    nodes = node_plans(cluster, state, observed)
    return Restoring(
        cluster=cluster,
        observed=observed,
        nodes=nodes,
        restore=restore,
        snapshot=snapshot,
        line=_line(cluster, observed),
        found=found,
        ended=with_ended(nodes, observed, run.context.clock.now()),
    )


def _line(cluster: Cluster, observed: Observed) -> str:
    return ".".join(map(str, (running_version(cluster, observed) or _LINE)[:2]))


def _refused(run: RestoreRun, what: str, problems: Sequence[Problem]) -> PreflightError:
    """Return the error that says what was found, and what of the cluster was touched: by an earlier run, it may be."""
    under_way = run.state.restore
    if under_way is None:
        return PreflightError(f"{what}; nothing was touched", problems)
    return PreflightError(f"{what}; this run touched nothing, but {under_way}", problems, hint=again(under_way))


def _raise_or_warn(run: RestoreRun, problems: tuple[Problem, ...]) -> None:
    faults = [problem for problem in problems if not problem.warning]
    if faults:
        count = "one fault stands" if len(faults) == 1 else f"{len(faults)} faults stand"
        raise _refused(run, f"{count} against the restore", problems)
    for problem in problems:
        run.context.reporter.report(Warned(problem=problem))

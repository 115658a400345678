"""What follows once an API server answered from restored data: in the run that brought them, or in a later one.

From then on the cluster has them, and users may write: nothing here takes data away or puts others in their place.
"""

from __future__ import annotations

from dataclasses import replace

from rke_py.errors import Problem, RestoreFailed, RkeError, RolloutFailed
from rke_py.observe.cluster import look_at_etcd, look_at_nodes
from rke_py.plan.components.apiserver import NAME as API_SERVER
from rke_py.plan.restore.after import after_plan, starting_plan
from rke_py.plan.restore.forward import Restoring
from rke_py.plan.restore.model import FoundData, Snapshot
from rke_py.progress import Note, Warned
from rke_py.rollout.proof import ask_api, wait_for
from rke_py.rollout.run import Outcome
from rke_py.state.model import State
from rke_py.state.restore import Restore, RestorePhase, again
from rke_py.workflows.lease import held_lease, may_lease, refuse_lost
from rke_py.workflows.recurring_state import keep_for_recurring
from rke_py.workflows.restore_look import RestoreRun, answers_of_members, look_again, restoring_from
from rke_py.workflows.restore_pods import renew_pods, renew_tokens
from rke_py.workflows.snapshot_sources import Wanted, chosen
from rke_py.workflows.work import carry_out, keep_copy

_OLDER = "the restore is over, but the copy of the state that is kept there is an older one"

_BOOT = 300
"""Seconds in which an API server has to be ready: all machines may only just have come back."""


def remember(run: RestoreRun, restoring: Restoring) -> None:
    """Save which etcd cluster is the cluster's own now: from here on only another restore leads back."""
    told, restore = look_at_etcd(run.access), replace(restoring.restore, phase=RestorePhase.REACHED)

    def changed(state: State) -> State:
        first = state.etcd.first or restoring.members[0].name
        known = replace(state.etcd, token=restore.token, cluster_id=told.cluster_id, bootstrapped=True, first=first)
        # pods and tokens of then rest on what was old already: the rotation's roll is to be reached anew
        rotation = state.rotation and replace(state.rotation, reached=False, since="")
        return replace(state, etcd=known, restore=restore, rotation=rotation)

    run.site.memory.change(changed)


def follow(run: RestoreRun, restoring: Restoring, before: Outcome) -> int:
    """Do what follows once an API server answers, and return how many turns that took.

    The run lease in the snapshot is one of that time: whoever held it is over.

    Args:
        run: The run that brought the data.
        restoring: The restore.
        before: How bringing them went; what failed of it is raised when all else is done.
    """
    if not any(restoring.carries(host, API_SERVER) for host in restoring.control_plane):
        before.raise_failure()
        run.context.reporter.report(Note(text="no host has an API server yet; rke-py up makes the rest of the cluster"))
        run.site.memory.change(lambda state: replace(state, restore=None))
        return 0
    ask_api(run.site, run.access.api.free_lease)
    return _followed(run, replace(restoring, observed=look_again(run)), before)


def finish(run: RestoreRun, wanted: Wanted, restore: Restore) -> int:
    """Do what an earlier run left of a restore that an API server answered from; return how many turns that took.

    Which hosts the members are on, and what their data are, may be another matter since: neither is looked at. Others
    may change the cluster by now, so the run lease is held from before the look where an API server answers.

    Raises:
        StateError: Another run changes the cluster, or took the lease meanwhile.
        RestoreFailed: No API server is ready.
    """
    run.context.reporter.report(Note(text="the data are in use since an earlier run: only what was left is done"))
    lease = may_lease(run.access, run.context, api=run.access.api.ready())
    with held_lease(run.access, run.context, api=lease) as claim:
        observed = look_again(run)
        seen = answers_of_members(run, restore.snapshot, restore.token)
        found = {host: data for host, data in seen.items() if isinstance(data, FoundData)}
        snapshot = chosen(wanted, found, restore) or Snapshot(name=restore.snapshot, size=0, sha256=restore.sha256)
        restoring = restoring_from(run, observed, restore, snapshot, found)
        started = carry_out(starting_plan(restoring), run.site, run.context, api=False)
        refuse_lost(claim)
    missing = wait_for(run.site, lambda: "" if run.access.api.ready() else "no API server is ready", _BOOT)
    if missing:
        what = f"{missing}, and what is left of the restore needs one; the restored data stay in use"
        hint = f"Look why with: rke-py doctor. Should one be half replaced, run: rke-py up. {again(restore)}"
        raise RestoreFailed(what, tuple(started.failures.values()), hint=hint)
    return _followed(run, restoring, started)


def _followed(run: RestoreRun, restoring: Restoring, before: Outcome) -> int:
    """Do all of what follows that can be done, then raise what failed: the restore is over only when nothing did."""
    outcomes = [
        before,
        carry_out(after_plan(restoring, look_at_nodes(run.access.api)), run.site, run.context, api=True),
    ]
    for renew in (renew_tokens, lambda each: renew_pods(each, restoring.snapshot)):
        if not outcomes[-1].interrupted:
            outcomes.append(renew(run))
    for outcome in outcomes:
        outcome.raise_failure()
    run.site.memory.change(lambda state: replace(state, restore=None))
    _keep(run)
    return sum(len(outcome.succeeded) for outcome in outcomes)


def _keep(run: RestoreRun) -> None:
    """Bring the state to where copies of it are kept, and warn of what fails.

    The restore is over and nothing remembers it any more: whoever is told to run it again begins another one.
    """

    def keep_in_cluster() -> None:
        keep_copy(run.site, run.context)

    def keep_beside_snapshots() -> None:
        keep_for_recurring(run.site, run.context, api=True).raise_failure()

    for keep, command in ((keep_in_cluster, "rke-py state push"), (keep_beside_snapshots, "rke-py up")):
        try:
            keep()
        except RkeError as failed:
            for fault in failed.failures if isinstance(failed, RolloutFailed) else (failed,):
                hint = f"Bring it there with: {command}"
                problem = Problem(where=fault.where, what=f"{_OLDER}: {fault.what}", hint=hint, warning=True)
                run.context.reporter.report(Warned(problem=problem))

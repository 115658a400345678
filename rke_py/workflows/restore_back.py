"""A restore taken back: what was there before is put back on every member, and started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rke_py.errors import HostError, RestoreFailed, RkeError, UsageError
from rke_py.plan.restore.back import PUT_BACK, back_plan, moved
from rke_py.plan.restore.forward import Restoring
from rke_py.plan.restore.model import FoundData, Snapshot
from rke_py.progress import Note
from rke_py.rollout.run import Outcome
from rke_py.state.restore import Restore, RestorePhase, again
from rke_py.workflows.restore_look import RestoreRun, answers_of_members, look_again, restoring_from
from rke_py.workflows.work import carry_out

_GONE = "Bring the hosts back, or take those that are gone for good out of cluster.yml."
_RESTORE = "Restore again, this snapshot or another: rke-py etcd snapshot restore NAME"
_UNHEALTHY = f"Where a quorum is gone for good: rke-py etcd recover. {_RESTORE}. Look why with: rke-py doctor"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """How a restore was taken back.

    Attributes:
        changed: How many turns that took.
        told: What the cluster has now.
        failures: Why it is not healthy with that; a cluster that was dead before is not.
        hint: What to do then.
    """

    changed: int
    told: str
    failures: tuple[RkeError, ...] = ()
    hint: str = ""


def refuse_back(restore: Restore | None) -> Restore:
    """Return the restore that can be taken back; raises UsageError where there is none, or none any more."""
    if restore is None:
        raise UsageError("no restore is under way that could be taken back")
    if restore.reached:
        what = f"the data of {restore.asked} are in use: what was written since would be lost"
        raise UsageError(what, hint="Only another restore leads back: rke-py etcd snapshot restore NAME")
    return restore


def take_back(run: RestoreRun, earlier: Sequence[RkeError] = ()) -> TakenBack:
    """Put back what was there before on every member, and start it.

    The restore is over once every member has what it had. Whether that is healthy is another matter: it may not have
    been before.

    Args:
        run: The run.
        earlier: Why the restore is taken back, to be told beside what goes wrong here.

    Raises:
        RestoreFailed: Some member does not have it yet; the next run goes on with it.
    """
    restore = replace(refuse_back(run.site.memory.state.restore), phase=RestorePhase.BACK)
    run.site.memory.change(lambda state: replace(state, restore=restore))
    observed, seen = look_again(run), answers_of_members(run, restore.snapshot, restore.token)
    found = {host: data for host, data in seen.items() if isinstance(data, FoundData)}
    if unseen := tuple(fault for fault in seen.values() if isinstance(fault, HostError)):
        what = "the members' hosts could not all be looked at, so the old data are not back yet"
        raise RestoreFailed(what, (*earlier, *unseen), hint=f"{_GONE} {again(restore)}")
    snapshot = Snapshot(name=restore.snapshot, size=0, sha256=restore.sha256)
    restoring = restoring_from(run, observed, restore, snapshot, found)
    run.context.reporter.report(Note(text="the old data are put back"))
    outcome = carry_out(back_plan(restoring), run.site, run.context, api=False)
    put_back = all(f"{PUT_BACK}/{host.name}" in outcome.succeeded for host in restoring.members)
    if outcome.interrupted or not put_back:
        faults = (*earlier, *outcome.failures.values())
        raise RestoreFailed("the old data could not be put back on every member yet", faults, hint=again(restore))
    run.site.memory.change(lambda state: replace(state, restore=None))
    return _told(restoring, outcome)


def _told(restoring: Restoring, outcome: Outcome) -> TakenBack:
    changed, failures = len(outcome.succeeded), tuple(outcome.failures.values())
    if not any(data.old for data in restoring.found.values()):
        told = "no member had data before, so etcd and the API servers are not started"
        return TakenBack(changed=changed, told=told, failures=failures, hint=_RESTORE)
    if failures:
        told = "all is as it was before, and that does not become healthy"
        return TakenBack(changed=changed, told=told, failures=failures, hint=_UNHEALTHY)
    told = "the old data are back" if moved(restoring) else "the old data stay in use"
    return TakenBack(changed=changed, told=told)

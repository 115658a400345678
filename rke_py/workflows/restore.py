"""``rke-py etcd snapshot restore``: etcd's data as a snapshot has them, or all as it was."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import NoReturn

from rke_py.cluster.backup_model import S3
from rke_py.errors import ApiError, ConsentMissing, RestoreFailed, UsageError
from rke_py.plan.encryption import recalled
from rke_py.plan.make import images as needed_images
from rke_py.plan.observed import MadeSince
from rke_py.plan.restore.costs import costs, course, taken_at
from rke_py.plan.restore.forward import (
    BRING,
    EXCHANGE,
    PREPARE,
    START_API_SERVERS,
    STOP_CONTROL_PLANE,
    STOP_ETCD,
    Restoring,
    restore_plans,
)
from rke_py.plan.restore.model import Snapshot
from rke_py.progress import Finished, Note
from rke_py.rollout.run import Outcome
from rke_py.state.model import State
from rke_py.state.restore import Restore, RestorePhase, again
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.holder import this_process
from rke_py.workflows.lease import held_lease, may_lease, refuse_lost
from rke_py.workflows.loading import Asked
from rke_py.workflows.planning import certified
from rke_py.workflows.pulls import images_of
from rke_py.workflows.remembered import asked_of, existing
from rke_py.workflows.restore_back import refuse_back, take_back
from rke_py.workflows.restore_follow import finish, follow, remember
from rke_py.workflows.restore_look import RestoreRun, prepared, restoring_from
from rke_py.workflows.restore_moved import forgetting_replaced
from rke_py.workflows.restore_pods import past_authority
from rke_py.workflows.secrecy import secrets_of
from rke_py.workflows.snapshot_sources import Wanted, wanted_snapshot
from rke_py.workflows.snapshot_state import state_of_snapshot
from rke_py.workflows.work import carry_out, site_of

_SERVED = (
    "the restored data do not become healthy, and the old ones are not put back unasked: API servers were started on "
    "the restored ones in an earlier run, so that somebody may have written to them"
)


def restore_snapshot(context: Context, snapshot: str, *, back: bool = False, s3: S3 | None = None) -> None:
    """Give etcd the data of a snapshot on every member, and start the cluster from them.

    One that was begun before, and killed, is finished. One that does not become healthy is taken back, unless somebody
    may have written to the restored data.

    Args:
        context: Who watches and who agrees.
        snapshot: The name of a snapshot on the members, the path of a file, or ``s3://bucket/folder/NAME``.
        back: Take back the restore that is under way, and nothing else.
        s3: Where in S3 it is looked for when no member has it; None leaves that to cluster.yml.

    Raises:
        UsageError: There is no such file, no state and none beside the snapshot that can be read, or another restore is
            under way.
        PreflightError: Everything that speaks against it; nothing was touched.
        ConsentMissing: Nobody agreed.
        RestoreFailed: It did not become healthy, and the old data are back; or not even that worked.
        RolloutFailed: The data are restored, but some of what follows failed.
    """
    began = context.clock.now()
    with ExitStack() as stack:
        saved = stack.enter_context(StateStore(context.state_path).locked(this_process(context)))
        wanted = wanted_snapshot(snapshot, saved.state.restore if saved.state else None, s3)
        state = existing(saved.state, context) if back else saved.state or state_of_snapshot(context, wanted, saved)
        asked = asked_of(context, state)
        _refuse(asked, state, snapshot, back=back)
        if state.restore is not None and state.restore.reached and state.restore.asked != snapshot:
            state = replace(state, restore=None)  # what was left of that one is part of this one too
        moved = state if back else forgetting_replaced(asked, state, context)
        if moved is not state:
            state, asked = moved, asked_of(context, moved)
        state, _ = certified(asked, state, context)
        context.protect(secrets_of(state, asked.loaded.config))
        fleet = stack.enter_context(context.edges.fleet(asked.cluster, context))
        images = stack.enter_context(images_of(asked.cluster, fleet, context))
        access = stack.enter_context(context.edges.access(asked.cluster, fleet, lambda: state.bundle))
        site = site_of(asked.cluster, fleet, access, saved, images, context)
        run = RestoreRun(
            context=context,
            asked=asked,
            asked_for=snapshot,
            state=state,
            fleet=fleet,
            access=access,
            images=images,
            saved=saved,
            site=site,
        )
        changed = _back(run) if back else _restore(run, wanted)
    seconds = (context.clock.now() - began).total_seconds()
    context.reporter.report(Finished(changed=changed, seconds=seconds))


def _refuse(asked: Asked, state: State, snapshot: str, *, back: bool) -> None:
    """Refuse what cannot be restored at all, or not before another restore is over."""
    if asked.cluster.external_etcd is not None:
        what = "this cluster's etcd is your own (services.etcd.external_urls), and rke-py restores nothing there"
        raise UsageError(what, hint="Restore it where it runs: etcdutl snapshot restore FILE")
    under_way = state.restore
    if back:
        refuse_back(under_way)
    if under_way is not None and not under_way.reached and under_way.asked != snapshot:
        raise UsageError(str(under_way), hint=again(under_way))


def _restore(run: RestoreRun, wanted: Wanted) -> int:
    """Look, check, ask and perform; return how many turns that took."""
    under_way = run.state.restore
    if under_way is not None and under_way.reached:
        return finish(run, wanted, under_way)
    if under_way is not None and under_way.phase is RestorePhase.BACK:
        taken = take_back(run)
        what = f"the restore that was being taken back is taken back: {taken.told}"
        raise RestoreFailed(what, taken.failures, hint=taken.hint)
    answers = run.access.api.ready()
    lease = may_lease(run.access, run.context, api=answers)
    with held_lease(run.access, run.context, api=lease) as claim:  # until all stops nobody else's work is cut off
        found = prepared(run, wanted)
        run = _reading(run, found.snapshot)
        restoring = restoring_from(run, found.observed, found.restore, found.snapshot, found.found)
        preparing, exchanging = restore_plans(restoring)
        if run.state.restore is None:
            for line in course(restoring, (preparing, exchanging), past_authority=past_authority(run, found.snapshot)):
                run.context.reporter.report(Note(text=line))
            _ask(run, restoring, answers=answers)
        run.site.memory.begin(_recorded(run.state, restoring.restore))
        run.images.begin(needed_images(preparing, restoring.observed))
        run.images.begin(needed_images(exchanging, restoring.observed))
        begun = carry_out(preparing, run.site, run.context, api=False)
        refuse_lost(claim)
    if begun.failures or begun.interrupted:
        _give_up(run, restoring, begun)
    outcome = carry_out(exchanging, run.site, run.context, api=False)
    if not _reached(run, restoring, outcome):
        _give_up(run, restoring, outcome)
    remember(run, restoring)
    if outcome.interrupted:
        outcome.raise_failure()
    return len(begun.succeeded) + follow(run, restoring, outcome)


def _give_up(run: RestoreRun, restoring: Restoring, outcome: Outcome) -> NoReturn:
    """Take the restore back, unless it was only interrupted or users may rest on it; raise how it ended."""
    failures = tuple(outcome.failures.values())
    if not failures:
        outcome.raise_failure()
    if restoring.served:
        raise RestoreFailed(_SERVED, failures, hint=again(restoring.restore))
    taken = take_back(run, failures)
    raise RestoreFailed(f"{_failed(outcome)}; {taken.told}", (*failures, *taken.failures), hint=taken.hint)


def _failed(outcome: Outcome) -> str:
    """Say what of the restore failed, by the stage in which it did."""
    stages = {key.partition("/")[0] for key in outcome.failures}
    if stages & {BRING, PREPARE}:
        return "the snapshot could not be prepared on every member, so nothing was exchanged"
    if stages & {STOP_CONTROL_PLANE, STOP_ETCD, EXCHANGE}:
        return "the data could not be exchanged on every member"
    return "the restore did not become healthy"


def _back(run: RestoreRun) -> int:
    """Take the restore back because that was asked for; return how many turns that took."""
    taken = take_back(run)
    if taken.failures:
        raise RestoreFailed(f"the restore is taken back: {taken.told}", taken.failures, hint=taken.hint)
    run.context.reporter.report(Note(text=f"the restore is taken back: {taken.told}"))
    return taken.changed


def _reading(run: RestoreRun, snapshot: Snapshot) -> RestoreRun:
    """Return the run with API servers that have the keys of what the snapshot holds."""
    names, now = tuple(sorted(snapshot.names("encryption_keys"))), f"{run.context.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    return replace(run, state=recalled(run.state, names, now, snapshot.encrypted))


def _ask(run: RestoreRun, restoring: Restoring, *, answers: bool) -> None:
    made = _made_since(run, restoring.snapshot) if answers else None
    lost = costs(restoring.snapshot, run.context.clock.now(), made)
    if not run.context.consent(f"This takes the cluster back to the snapshot {restoring.snapshot.name}. Go on?", lost):
        raise ConsentMissing("nothing was touched, as you did not agree")


def _made_since(run: RestoreRun, snapshot: Snapshot) -> MadeSince | None:
    """Return what is going to be lost, by name; None where nobody can tell."""
    taken = taken_at(snapshot)
    try:
        return run.access.api.made_since(taken) if taken else None
    except ApiError:
        return None


def _recorded(state: State, restore: Restore) -> State:
    """Return the state that says what is under way, before anything of it is."""
    if state.restore is not None:
        return state
    return replace(state, restore=restore, etcd=replace(state.etcd, restores=state.etcd.restores + 1))


def _reached(run: RestoreRun, restoring: Restoring, outcome: Outcome) -> bool:
    """Tell whether the restored data work: all is done, or at least one API server answers from them."""
    if not outcome.failures and not outcome.interrupted:
        return True
    started = any(key.startswith(f"{START_API_SERVERS}/") for key in outcome.succeeded)
    return started or (restoring.in_place and run.access.api.ready())

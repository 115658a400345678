"""``rke-py etcd snapshot``: snapshots of etcd that somebody asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace

from rke_py.cluster.backup_model import S3
from rke_py.cluster.model import Cluster, Role
from rke_py.errors import (
    ApiError,
    EtcdError,
    HostError,
    Interrupted,
    MembersFailed,
    Problem,
    RkeError,
    RolloutFailed,
    StateError,
    UsageError,
)
from rke_py.observe.cluster import look_at_etcd
from rke_py.observe.hosts import look_at_hosts
from rke_py.plan.components.etcd import peer_url
from rke_py.plan.make import images as needed_images
from rke_py.plan.model import OnFailure, Plan, Stage, Turn
from rke_py.plan.observed import Observed
from rke_py.plan.snapshots import SNAPSHOTS, answering, snapshot_turns
from rke_py.plan.steps import UploadSnapshot
from rke_py.progress import Finished, Warned
from rke_py.rollout.run import Outcome
from rke_py.rollout.site import Site
from rke_py.state.model import State
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.freshness import refuse_outdated_state
from rke_py.workflows.holder import this_process
from rke_py.workflows.lease import leased
from rke_py.workflows.pulls import images_of
from rke_py.workflows.remembered import asked_of, existing
from rke_py.workflows.secrecy import secrets_of
from rke_py.workflows.snapshot_places import protect_s3, refuse_external, with_s3
from rke_py.workflows.work import carry_out, site_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:+._-]{0,99}")
_ENDINGS = (".db", ".json", ".rkestate", ".zip")
_BEGINNING, _UNFINISHED = "restoring-", ".unverified"
_NO_KEY = Problem(
    where="",
    what="no state is kept beside it, since there is no key to encrypt it with",
    hint="Keep a copy of cluster.rkestate in a safe place, or set RKE_PY_STATE_KEY_FILE to a file with a key.",
    warning=True,
)


def save_snapshot(context: Context, name: str = "", *, s3: S3 | None = None, rke_format: bool = False) -> str:
    """Take a snapshot on every etcd member and verify it where it lies, in ``/opt/rke/etcd-snapshots``.

    Args:
        context: Where cluster.yml and the state are, and who watches.
        name: What it is called, without an ending; empty for ``snapshot_`` and the time.
        s3: Where one member's is copied to, instead of where cluster.yml says.
        rke_format: Write it as an archive of RKE's too.

    Returns:
        The name.

    Raises:
        UsageError: The name will not do, no cluster was made yet, or its etcd is the owner's own.
        StateError: Another run changes the cluster.
        MembersFailed: Some members have none, or it is not in S3; the others do.
        RolloutFailed: No member has one.
        Interrupted: The operator stopped it before S3 had it.
    """
    began = context.clock.now()
    name = checked_name(name or f"snapshot_{began:%Y%m%dT%H%M%SZ}")
    with ExitStack() as stack:
        saved = stack.enter_context(StateStore(context.state_path).locked(this_process(context)))
        state = existing(saved.state, context)
        asked = asked_of(context, state)
        cluster = with_s3(asked.cluster, s3)
        protect_s3(cluster, context)
        refuse_external(cluster)
        context.protect(secrets_of(state, asked.loaded.config))
        fleet = stack.enter_context(context.edges.fleet(cluster, context))
        images = stack.enter_context(images_of(cluster, fleet, context))
        access = stack.enter_context(context.edges.access(cluster, fleet, lambda: state.bundle))
        observed = Observed(hosts=look_at_hosts(cluster.hosts, fleet, context.skip), etcd=look_at_etcd(access))
        plan = snapshot_plan(cluster, observed, state, name, rke_format=rke_format)
        api = state.etcd.bootstrapped and access.api.ready()
        site, api = _with_state(site_of(cluster, fleet, access, saved, images, context), context, api=api)
        images.begin(needed_images(plan, observed))
        lease = leased(observed.etcd, context, api=api)
        outcome = carry_out(plan, site, context, api=lease, tell=False)
        copied = _copied(outcome, site, name, context, api=lease)
    failures = (*outcome.failures.values(), *without_snapshot(cluster, observed), *copied.failures.values())
    _raise_failed(name, failures, succeeded=bool(outcome.succeeded))
    outcome.raise_failure()
    if copied.interrupted and not copied.succeeded:
        raise Interrupted(f"stopped as asked: every member has the snapshot {name}, and S3 has not")
    seconds = (context.clock.now() - began).total_seconds()
    context.reporter.report(Finished(changed=len(outcome.succeeded), seconds=seconds))
    return name


def _with_state(site: Site, context: Context, *, api: bool) -> tuple[Site, bool]:
    """Warn where no state is kept beside the snapshot; one that is older than the cluster's copy would mislead.

    Args:
        site: What the steps work with.
        context: Who is told.
        api: Whether an API server answers, so that the copy can be read.

    Returns:
        The site, and whether an API server answers still: one that comes and goes is no reason to have no snapshot.
    """
    problems: Iterable[Problem] = ()
    try:
        problems = refuse_outdated_state(site.access.api, site.memory.state) if api else ()
    except StateError as fault:
        problems = (Problem(where="", what=f"no state is kept beside it: {fault.what}", hint=fault.hint, warning=True),)
        site = replace(site, state_copy=lambda: None)
    except ApiError as fault:
        what = f"the cluster's copy of the state cannot be read, so this one may be older: {fault.what}"
        problems, api = (Problem(where="", what=what, hint=fault.hint, warning=True),), False
    if context.state_key is None:
        problems = (*problems, _NO_KEY)
    for problem in problems:
        context.reporter.report(Warned(problem=problem))
    return site, api


def checked_name(name: str, *, given: bool = True) -> str:
    """Return the name of a snapshot.

    Args:
        name: The name.
        given: Whether it is for a new one.

    Raises:
        UsageError: It could not be a file's, or means a file's ending.
    """
    taken = given and (name.startswith(_BEGINNING) or _UNFINISHED in name)
    if not _NAME.fullmatch(name) or name.endswith(_ENDINGS) or taken:
        hint = (
            "Letters, digits, dots, dashes, underscores, colons and plus signs, at most 100; none of "
            f"{', '.join(_ENDINGS)} at its end, no {_UNFINISHED} in it, and not {_BEGINNING} at its begin: these are "
            "files that are dropped."
        )
        raise UsageError(f"--name: {name!r} cannot be the name of a snapshot", hint=hint)
    return name


def _copied(outcome: Outcome, site: Site, name: str, context: Context, *, api: bool) -> Outcome:
    """Copy one member's to S3: the first one's, or the next one's where that fails; return how the last one went."""
    copied = Outcome()
    why = ("services.etcd.backup_config.s3backupconfig",)
    for key in outcome.succeeded if site.cluster.backup.s3 else ():
        step = UploadSnapshot(host=key.partition("/")[2], name=name, tools=site.cluster.images.tools, why=why)
        turn = Turn(stage=SNAPSHOTS, host=step.host, steps=(step,), disrupts=False)
        plan = Plan(stages=(Stage(name=SNAPSHOTS, turns=(turn,), limit=0, on_failure=OnFailure.COUNT),))
        copied = carry_out(plan, site, context, api=api, tell=False)
        if copied.succeeded or copied.interrupted:
            break
    return copied


def snapshot_plan(cluster: Cluster, observed: Observed, state: State, name: str, *, rke_format: bool = False) -> Plan:
    """Return the plan that takes a snapshot on every member that answers; one that fails stops no other."""
    why = ("it was asked for",)
    turns = snapshot_turns(cluster, observed, state, name=name, keep=0, why=why, rke_format=rke_format)
    return Plan(stages=(Stage(name=SNAPSHOTS, turns=turns, limit=0, on_failure=OnFailure.COUNT),))


def without_snapshot(cluster: Cluster, observed: Observed) -> tuple[RkeError, ...]:
    """Say of each member that does not answer why it has no snapshot; a host that never had a member has none to give.

    Where no member answers, every host with the role is one.
    """
    answer = {host.name for host, _ in answering(cluster, observed)}
    members = {url: member for member in observed.etcd.members for url in member.peer_urls}
    faults: list[RkeError] = []
    for host in cluster.with_role(Role.ETCD):
        member, found = members.get(peer_url(host)), observed.hosts[host.name]
        if host.name in answer or (observed.etcd.exists and member is None):
            continue
        fault = member.fault if member and member.fault else "its etcd does not answer"
        faults.append(found.fault if isinstance(found.fault, HostError) else EtcdError(fault, where=host.name))
    return tuple(faults)


def _raise_failed(name: str, failures: tuple[RkeError, ...], *, succeeded: bool) -> None:
    if not failures:
        return
    hosts = ", ".join(fault.where for fault in failures)
    if not succeeded:
        raise RolloutFailed(f"no member has the snapshot {name}: {hosts}", failures)
    what = f"not every place has the snapshot {name}, the others have a verified one: {hosts}"
    raise MembersFailed(what, failures, hint="Mend the cause, and take another one.")

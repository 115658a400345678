"""``rke-py etcd snapshot``: snapshots of etcd that somebody asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace

from rke_py.cluster.model import Cluster, Role
from rke_py.errors import (
    EtcdError,
    HostError,
    MembersFailed,
    Problem,
    RkeError,
    RolloutFailed,
    StateError,
    UsageError,
)
from rke_py.kube.interface import ClusterAccess
from rke_py.observe.cluster import look_at_etcd
from rke_py.observe.hosts import look_at_hosts
from rke_py.plan.components.etcd import peer_url
from rke_py.plan.make import images as needed_images
from rke_py.plan.model import OnFailure, Plan, Stage
from rke_py.plan.observed import Observed
from rke_py.plan.snapshots import SNAPSHOTS, answering, snapshot_turns
from rke_py.progress import Finished, Warned
from rke_py.rollout.images import Images
from rke_py.rollout.site import Site
from rke_py.state.model import State
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.freshness import refuse_outdated_state
from rke_py.workflows.holder import this_process
from rke_py.workflows.loading import load_cluster, refuse_rke_family
from rke_py.workflows.remembered import existing, running_version
from rke_py.workflows.secrecy import secrets_of
from rke_py.workflows.work import carry_out, site_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ENDINGS = (".db", ".json", ".rkestate", ".zip")
_NO_KEY = Problem(
    where="",
    what="no state is kept beside it, since there is no key to encrypt it with",
    hint="Keep a copy of cluster.rkestate in a safe place, or set RKE_PY_STATE_KEY_FILE to a file with a key.",
    warning=True,
)


def save_snapshot(context: Context, name: str = "") -> str:
    """Take a snapshot on every etcd member and verify it where it lies, in ``/opt/rke/etcd-snapshots``.

    Args:
        context: Where cluster.yml and the state are, and who watches.
        name: What it is called, without an ending; empty for ``snapshot_`` and the time.

    Returns:
        The name.

    Raises:
        UsageError: The name will not do, no cluster was made yet, or its etcd is the owner's own.
        StateError: Another run changes the cluster.
        MembersFailed: Some members have none; the others do.
        RolloutFailed: No member has one.
    """
    began = context.clock.now()
    name = checked_name(name or f"snapshot_{began:%Y%m%dT%H%M%SZ}")
    with ExitStack() as stack:
        saved = stack.enter_context(StateStore(context.state_path).locked(this_process(context)))
        state = existing(saved.state, context)
        asked = load_cluster(context.config, text=context.text, running_version=running_version(state))
        cluster = asked.cluster
        refuse_rke_family(cluster, "a snapshot of etcd")
        _refuse_external(cluster)
        context.protect(secrets_of(state, asked.loaded.config))
        fleet = stack.enter_context(context.edges.fleet(cluster, context))
        images = stack.enter_context(Images(fleet, cluster, context.reporter))
        access = stack.enter_context(context.edges.access(cluster, fleet, lambda: state.bundle))
        observed = Observed(hosts=look_at_hosts(cluster.hosts, fleet, context.skip), etcd=look_at_etcd(access))
        plan = snapshot_plan(cluster, observed, state, name)
        api = state.etcd.bootstrapped and access.api.ready()
        site = _with_state(site_of(cluster, fleet, access, saved, images, context), access if api else None, context)
        images.begin(needed_images(plan, observed))
        outcome = carry_out(plan, site, context, api=api, tell=False)
    silent = without_snapshot(cluster, observed)
    _raise_failed(name, (*outcome.failures.values(), *silent), succeeded=bool(outcome.succeeded))
    outcome.raise_failure()
    seconds = (context.clock.now() - began).total_seconds()
    context.reporter.report(Finished(changed=len(outcome.succeeded), seconds=seconds))
    return name


def _with_state(site: Site, access: ClusterAccess | None, context: Context) -> Site:
    """Warn where no state is kept beside the snapshot; one that is older than the cluster's copy would mislead.

    Args:
        site: What the steps work with.
        access: The cluster's APIs, None while no API server answers.
        context: Who is told.
    """
    problems: Iterable[Problem] = ()
    try:
        problems = refuse_outdated_state(access.api, site.memory.state) if access else ()
    except StateError as fault:
        problems = (Problem(where="", what=f"no state is kept beside it: {fault.what}", hint=fault.hint, warning=True),)
        site = replace(site, state_copy=lambda: None)
    if context.state_key is None:
        problems = (*problems, _NO_KEY)
    for problem in problems:
        context.reporter.report(Warned(problem=problem))
    return site


def _refuse_external(cluster: Cluster) -> None:
    if cluster.external_etcd is not None:
        what = "this cluster's etcd is your own (services.etcd.external_urls), and rke-py takes no snapshots of it"
        raise UsageError(what, hint="Take them where it runs: etcdctl snapshot save FILE")


def checked_name(name: str) -> str:
    """Return the name of a snapshot; raises UsageError when it could not be a file's, or means a file's ending."""
    if not _NAME.fullmatch(name) or name.endswith(_ENDINGS):
        hint = f"Letters, digits, dots, dashes and underscores, at most 100; none of {', '.join(_ENDINGS)} at its end."
        raise UsageError(f"--name: {name!r} cannot be the name of a snapshot", hint=hint)
    return name


def snapshot_plan(cluster: Cluster, observed: Observed, state: State, name: str) -> Plan:
    """Return the plan that takes a snapshot on every member that answers; one that fails stops no other."""
    why = ("it was asked for",)
    turns = snapshot_turns(cluster, observed, state, name=name, keep=0, why=why)
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
    what = f"these members have no snapshot {name}, the others have a verified one: {hosts}"
    raise MembersFailed(what, failures, hint="Mend the cause, and take another one.")

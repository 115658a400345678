"""Steps on etcd members: bootstrap once, join as a learner, remove by id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from rke_py.errors import EtcdError, EtcdUnavailable, ProofFailed, RkeError
from rke_py.kube.etcd.interface import EtcdApi
from rke_py.plan.arguments import flag_value
from rke_py.plan.components.etcd import METRICS_PORT, Form, bootstrap_form, form, joining_form
from rke_py.plan.containers import ContainerSpec, HttpCheck
from rke_py.plan.conventions import HEALTH_OF_ETCD
from rke_py.plan.observed_etcd import EtcdMember
from rke_py.plan.steps import BootstrapEtcd, JoinEtcd, RemoveEtcdMember
from rke_py.rollout.gate import Deed
from rke_py.rollout.needed_images import images_there
from rke_py.rollout.owners import start
from rke_py.rollout.proof import last_lines, prove_container, unless_hopeless, wait_for
from rke_py.rollout.quorum import spare_vote
from rke_py.rollout.site import Site
from rke_py.rollout.tooling import run_tools_command

T = TypeVar("T")

_MEMBERSHIP_TIMEOUT = 90
"""Seconds: etcd refuses a membership change until all members have been connected for 5 s."""

_ELECTION_TIMEOUT = 30
"""Seconds: without their leader the members miss its heartbeat for 5 s, more than once when votes are split."""

_REMOVED_FIRST = "No member could tell so before. Run the same again: it is removed by its id first then."

_LEARNER_GRACE = 2
"""Seconds: a stopping etcd waits 15 s for clients that stay, as the API server of its host; its log is on disk."""

_CAUGHT_UP = HttpCheck(port=METRICS_PORT, path=HEALTH_OF_ETCD)
"""A read of what the leader has, without a vote too (seen with 3.5.35 and 3.6.16), from the member's very start on."""

_TOOLS_TIMEOUT = 60


def _may_join(step: JoinEtcd, site: Site) -> None:
    """A member that joins anew may still serve as it was: the others have to go on without that one meanwhile."""
    images_there(step, site)
    for member in step.stale:
        spare_vote(member, step.host, site)


def _bootstrap(step: BootstrapEtcd, site: Site) -> None:
    """Start the first member alone and remember the cluster; a later step gives its container the standing form.

    The state names the host before the member starts, and the cluster's id before anything can be written to it: a run
    that dies in between continues with this host, and no second cluster is ever made.
    """
    if site.memory.state.etcd.bootstrapped:
        raise EtcdError("this cluster's etcd was made before; it is never made again", where=step.host)
    site.memory.change(lambda state: replace(state, etcd=replace(state.etcd, first=step.host)))
    engine = site.fleet[step.host].engine
    if engine.inspect(step.name) is None:
        engine.create(bootstrap_form(step.spec))
    start(step.spec, step.host, site)
    prove_container(step.spec, step.host, site)
    cluster_id = site.access.etcd(step.host).status().cluster_id
    known = replace(site.memory.state.etcd, cluster_id=cluster_id, bootstrapped=True)
    site.memory.change(lambda state: replace(state, etcd=known))


def _prove_member(step: BootstrapEtcd | JoinEtcd, site: Site) -> None:
    prove_container(step.spec, step.host, site)


def _join(step: JoinEtcd, site: Site) -> None:
    """Add the member as a learner, start it and promote it; continues from wherever a killed run stopped."""
    cluster = _healthy_member(step.host, site)
    for member in step.stale:
        _patiently(site, partial(_leave, cluster, member), f"remove the member {member}", step.host)
    engine, peer = site.fleet[step.host].engine, _peer_url(step.spec)
    known = _patiently(site, partial(_member_with, cluster, peer), "list the members", step.host)
    if known is not None and not known.learner and engine.inspect(step.name) is None:
        # with empty data it would vote anew under an id that has voted
        raise EtcdError("etcd knows its member already, whose data are gone", where=step.host, hint=_REMOVED_FIRST)
    if known is None:
        engine.remove(step.name)
        _set_data_aside(step.host, site)
        _patiently(site, partial(_enter, cluster, peer), "add the member", step.host)
    if engine.inspect(step.name) is None:
        peers = _patiently(site, partial(_peers, cluster, step.spec), "list the members", step.host)
        engine.create(joining_form(step.spec, peers))
    start(step.spec, step.host, site)
    mine = _patiently(site, partial(_member_with, cluster, peer), "list the members", step.host)
    if mine is not None and mine.learner:
        _settle(step, site)
        _patiently(site, partial(_promote, cluster, peer), "promote the member", step.host)


def _settle(step: JoinEtcd, site: Site) -> None:
    """Give the learner's container its standing form once it has data; without a vote it costs nobody anything.

    It is not asked on its client port alone: etcd opens that only after the other members were told of the new one, and
    tells them a second time after 15 s when the first word was part of the very snapshot that the new one gets.
    """
    engine, member = site.fleet[step.host].engine, site.access.etcd(step.host)
    found = engine.inspect(step.name)
    if found is not None and form(found.spec) is Form.STANDING:
        return

    def without_data() -> str:
        if site.access.check(step.host, _CAUGHT_UP).ok:
            return ""
        health = member.health(serializable=True)  # cluster.yml may have its metrics elsewhere
        return "" if health.ok else health.detail

    arrives = unless_hopeless(step.name, step.host, site, without_data)
    missing = wait_for(site, arrives, step.spec.start_timeout)
    if missing:
        evidence = last_lines(step.name, step.host, site)
        raise ProofFailed(step.host, f"the new etcd member got no data: {missing}", evidence=evidence)
    engine.stop(step.name, _LEARNER_GRACE)
    engine.remove(step.name)
    engine.create(step.spec)
    engine.start(step.name)


def _undo_join(step: JoinEtcd, site: Site, fault: RkeError) -> RkeError | None:
    """Take the container, the learner and its unfinished data away, so that no orphan counts against the quorum.

    A member that could not be removed goes on as it was. What was set aside before the learner began stays: it may be
    the last copy of something, and the learner's data is nobody's.
    """
    engine = site.fleet[step.host].engine
    evidence = fault.evidence or last_lines(step.name, step.host, site)
    cluster, peer = _healthy_member(step.host, site), _peer_url(step.spec)
    members = _patiently(site, cluster.members, "list the members", step.host).members
    mine = next((member for member in members if peer in member.peer_urls), None)
    if any(member.id in step.stale for member in members):
        return None
    if mine is None or mine.learner:
        engine.remove(step.name)
    if mine is None:
        _set_data_aside(step.host, site)
    elif mine.learner:
        _patiently(site, partial(_leave, cluster, mine.id), "remove the learner", step.host)
        run_tools_command(step.host, ("drop-learner-data",), site, timeout=_TOOLS_TIMEOUT)
    return ProofFailed(step.host, fault.what, evidence=evidence, hint=fault.hint)


def _may_remove(step: RemoveEtcdMember, site: Site) -> None:
    spare_vote(step.member, step.host, site)


def _remove_member(step: RemoveEtcdMember, site: Site) -> None:
    """Take the member out; one that a killed run removed already is not there any more, which is fine."""
    cluster = _healthy_member(step.host, site)
    _patiently(site, partial(_leave, cluster, step.member), step.title, step.host)


def _enter(cluster: EtcdApi, peer: str) -> None:
    """Add a member; one that etcd added without being able to say so is not added twice, which it refuses for good."""
    if _member_with(cluster, peer) is None:
        cluster.add_learner((peer,))


def _promote(cluster: EtcdApi, peer: str) -> None:
    mine = _member_with(cluster, peer)
    if mine is not None and mine.learner:
        cluster.promote(mine.id)


def _leave(cluster: EtcdApi, member: str) -> None:
    if any(known.id == member for known in cluster.members().members):
        cluster.remove(member)


def _peer_url(spec: ContainerSpec) -> str:
    return flag_value(spec.command, "initial-advertise-peer-urls") or ""


def _healthy_member(other_than: str, site: Site) -> EtcdApi:
    """Return a healthy member on another host, which the cluster's changes are asked of; waits for an election."""
    hosts: list[str] = []
    seen: list[str] = []

    def missing() -> str:
        seen.clear()
        for member in site.access.look_at_etcd().members:
            host = member.name.removeprefix("etcd-")
            if host != other_than and member.healthy and not member.learner:
                hosts.append(host)
                return ""
            seen.append(f"{member.name or member.id}: {member.fault or ('learner' if member.learner else 'itself')}")
        return "no other member of etcd is healthy"

    fault = wait_for(site, missing, _ELECTION_TIMEOUT)
    if fault:
        raise EtcdError(fault, where=other_than, evidence=seen)
    return site.access.etcd(hosts[0])


def _member_with(cluster: EtcdApi, peer: str) -> EtcdMember | None:
    return next((member for member in cluster.members().members if peer in member.peer_urls), None)


def _peers(cluster: EtcdApi, spec: ContainerSpec) -> dict[str, str]:
    """Return every member's name and peer URL; a member that has not started yet is ours and has no name."""
    name = flag_value(spec.command, "name") or ""
    return {member.name or name: member.peer_urls[0] for member in cluster.members().members}


def _patiently(site: Site, ask: Callable[[], T], what: str, host: str) -> T:
    """Ask something of etcd until it is ready for it, a member leads and it answers; a refusal is raised at once.

    What was asked may have been done although the answer says that time was over, so it has to look first.
    """
    answers: list[T] = []

    def not_yet() -> str:
        try:
            answers.append(ask())
        except EtcdUnavailable as error:
            return error.what
        return ""

    missing = wait_for(site, not_yet, _MEMBERSHIP_TIMEOUT)
    if missing:
        raise EtcdError(f"could not {what}: {missing}", where=host)
    return answers[0]


def _set_data_aside(host: str, site: Site) -> None:
    run_tools_command(host, ("set-member-aside",), site, timeout=_TOOLS_TIMEOUT)


BOOTSTRAP = Deed(require=images_there, do=_bootstrap, prove=_prove_member)
JOIN = Deed(require=_may_join, do=_join, prove=_prove_member, undo=_undo_join)
REMOVE_MEMBER = Deed(require=_may_remove, do=_remove_member)

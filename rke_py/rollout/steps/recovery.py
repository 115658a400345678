"""Steps that mend etcd itself: a cluster of one, defragmenting, alarms."""

from __future__ import annotations

from rke_py.errors import EtcdError, ProofFailed
from rke_py.plan.components.etcd import DATA, FORCING, NAME, forced_form
from rke_py.plan.steps import DefragmentEtcd, DisarmAlarm, ForceNewCluster, KeepMemberData
from rke_py.rollout.gate import Deed
from rke_py.rollout.needed_images import images_there
from rke_py.rollout.owners import start
from rke_py.rollout.proof import last_lines, prove_container, wait_for
from rke_py.rollout.quorum import spare_member
from rke_py.rollout.site import Site
from rke_py.rollout.tooling import run_tools_command

_COPY_TIMEOUT = 1800
_ALONE_TIMEOUT = 120
_HEALTHY_TIMEOUT = 60
_GRACE = 30


def _keep(step: KeepMemberData, site: Site) -> None:
    command = ("keep-member-data", "--token", step.token)
    run_tools_command(step.host, command, site, timeout=_COPY_TIMEOUT, binds=(f"{DATA}:{DATA}",))


def _force(step: ForceNewCluster, site: Site) -> None:
    """Let a container of its own do it and wait until it did, then give the member back to the one that stays.

    Killed anywhere, it is done once more: a member that is the only one already stays the only one.
    """
    engine = site.fleet[step.host].engine
    there = engine.inspect(step.name) is not None
    if there:
        engine.set_restart(step.name, "no")
        engine.stop(step.name, _GRACE)
    engine.remove(FORCING)
    forced = forced_form(step.spec)
    engine.create(forced)
    start(forced, step.host, site)
    missing = wait_for(site, lambda: _not_alone(step.host, site), _ALONE_TIMEOUT)
    evidence = last_lines(FORCING, step.host, site) if missing else ()
    engine.stop(FORCING, _GRACE)
    engine.remove(FORCING)
    if missing:
        raise ProofFailed(step.host, f"the member did not become the only one: {missing}", evidence=evidence)
    if there:
        engine.set_restart(step.name, step.spec.restart)
    else:
        engine.create(step.spec)
    start(step.spec, step.host, site)


def _not_alone(host: str, site: Site) -> str:
    """Return what is still missing until the member serves alone."""
    member = site.access.etcd(host)
    health = member.health()
    if not health.ok:
        return health.detail or "it does not answer"
    try:
        others = len(member.members().members) - 1
    except EtcdError as error:
        return error.what
    return f"it still knows {others} others" if others else ""


def _prove_alone(step: ForceNewCluster, site: Site) -> None:
    prove_container(step.spec, step.host, site)
    missing = wait_for(site, lambda: _not_alone(step.host, site), _HEALTHY_TIMEOUT)
    if missing:
        raise ProofFailed(step.host, f"the member is not the only one: {missing}")


def _may_pause(step: DefragmentEtcd, site: Site) -> None:
    """A member that defragments answers nobody; the others have to do without it meanwhile."""
    spare_member(step.host, site)


def _defragment(step: DefragmentEtcd, site: Site) -> None:
    site.access.etcd(step.host).defragment()


def _prove_healthy(step: DefragmentEtcd, site: Site) -> None:
    def missing() -> str:
        health = site.access.etcd(step.host).health()
        return "" if health.ok else health.detail or "it does not answer"

    fault = wait_for(site, missing, _HEALTHY_TIMEOUT)
    if fault:
        raise ProofFailed(step.host, f"{NAME} is not healthy after it was defragmented: {fault}")


def _disarm(step: DisarmAlarm, site: Site) -> None:
    site.access.etcd(step.host).disarm(step.member, step.alarm)


KEEP = Deed(do=_keep)
FORCE = Deed(require=images_there, do=_force, prove=_prove_alone)
DEFRAGMENT = Deed(require=_may_pause, do=_defragment, prove=_prove_healthy)
DISARM = Deed(do=_disarm)

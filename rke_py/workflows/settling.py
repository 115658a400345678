"""What a roll of a rotation waits for once every host is where it wants it: pods, and tokens in Secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from rke_py.errors import RotationWaits
from rke_py.pki.rotation import Kind, Phase, Rotation, key_id
from rke_py.plan.model import Plan, Stage, Turn
from rke_py.plan.stage_names import CONTROL_PLANE
from rke_py.plan.steps import AwaitRootCa, RenewTokens, Workload
from rke_py.plan.workloads import PODS, restart_stage, sort_workloads
from rke_py.render.addons import render_addons
from rke_py.rollout.proof import ask_api
from rke_py.rollout.run import Outcome
from rke_py.rollout.site import Site
from rke_py.state.model import State
from rke_py.workflows.context import Context
from rke_py.workflows.work import carry_out

After = Callable[[Site], None]
_RESTART_TIMEOUT = 600
_HINT = (
    "Restart them and run the same again; --restart-workloads does it for Deployments, DaemonSets and StatefulSets. "
    "--force goes on, and these pods reach no API server then until they are restarted."
)
_HINT_RESTARTED = (
    "Some were restarted, and their way of updating themselves left pods as they are (OnDelete, a partition): delete "
    "these pods and run the same again. --force goes on, and they reach no API server then until they are restarted."
)
_OLD = "every host trusts both CAs; the next roll waits for pods that read the old one alone"
_BACK = " To give up the new CAs instead: rke-py cert rotate --abandon."
_ENDED = (
    "every host has the new CA; these pods read the one that ended, and reach no API server until they are restarted"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What ``cert rotate`` was asked for.

    Attributes:
        services: The services whose certificates are to be new; empty for all of them.
        finish: Drop what is old.
        abandon: Give up what is new, while nothing rests on it.
        restart_workloads: Restart workloads that still rest on what is old.
        force: Go on although some do.
    """

    kind: Kind = Kind.LEAVES
    services: tuple[str, ...] = ()
    finish: bool = False
    abandon: bool = False
    restart_workloads: bool = False
    force: bool = False


def settled(phase: Phase, wish: Wish, context: Context, *, whole: bool = True) -> After:
    """Return what is done after a roll: pods and tokens follow, then the rotation has reached it, or is over.

    Args:
        phase: The roll.
        wish: What was asked for.
        context: Who watches.
        whole: Whether no worker was silent; where a CA has ended pods cannot wait for one.
    """

    def after(site: Site) -> None:
        rotation = site.memory.state.rotation
        if rotation is None:  # with its last roll it was over once every host was as wanted
            return
        match rotation.kind, phase:
            case Kind.AUTHORITIES, Phase.TRUST:
                _perform(site, context, _single(AwaitRootCa(host="", why=("pods have to trust both CAs",))))
                _remember_moment(site)
                _renew_pods(site, wish, context)
            case Kind.AUTHORITIES, Phase.REPLACE:
                if rotation.old:
                    _perform(site, context, _single(AwaitRootCa(host="", why=("pods have to trust the new CA",))))
                    _remember_moment(site)
                    _renew_pods(site, wish, context)
                if whole and not context.skip:  # a host that was left out is known by the old CA when it is back
                    site.memory.change(lambda state: replace(state, rotation=None))
                return
            case Kind.SERVICE_ACCOUNT, Phase.ISSUE:
                _perform(site, context, _single(RenewTokens(host="", why=("another key signs now",))))
                _remember_moment(site)
        site.memory.change(lambda state: replace(state, rotation=replace(_of(state), reached=True)))

    return after


def remember_answer(site: Site, plan: Plan, outcome: Outcome) -> None:
    """Remember, where CAs that ended are replaced, that an API server serves with the new ones."""
    rotation = site.memory.state.rotation
    if rotation is None or rotation.phase is not Phase.REPLACE or rotation.answered:
        return
    servers = {turn.key for stage in plan.stages if stage.name == CONTROL_PLANE for turn in stage.turns}
    if (not servers or servers & set(outcome.succeeded)) and site.access.api.ready():
        site.memory.change(lambda state: replace(state, rotation=replace(_of(state), answered=True)))


def refuse_old(wish: Wish) -> After:
    """Return the check before the old service-account key is dropped: no token Secret and no pod rests on it."""

    def after(site: Site) -> None:
        rotation = _rotation(site)
        if rotation.kind is not Kind.SERVICE_ACCOUNT or wish.force:
            return
        wanted = key_id(site.memory.state.bundle["kube-service-account-token"])
        tokens = [name for name, key in ask_api(site, site.access.api.token_keys).items() if key != wanted]
        old = _old(site)
        if tokens or old:
            lines = [*(f"token Secret {name}" for name in tokens), *map(str, old)]
            hint = "Restart them and run the same again, or drop the key all the same with --force."
            raise RotationWaits("these still rest on the old service-account key", evidence=lines, hint=hint)

    return after


def _renew_pods(site: Site, wish: Wish, context: Context) -> None:
    """Restart add-ons, and the workloads of others where that is wished; refuse to go on while old pods remain.

    A restart need not make every pod anew: that is for a workload's own way of updating itself to say.
    """
    addons = render_addons(site.cluster, site.memory.state.bundle)
    found = sort_workloads(_old(site), addons, users=wish.restart_workloads)
    why = "its pods read the CA before the new one was in it"
    _perform(site, context, restart_stage(found.restarted, _rotation(site).began, _RESTART_TIMEOUT, why))
    left = _old(site) if found.restarted else found.left
    if left and not wish.force:
        hint = _HINT if set(left).isdisjoint(found.restarted) else _HINT_RESTARTED
        trusting = _rotation(site).phase is Phase.TRUST
        what, back = (_OLD, _BACK) if trusting else (_ENDED, "")
        raise RotationWaits(what, evidence=tuple(map(str, left)), hint=f"{hint}{back}")


def _old(site: Site) -> tuple[Workload, ...]:
    since = datetime.fromisoformat(_rotation(site).since)
    return ask_api(site, lambda: site.access.api.workloads_before(since))


def _remember_moment(site: Site) -> None:
    """Remember, once, from when on pods are new enough."""
    if not _rotation(site).since:
        now = ask_api(site, site.access.api.server_time).isoformat()
        site.memory.change(lambda state: replace(state, rotation=replace(_of(state), since=now)))


def _perform(site: Site, context: Context, stage: Stage) -> None:
    if stage.turns:
        carry_out(Plan(stages=(stage,)), site, context, api=True).raise_failure()


def _single(step: AwaitRootCa | RenewTokens) -> Stage:
    return Stage(name=PODS, turns=(Turn(stage=PODS, host="", steps=(step,), disrupts=False),), limit=0)


def _rotation(site: Site) -> Rotation:
    return _of(site.memory.state)


def _of(state: State) -> Rotation:
    if state.rotation is None:
        raise RuntimeError("there is no rotation under way")
    return state.rotation

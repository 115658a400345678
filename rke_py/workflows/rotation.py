"""``rke-py cert rotate``: new certificates, new CAs, a new service-account key, while the cluster runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from cryptography import x509

from rke_py.cluster.model import Cluster
from rke_py.errors import ConsentMissing, UsageError
from rke_py.pki.authority import RENEW
from rke_py.pki.keys import generate_key
from rke_py.pki.rotation import (
    Kind,
    Phase,
    Rotation,
    again,
    issuing_new,
    leaf_names,
    new_roots,
    next_phase,
    root_names,
    trusting_both,
    without_new,
    without_old,
)
from rke_py.plan.checks.words import listed
from rke_py.progress import Finished
from rke_py.state.model import State
from rke_py.stores.statefile import Saved, StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.ended import ask_to_replace, ended, refuse_doubtful, refuse_earlier, replaced
from rke_py.workflows.holder import this_process
from rke_py.workflows.loading import Asked
from rke_py.workflows.planning import Prepared, certified
from rke_py.workflows.remembered import NO_CLUSTER, asked_of
from rke_py.workflows.settling import After, Wish, refuse_old, settled
from rke_py.workflows.taken_over import beside_certificates, left_by_rke, refuse_beside_certificates
from rke_py.workflows.up import make_so

_COSTS = {
    (Kind.AUTHORITIES, Phase.ISSUE): (
        "kubeconfigs from before this rotation stop working: they do not know the CA that API servers show now",
        "hand out the kubeconfig that was written since (kube_config_cluster.yml), it knows both",
    ),
    (Kind.AUTHORITIES, Phase.DROP): (
        "whatever the old CA signed stops working: older kubeconfigs, certificates made from requests in the cluster",
    ),
    (Kind.SERVICE_ACCOUNT, Phase.TRUST): (
        "tokens in Secrets are made anew: whoever keeps a copy of one outside the cluster needs the new one",
    ),
    (Kind.SERVICE_ACCOUNT, Phase.DROP): ("tokens that the old key signed stop working",),
}


_UNDO = "Undo it until then: while a CA has ended nothing else can be done than to replace it."


def rotate(context: Context, wish: Wish) -> Rotation | None:
    """Begin a rotation, or continue the one that is under way, as far as it goes.

    Returns:
        The rotation that is still to be finished; None when all is done.

    Raises:
        UsageError: There is no cluster, cluster.yml asks for more than certificates, another rotation is under way, or
            hosts are to be left out although no CA has ended.
        ConsentMissing: Nobody agreed to what it means for those who have old kubeconfigs or tokens.
        RotationWaits: Pods still rest on what is old.
    """
    began, changed, told = context.clock.now(), 0, Finished(changed=0, seconds=0)
    with StateStore(context.state_path).locked(this_process(context)) as saved:
        asked = _asked(saved, context, wish)
        _refuse_skipping(context, asked, _state(saved), wish)
        phase = _next_phase(asked, _state(saved), context, wish)
        while phase is not None:
            if phase is Phase.DROP and (begun := _state(saved).rotation) and begun.phase is not phase:
                certain = certified(asked, _state(saved), context)
                result, _ = make_so(asked, saved, certain, context, after=refuse_old(wish))
                result.raise_silent()
            before = _state(saved)
            state, anew = _entered(before, phase, asked, context, wish)
            certain = certified(asked, state, context, anew)
            check = partial(_check, asked, state, before, context)
            after, partly = settled(phase, wish, context), _partly(phase, wish, context)
            result, told = make_so(asked, saved, certain, context, check=check, after=after, partly=partly)
            result.raise_silent()
            changed += told.changed
            rotation = _state(saved).rotation
            over = rotation is None or phase is Phase.REPLACE
            phase = None if over else _next_phase(asked, _state(saved), context, wish)
        rotation = _state(saved).rotation
        left = (f"{rotation}; {again(rotation)}",) if rotation else ()
        seconds = (context.clock.now() - began).total_seconds()
        context.reporter.report(replace(told, changed=changed, seconds=seconds, attention=(*told.attention, *left)))
        return rotation


def _next_phase(asked: Asked, state: State, context: Context, wish: Wish) -> Phase | None:
    gone = ended(asked.cluster, state.bundle, context.clock.now())
    return next_phase(state.rotation, wish.kind, finish=wish.finish, abandon=wish.abandon, ended=bool(gone))


def _partly(phase: Phase, wish: Wish, context: Context) -> After:
    """Return what is done although workers were silent: nothing, but where pods reach no API server until then."""
    return settled(phase, wish, context, whole=False) if phase is Phase.REPLACE else lambda _: None


def _check(asked: Asked, state: State, before: State, context: Context, prepared: Prepared) -> None:
    """Refuse what is asked for beside it; where CAs begin to be rotated, see by all clocks whether they have ended."""
    begun = state.rotation
    if begun and begun.phase is Phase.REPLACE:
        beside = beside_certificates(asked, state, prepared)
        ask_to_replace(asked.cluster, before, prepared.desired, prepared.observed, context, beside)
        return
    refuse_beside_certificates(asked, state, prepared)
    if before.rotation is None and begun and (begun.kind, begun.phase) == (Kind.AUTHORITIES, Phase.TRUST):
        refuse_doubtful(asked.cluster, before.bundle, prepared.observed, context.clock.now())


def _asked(saved: Saved, context: Context, wish: Wish) -> Asked:
    """Read cluster.yml and refuse what cannot be rotated now."""
    state = saved.state
    if state is None or not state.configuration:
        raise UsageError("there is no cluster whose certificates could be rotated", hint=NO_CLUSTER)
    asked = asked_of(context, state, to_perform=True)
    gone = ended(asked.cluster, state.bundle, context.clock.now())
    if state.rotation:
        refuse_earlier(state.rotation, context.clock.now())
    begun = (state.configuration, state.desired) if state.rotation or gone else (state.configuration,)
    if asked.remembered not in begun and not left_by_rke(state, asked):
        what = "cluster.yml asks for more than what the last run that finished made"
        raise UsageError(what, hint=_UNDO if gone else "See with: rke-py plan, do it with: rke-py up, then rotate.")
    if gone and wish.abandon:
        hint = "Replace it with: rke-py cert rotate --rotate-ca"
        raise UsageError("a CA has ended: there is nothing to go back to", hint=hint)
    if wish.kind is Kind.AUTHORITIES and not wish.finish and gone:
        _refuse_without_key(state, wish, gone)
        return asked  # nothing that is under way could go on before
    _refuse_other(asked.cluster, state, wish)
    if state.encryption_change:
        what = f"another change is under way: {state.encryption_change}"
        raise UsageError(what, hint="Go on with: rke-py up, then rotate.")
    return asked


def _refuse_skipping(context: Context, asked: Asked, state: State, wish: Wish) -> None:
    """Refuse to do without hosts, but where a CA has ended: a dead one would keep all others from coming back."""
    if context.skip and _next_phase(asked, state, context, wish) is not Phase.REPLACE:
        hint = "Take a host that is gone for good out of cluster.yml, run: rke-py up, then rotate."
        raise UsageError("hosts are left out of a rotation only where a CA has ended", hint=hint)


def _signs(state: State, name: str) -> bool:
    return name in state.bundle and bool(state.bundle[name].key.get_secret_value())


def _refuse_other(cluster: Cluster, state: State, wish: Wish) -> None:
    rotation = state.rotation
    if rotation is None:
        if wish.finish or wish.abandon:
            raise UsageError(f"there is no rotation to {'finish' if wish.finish else 'abandon'}")
        _refuse_without_key(state, wish, root_names(cluster, wish.kind))
        return
    if wish.finish and (rotation.phase in (Phase.TRUST, Phase.REPLACE) or rotation.kind is Kind.LEAVES):
        raise UsageError(f"there is nothing to finish yet: {rotation}", hint=again(rotation))
    if wish.abandon:
        _refuse_to_abandon(rotation)
        return
    if rotation.phase is Phase.ABANDON:
        raise UsageError(f"one is being given up: {rotation}", hint=again(rotation))
    if not wish.finish and (rotation.kind, rotation.services) != (wish.kind, wish.services):
        raise UsageError(f"another one is under way: {rotation}", hint=again(rotation))


def _refuse_to_abandon(rotation: Rotation) -> None:
    """Refuse once something may rest on what is new: from the second roll on leaves and tokens do."""
    if rotation.phase not in (Phase.TRUST, Phase.ABANDON):
        what = f"it is too late to give up what is new, since the cluster rests on it: {rotation}"
        raise UsageError(what, hint=again(rotation))


def _refuse_without_key(state: State, wish: Wish, names: Iterable[str]) -> None:
    without = [name for name in names if not _signs(state, name)]
    if without:
        hint = f"They are the owner's: rke-py has no key of {listed(without)}. {RENEW}"
        raise UsageError(f"the {wish.kind} cannot be rotated by rke-py", hint=hint)


def _entered(state: State, phase: Phase, asked: Asked, context: Context, wish: Wish) -> tuple[State, frozenset[str]]:
    """Return the state as a phase wants it, and the certificates to issue; what was entered before is continued."""
    rotation = state.rotation
    begun = rotation is not None and rotation.phase is phase and not rotation.reached
    gone = phase is Phase.REPLACE and ended(asked.cluster, state.bundle, context.clock.now())
    if begun and not gone:
        return state, frozenset()
    if phase is Phase.REPLACE:
        return replaced(asked.cluster, state, context)
    _ask(rotation.kind if rotation else wish.kind, phase, context)
    every = leaf_names(asked.cluster, wish.services, state.supplied)
    now = context.clock.now()
    if rotation is None:
        began = f"{now:%Y-%m-%dT%H:%M:%SZ}"
        rotation = Rotation(kind=wish.kind, phase=phase, services=wish.services, began=began)
        if phase is Phase.DELIVER:
            return replace(state, rotation=rotation), every
        algorithm, serial = asked.cluster.key_algorithm, x509.random_serial_number
        new = new_roots(asked.cluster, wish.kind, now=now, key=lambda: generate_key(algorithm), serial=serial)
        return replace(state, rotation=replace(rotation, new=new), bundle=trusting_both(state.bundle, new)), frozenset()
    entered = replace(rotation, phase=phase, reached=False, since="")
    if phase is Phase.DROP:
        return replace(state, rotation=entered, bundle=without_old(state.bundle, rotation.new)), frozenset()
    if phase is Phase.ABANDON:
        return replace(state, rotation=entered, bundle=without_new(state.bundle, rotation.new)), frozenset()
    bundle = issuing_new(state.bundle, rotation.new)
    anew = every if rotation.kind is Kind.AUTHORITIES else frozenset[str]()
    return replace(state, rotation=entered, bundle=bundle), anew


def _ask(kind: Kind, phase: Phase, context: Context) -> None:
    lines = _COSTS.get((kind, phase), ())
    if lines and not context.consent("This is noticed outside the cluster. Go on?", lines):
        raise ConsentMissing(f"nothing more was changed, as you did not agree to: {phase}")


def _state(saved: Saved) -> State:
    if saved.state is None:
        raise RuntimeError("the state was there a moment ago")
    return saved.state

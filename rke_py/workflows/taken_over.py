"""A cluster that RKE made and rke-py took over: what of it ``up`` can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rke_py.catalog.rke import RELEASE_MARK
from rke_py.cluster.model import Cluster
from rke_py.errors import ConsentMissing, PreflightError, Problem, UsageError
from rke_py.pki.rotation import Phase
from rke_py.plan.model import Plan
from rke_py.plan.observed import Observed
from rke_py.plan.rke.sections import SECTIONS
from rke_py.plan.rke.unplanned import changed_sections, unplanned_changes, users_addons
from rke_py.plan.steps import (
    ApplyAddon,
    CreateContainer,
    CreateTogether,
    ForgetRke,
    RemoveContainer,
    ReplaceContainer,
    SetNode,
    Step,
)
from rke_py.state.model import State
from rke_py.workflows.context import Context
from rke_py.workflows.loading import Asked, refuse_rke_family
from rke_py.workflows.planning import Prepared
from rke_py.workflows.remembered import running_version


def refuse_unlike(cluster: Cluster, state: State | None, what: str) -> None:
    """Refuse to look at a cluster as one of RKE's that is none; raises UsageError."""
    running = running_version(state)
    if running is None or RELEASE_MARK not in running:
        refuse_rke_family(cluster, what)


_SHOWN = 12
_BESIDE = (ReplaceContainer, CreateContainer, CreateTogether, RemoveContainer, SetNode, ApplyAddon, ForgetRke)
_ACI = "aci"
_UNHEEDED = "canal of RKE's releases leaves it out, so the default runs; from v1.33 on it can be changed"
_HINT = "Make this change with the RKE that made the cluster, or undo it in cluster.yml."


_HINTS = {
    "network": "Undo it in cluster.yml, or make a new cluster.",
    "network.options.calico_encapsulation": "Undo it in cluster.yml.",
    "network.options.canal_flannel_backend_port": "Undo it in cluster.yml.",
    "network.options.canal_flannel_backend_vni": "Undo it in cluster.yml.",
    "dns.nodelocal.ip_address": "Take dns.nodelocal out in one run, and write it with the new address for another.",
}


_OTHER = "is another than what was applied last"
_WHY = {
    "network": "pods of one plugin do not reach those of another, and RKE itself leaves the old one beside the new one",
    _ACI: "nobody but RKE has Cisco's objects",
    "network.enable_br_netfilter": "kube-proxies of RKE's newest releases alone heed it",
    "network.options.calico_encapsulation": "Calico makes its pool of addresses with it, and keeps the one there is",
    "network.options.canal_flannel_backend_port": _UNHEEDED,
    "network.options.canal_flannel_backend_vni": _UNHEEDED,
    "dns.nodelocal.ip_address": "pods that run go on asking the address that they were told",
}


def refuse_changes_to_rke(asked: Asked, state: State, observed: Observed) -> None:
    """Refuse what cannot be changed yet in a cluster of RKE's own releases.

    Raises:
        PreflightError: All of it, by name.
    """
    problems = refused_changes_to_rke(asked, state, observed)
    if problems:
        what = "this is not built yet in rke-py for a cluster of RKE's own releases; nothing was changed"
        raise PreflightError(what, problems)


def refused_changes_to_rke(asked: Asked, state: State, observed: Observed) -> tuple[Problem, ...]:
    """Return by name what cannot be changed yet in a cluster of RKE's own releases."""
    if asked.cluster.rke is None:
        return ()
    sections = unplanned_changes(state.configuration, asked.remembered)
    return (
        *(_refused(name, asked, state) for name in sections),
        *_left_addons(asked, state, observed),
        *_unseen_sections(asked, state, observed),
    )


def _refused(name: str, asked: Asked, state: State) -> Problem:
    plugins = {SECTIONS["network"].provider(document) for document in (state.configuration, asked.remembered)}
    why = _ACI if name == "network" and plugins == {_ACI} else name
    return Problem(where=name, what=f"{_OTHER}: {_WHY[why]}", hint=_HINTS.get(why, _HINT))


def left_by_rke(state: State, asked: Asked) -> bool:
    """Tell whether RKE wrote down what was applied, in its own spelling, and nothing was changed since."""
    return asked.cluster.rke is not None and state.taken_over is None


def refuse_beside_certificates(asked: Asked, state: State, prepared: Prepared) -> None:
    """Refuse a rotation that would also do what cluster.yml asks for besides, in a cluster as RKE left it.

    Raises:
        UsageError: All of it.
    """
    lines = beside_certificates(asked, state, prepared)
    if lines:
        what = "cluster.yml asks for more than certificates, or the hosts are not as RKE left them"
        hint = "Undo it in cluster.yml, or let rke-py up do all of it: it also renews certificates that have ended."
        raise UsageError(what, evidence=lines, hint=hint)


def beside_certificates(asked: Asked, state: State, prepared: Prepared) -> tuple[str, ...]:
    """Return what a plan does that new certificates do not bring with them, in a cluster as RKE left it.

    There only the plan tells: RKE writes down more than cluster.yml says.
    """
    left = left_by_rke(state, asked)
    return tuple(_lines(step for step in prepared.plan.steps if _is_beside(step))) if left else ()


def _lines(steps: Iterable[Step]) -> list[str]:
    return [f"{step.host}: {step.title}" if step.host else step.title for step in steps]


def _is_beside(step: Step) -> bool:
    """Tell whether a step is none that new certificates bring with them."""
    unfinished = isinstance(step, ReplaceContainer) and not step.changed
    return isinstance(step, _BESIDE) and not unfinished


def ask_before_the_first_change(asked: Asked, state: State | None, plan: Plan, context: Context) -> None:
    """Ask whether a run that is there to take a cluster of RKE's over may change something of it, too.

    Whoever begins with rke-py expects that nothing is touched; from the second run on a plan is what anybody expects.

    Raises:
        ConsentMissing: Nobody agreed.
    """
    if state is None or not left_by_rke(state, asked) or plan.empty:
        return
    lines = _lines(plan.steps)
    more = len(lines) - _SHOWN
    shown = (*lines[:_SHOWN], *((f"and {more} steps more",) if more > 0 else ()))
    if not context.consent("RKE made this cluster, and this is the first change of it since. Go on?", shown):
        hint = "Look with: rke-py adopt. An empty plan takes the cluster over without a question."
        raise ConsentMissing("nothing was changed, as you did not agree to it", hint=hint)


def _left_addons(asked: Asked, state: State, observed: Observed) -> Iterator[Problem]:
    """Find that all add-ons of the user go which RKE applied: nobody wrote down what of them is in the cluster."""
    if any(users_addons(state.configuration)) and not any(users_addons(asked.remembered)) and not observed.objects:
        what = "RKE applied them, and nobody knows what of them is in the cluster"
        yield Problem(where="addons", what=what, hint="Delete them with kubectl, and leave one object in addons.")


def _unseen_sections(asked: Asked, state: State, observed: Observed) -> Iterator[Problem]:
    """Find what RKE applied and nobody sees while no API server answers: all of it is to go, or ours rests on it."""
    if observed.api:
        return
    refused = unplanned_changes(state.configuration, asked.remembered)
    for name in changed_sections(state.configuration, asked.remembered):
        section = SECTIONS.get(name)
        if section is None or name in refused:
            continue
        goes = not section.applied_last(asked.remembered)
        if goes or section.looked_for:
            first = "RKE's add-on is to go" if goes else "what RKE left of it is to be used"
            ended = state.rotation is not None and state.rotation.phase is Phase.REPLACE
            command = "rke-py cert rotate --rotate-ca" if ended else "rke-py up"
            hint = f"Let {command} bring the API back first, with the section as it was."
            yield Problem(where=name, what=f"{first}, and no API server answers", hint=hint)

"""``rke-py plan`` and ``up --dry-run``: what ``up`` would do, without touching anything."""

from __future__ import annotations

from dataclasses import dataclass

from rke_py.plan.basis import Basis
from rke_py.plan.model import Plan
from rke_py.progress import Warned
from rke_py.state.model import State
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.loading import Asked
from rke_py.workflows.planning import Prepared, certified, new_state, prepare
from rke_py.workflows.remembered import asked_of
from rke_py.workflows.saved_plans import basis_of
from rke_py.workflows.secrecy import secrets_of
from rke_py.workflows.taken_over import refuse_changes_to_rke


def plan(context: Context) -> Plan:
    """Return what ``up`` would do now; as ``plan_with_basis``, without what it rests on."""
    return plan_with_basis(context)[0]


def plan_with_basis(context: Context) -> tuple[Plan, Basis]:
    """Return what ``up`` would do now, and what that rests on.

    Nothing is written, neither here nor on a host. What only the tools container can tell (containerd, swap, ports)
    is checked by ``up`` itself.

    Raises:
        RkeError: What would stop ``up``.
    """
    found = look_and_plan(context)
    made = found.prepared.plan
    return made, basis_of(made, found.asked, found.remembered, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan with all that it was made from.

    Attributes:
        remembered: The state as it is saved; None before the first run.
    """

    asked: Asked
    remembered: State | None
    prepared: Prepared


def look_and_plan(context: Context, version: str = "") -> Planned:
    """Look at everything and plan; nothing is written, neither here nor on a host.

    Args:
        context: Where things are, and who watches.
        version: A ``kubernetes_version`` to plan for instead of the one of cluster.yml; none when empty.

    Raises:
        RkeError: What would stop ``up``.
    """
    remembered = StateStore(context.state_path).read()
    asked = asked_of(context, remembered, to_perform=True, version=version)
    state, warnings = certified(asked, remembered or new_state(context), context)
    context.protect(secrets_of(state, asked.loaded.config))
    for problem in warnings:
        context.reporter.report(Warned(problem=problem))
    with (
        context.edges.fleet(asked.cluster, context) as fleet,
        context.edges.access(asked.cluster, fleet, lambda: state.bundle) as access,
    ):
        prepared = prepare(asked, state, fleet, access, None, context)
        refuse_changes_to_rke(asked, state, prepared.observed)
    return Planned(asked=asked, remembered=remembered, prepared=prepared)

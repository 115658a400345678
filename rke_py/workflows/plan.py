"""``rke-py plan`` and ``up --dry-run``: what ``up`` would do, without touching anything."""

from __future__ import annotations

from rke_py.plan.basis import Basis
from rke_py.plan.model import Plan
from rke_py.progress import Warned
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.loading import load_cluster, with_remembered
from rke_py.workflows.planning import certified, new_state, prepare, running_version
from rke_py.workflows.saved_plans import basis_of
from rke_py.workflows.secrecy import secrets_of


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
    remembered = StateStore(context.state_path).read()
    read = load_cluster(context.config, text=context.text, running_version=running_version(remembered), to_perform=True)
    asked = with_remembered(read, remembered)
    state, warnings = certified(asked, remembered or new_state(context), context)
    context.protect(secrets_of(state, asked.loaded.config))
    for problem in warnings:
        context.reporter.report(Warned(problem=problem))
    with (
        context.edges.fleet(asked.cluster, context) as fleet,
        context.edges.access(asked.cluster, fleet, lambda: state.bundle) as access,
    ):
        made = prepare(asked, state, fleet, access, None, context).plan
    return made, basis_of(made, asked, remembered, context)

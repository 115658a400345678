"""A cluster that RKE made and rke-py took over: what of it ``up`` can do."""

from __future__ import annotations

from rke_py.cluster.model import Cluster
from rke_py.errors import PreflightError, Problem
from rke_py.plan.model import Plan
from rke_py.plan.rke.unplanned import unplanned_changes
from rke_py.state.model import State
from rke_py.workflows.loading import Asked, refuse_rke_family
from rke_py.workflows.remembered import running_version


def refuse_unlike(cluster: Cluster, state: State, what: str) -> None:
    """Refuse to look at a cluster as one of RKE's that is none; raises UsageError."""
    running = running_version(state)
    if running is None or _MARK not in running:
        refuse_rke_family(cluster, what)


_MARK = "-rancher"
"""What every version of RKE's own releases has in it."""

_HINT = "Make this change with the RKE that made the cluster, or undo it in cluster.yml."


def refuse_changes_to_rke(asked: Asked, state: State, plan: Plan) -> None:
    """Refuse to change a cluster of RKE's own releases, which is not built yet; one that is as wanted is taken over.

    Raises:
        PreflightError: Everything that would have to be changed.
    """
    if asked.cluster.rke is None:
        return
    sections = unplanned_changes(state.configuration, asked.remembered)
    problems = (
        *(Problem(where=step.host, what=f"{step.title}: {'; '.join(step.why)}", hint=_HINT) for step in plan.steps),
        *(Problem(where=name, what="is another than RKE applied last", hint=_HINT) for name in sections),
    )
    if problems:
        what = "changing a cluster of RKE's own releases is not built yet in rke-py; nothing was changed"
        raise PreflightError(what, problems)

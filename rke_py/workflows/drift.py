"""How a cluster differs from cluster.yml: the steps that ``up`` would do now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rke_py.errors import ApiError, ConfigError, PreflightError, Problem, RkeError
from rke_py.kube.interface import ClusterAccess
from rke_py.pki.inventory import with_every_name
from rke_py.plan.checks import check
from rke_py.plan.make import make_plan
from rke_py.plan.node import NodePlan
from rke_py.plan.observed import Observed
from rke_py.state.model import State
from rke_py.workflows.context import Context
from rke_py.workflows.freshness import refuse_outdated_state
from rke_py.workflows.loading import Asked
from rke_py.workflows.planning import beside_wanted, certified
from rke_py.workflows.taken_over import refused_changes_to_rke


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A step that ``up`` would do; ``why`` names the fields, files and objects that differ."""

    host: str
    step: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What differs.

    Attributes:
        steps: What ``up`` would do; none when everything is as cluster.yml wants it.
        refused: Why ``up`` would refuse to begin, as far as this look tells; up looks inside some hosts, too.
        unknown: Why that cannot be told; empty when it can.
        unseen: Hosts that do not answer: whether something differs there nobody can tell.
    """

    steps: tuple[Difference, ...] = ()
    refused: tuple[Problem, ...] = ()
    unknown: str = ""
    unseen: tuple[str, ...] = ()


def drift_of(
    asked: Asked, state: State, observed: Observed, access: ClusterAccess, context: Context
) -> tuple[Drift, Mapping[str, NodePlan], tuple[Problem, ...]]:
    """Return what ``up`` would do, what is wanted of every node, and warnings of certificates that end soon.

    Args:
        asked: What cluster.yml asks for.
        state: What is remembered.
        observed: What one look found.
        access: The cluster's own APIs.
        context: The time, and which hosts to do without.
    """
    desired, warnings, fault = state, tuple[Problem, ...](), None
    try:
        desired, warnings = certified(asked, state, context)
        desired = replace(desired, machines=state.machines)
        warnings += refuse_outdated_state(access.api, state) if observed.api else ()
    except RkeError as error:
        desired, fault = replace(state, bundle=with_every_name(asked.cluster, state.bundle)), error
    try:
        observed, nodes, addons = beside_wanted(asked.cluster, desired, observed, access)
    except ApiError as error:
        fault = fault or error
        observed, nodes, addons = beside_wanted(asked.cluster, desired, replace(observed, api=False), access)
    unseen = tuple(host.name for host in asked.cluster.hosts if not observed.hosts[host.name].reachable)
    if fault is not None:
        return Drift(refused=_problems(fault), unknown=fault.what, unseen=unseen), nodes, warnings
    plan = make_plan(asked.cluster, desired, observed, nodes, addons)
    steps = tuple(Difference(host=step.host, step=step.title, why=step.why) for step in plan.steps)
    faults = (
        problem for problem in check(asked.cluster, desired, observed, {}, skip=context.skip) if not problem.warning
    )
    refused = (*faults, *refused_changes_to_rke(asked, desired, observed))
    unknown = "no host answers" if len(unseen) == len(asked.cluster.hosts) else ""
    return Drift(steps=steps, refused=refused, unknown=unknown, unseen=unseen), nodes, warnings


def _problems(error: RkeError) -> tuple[Problem, ...]:
    if isinstance(error, ApiError):  # it can be asked again
        return ()
    if isinstance(error, ConfigError | PreflightError):
        return tuple(problem for problem in error.problems if not problem.warning)
    return (Problem(where=error.where, what=error.what, hint=error.hint),)

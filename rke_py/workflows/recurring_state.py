"""The state, encrypted, on the hosts that take recurring snapshots, so that each of these has it beside it."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.cluster.model import Role
from rke_py.errors import NotFound, Problem, StateError
from rke_py.plan.components.snapshots import NAME, STATE
from rke_py.plan.conventions import FOLDER
from rke_py.plan.model import OnFailure, Plan, Stage, Turn
from rke_py.plan.observed import Observed
from rke_py.plan.stage_names import RECURRING
from rke_py.plan.steps import KeepState
from rke_py.rollout.run import Outcome
from rke_py.rollout.site import Site
from rke_py.state.cluster_copy import copy_header
from rke_py.state.model import State
from rke_py.transport.parallel import for_each
from rke_py.workflows.context import Context
from rke_py.workflows.work import carry_out

_GIVE = "Run rke-py up with the key, in RKE_PY_STATE_KEY or RKE_PY_STATE_KEY_FILE."


def keep_for_recurring(site: Site, context: Context, *, api: bool) -> Outcome:
    """Bring the state as it is saved now to every member's host that has another one; nothing without a state key.

    Equal states are equal when they are encrypted, so what is there tells by itself.

    Args:
        site: What the steps work with.
        context: Who watches.
        api: Whether an API server answers, so that the lease can be held.
    """
    copy = site.state_copy()
    if copy is None or not _recurring(site):
        return Outcome()
    names = [host.name for host in site.cluster.with_role(Role.ETCD)]
    left_out = context.skip | (frozenset(names) - context.only if context.only else frozenset())
    hosts = [name for name in names if name in site.fleet.reachable and name not in left_out]
    there = for_each(hosts, lambda host: _found(site, host))
    # where no container takes any, its stage brings the state first
    stale = [host for host, found in there.items() if not isinstance(found, NotFound) and found != copy]
    if not stale:
        return Outcome()
    why = (f"the state there is not the one of serial {site.memory.state.serial}",)
    steps = (KeepState(host=host, tools=site.cluster.images.tools, why=why) for host in stale)
    turns = tuple(Turn(stage=RECURRING, host=step.host, steps=(step,), disrupts=False) for step in steps)
    plan = Plan(stages=(Stage(name=RECURRING, turns=turns, limit=0, on_failure=OnFailure.COUNT),))
    return carry_out(plan, site, context, api=api)


def outdated_for_recurring(site: Site, observed: Observed, context: Context) -> Iterator[Problem]:
    """Tell which hosts have an older state, of a run that had a key, and have this one leave it as it is.

    Args:
        site: What the steps worked with.
        observed: What was on the hosts before.
        context: Whether there is a key.
    """
    if context.state_key is not None or not _recurring(site):
        return
    for host in site.cluster.with_role(Role.ETCD):
        file = (observed.hosts[host.name].files or {}).get(STATE)
        if file is not None and not _is_of(file.content, site.memory.state):
            what = "recurring snapshots get an older state beside them, since there is no key to encrypt this one with"
            yield Problem(where=host.name, what=what, hint=_GIVE, warning=True)


def _recurring(site: Site) -> bool:
    """Tell whether our containers take any; RKE's have a state of their own."""
    return site.cluster.rke is None and site.cluster.backup.recurring


def _found(site: Site, host: str) -> bytes | None:
    file = site.fleet[host].engine.read_files(NAME, FOLDER).get(STATE)
    return file.content if file else None


def _is_of(content: bytes, state: State) -> bool:
    try:
        header = copy_header(content)
    except StateError:
        return False
    return (header.lineage, header.serial) == (state.lineage, state.serial)

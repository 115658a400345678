"""Workloads whose pods were started before something changed that a process reads only at its start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rke_py.plan.model import OnFailure, Stage, Turn
from rke_py.plan.steps import RestartWorkload, Workload
from rke_py.render.addons import Addon

PODS = "pods"
_AT_ONCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """Workloads with old pods: those that are restarted, and those that nobody restarts."""

    restarted: tuple[Workload, ...]
    left: tuple[Workload, ...]


def sort_workloads(old: Iterable[Workload], addons: Iterable[Addon], *, users: bool) -> Sorted:
    """Tell which workloads are restarted: those of add-ons, with ``users`` everybody's that can be.

    A pod that belongs to nothing that would make it anew, or a Job's, is left to whoever made it.
    """
    every = tuple(old)
    known = {_key(item) for addon in addons for item in addon.objects}
    mine = {workload for workload in every if (workload.kind, workload.namespace, workload.name) in known}
    restarted = tuple(workload for workload in every if workload.restarts and (users or workload in mine))
    return Sorted(restarted=restarted, left=tuple(workload for workload in every if workload not in restarted))


def restart_stage(workloads: Iterable[Workload], mark: str, timeout: int, why: str) -> Stage:
    """Plan the restart of workloads, each in its own way of updating itself, two at a time.

    One that does not come back keeps no other one from it.
    """
    turns = tuple(
        Turn(
            stage=PODS,
            host=str(workload),
            steps=(RestartWorkload(host="", workload=workload, mark=mark, timeout=timeout, why=(why,)),),
            disrupts=False,
        )
        for workload in workloads
    )
    return Stage(name=PODS, turns=turns, limit=0, at_once=_AT_ONCE, on_failure=OnFailure.COUNT)


def _key(item: Mapping[str, object]) -> tuple[str, str, str]:
    metadata = item.get("metadata")
    found = metadata if isinstance(metadata, Mapping) else {}
    return str(item.get("kind")), str(found.get("namespace", "")), str(found.get("name", ""))

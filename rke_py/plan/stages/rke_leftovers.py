"""What RKE left behind and nobody needs, removed when an operator asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.plan.model import OnFailure, Stage, Turn
from rke_py.plan.rke.helpers import helpers_of_rke
from rke_py.plan.stage_names import RKE_LEFTOVERS
from rke_py.plan.steps import ForgetRke, RemoveContainer, Step
from rke_py.plan.wanted import Wanted


def rke_leftovers_stage(wanted: Wanted) -> Stage:
    """Plan the end of RKE's helpers on all hosts at once, and of its jobs that have done their work.

    A cluster that leaves RKE's releases loses its jobs with all else that RKE needs in it (``forget_rke_stage``).
    """
    turns = tuple(_turns(wanted)) if wanted.leftovers and wanted.cluster.made_by_rke else ()
    return Stage(name=RKE_LEFTOVERS, turns=turns, limit=0, on_failure=OnFailure.COUNT)


def _turns(wanted: Wanted) -> Iterator[Turn]:
    why = ("a run of RKE left it behind",)
    for host in wanted.reachable():
        steps: tuple[Step, ...] = tuple(
            RemoveContainer(host=host.name, name=name, why=why) for name in helpers_of_rke(wanted.found(host))
        )
        if steps:
            yield Turn(stage=RKE_LEFTOVERS, host=host.name, steps=steps, disrupts=False, worker=host.only_worker)
    with_their_addon = {found.title for remains in wanted.observed.remains.values() for found in remains}
    jobs = tuple(job for job in wanted.observed.left_by_rke if job.title not in with_their_addon)
    if wanted.cluster.rke is not None and jobs:
        forget = ForgetRke(host="", objects=jobs, why=tuple(job.title for job in jobs))
        yield Turn(stage=RKE_LEFTOVERS, host="rke", steps=(forget,), disrupts=False)

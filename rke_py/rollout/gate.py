"""The one way to change anything: check, write down, do, prove; undo and raise when the proof fails."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from rke_py.errors import RkeError, StateError
from rke_py.plan.steps import Step
from rke_py.progress import StepEnded, StepStarted
from rke_py.rollout.site import Site


class Writes(Protocol):
    """Where the gate writes down what it does."""

    def write(self, event: str, stage: str, step: Step, error: str = "") -> None:
        """Write one line, durably."""

    def end(self, outcome: str, error: str = "") -> None:
        """Write the last line of a run: ``done``, ``failed`` or ``interrupted``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """How one kind of step is done.

    Attributes:
        require: Raises when what must hold before does not.
        do: Makes the change; must be able to continue one that a killed run left half done.
        prove: Raises ProofFailed when the change does not work in time.
        undo: Puts back what was before, and returns the error that says so; None when there was nothing to put back.
            Called after a failed ``do`` or ``prove``.
    """

    do: Callable[[Any, Site], None]
    require: Callable[[Any, Site], None] | None = None
    prove: Callable[[Any, Site], None] | None = None
    undo: Callable[[Any, Site, RkeError], RkeError | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Performs steps; dry run has none, so nothing can change without passing here."""

    site: Site
    journal: Writes
    deeds: Callable[[Step], Deed]

    def perform(self, stage: str, step: Step) -> None:
        """Perform one step.

        Raises:
            RkeError: The step's own error, after the step was undone.
        """
        deed, site = self.deeds(step), self.site
        began = site.time.now()
        site.reporter.report(StepStarted(stage=stage, host=step.host, step=step.title))
        error: RkeError | None = None
        try:
            if deed.require:
                deed.require(step, site)
            self._change(stage, step, deed)
        except RkeError as fault:
            error = fault
            raise
        finally:
            seconds = (site.time.now() - began).total_seconds()
            site.reporter.report(StepEnded(stage=stage, host=step.host, step=step.title, seconds=seconds, error=error))

    def _change(self, stage: str, step: Step, deed: Deed) -> None:
        self.journal.write("begin", stage, step)
        try:
            deed.do(step, self.site)
            if deed.prove:
                deed.prove(step, self.site)
        except RkeError as fault:
            self._tell("failed", stage, step, str(fault))
            undone = self._undone(stage, step, deed.undo, fault) if deed.undo else None
            if undone is None:
                raise
            raise undone from fault
        self.journal.write("done", stage, step)

    def _undone(
        self, stage: str, step: Step, undo: Callable[[Any, Site, RkeError], RkeError | None], fault: RkeError
    ) -> RkeError | None:
        """Undo the step and return the error to raise: its own, and what went wrong while undoing; None as ``undo``."""
        try:
            error = undo(step, self.site, fault)
        except RkeError as second:
            self._tell("failed", stage, step, f"while undoing: {second}")
            what = f"{fault.what}; undoing it failed too: {second.what}"
            evidence = (*fault.evidence, *second.evidence)
            return RkeError(what, where=step.host, evidence=evidence, hint="The next run finishes or undoes it.")
        if error is not None:
            self._tell("undone", stage, step)
        return error

    def _tell(self, event: str, stage: str, step: Step, error: str = "") -> None:
        """Write down what cannot be stopped any more: a journal that fails must not keep a step from being undone.

        Nothing else begins then, since that is written down before.
        """
        with suppress(StateError):
            self.journal.write(event, stage, step, error)

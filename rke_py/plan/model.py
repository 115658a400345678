"""A plan: stages of turns of steps, with who waits for whom and what a failure means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rke_py.plan.steps import Step


class OnFailure(StrEnum):
    """What a failed turn means for the rest of the run."""

    STOP = "stop"
    COUNT = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What happens to one host in one stage, in order, without anything of that stage's limit in between.

    Attributes:
        host: The node's name; an add-on's name in the stage of add-ons.
        after: Keys of turns that must have succeeded first.
        past: Keys of turns that must be over first, however they ended.
        disrupts: True when it takes something down that was up; only these count against the stage's limit.
        mends: True when its success proves that its host, which was down, is up again.
        worker: True when the host is only a worker: a failure stops nobody else, whatever the stage says.
    """

    stage: str
    host: str
    steps: tuple[Step, ...]
    after: frozenset[str] = frozenset()
    past: frozenset[str] = frozenset()
    disrupts: bool = True
    mends: bool = False
    worker: bool = False

    @property
    def key(self) -> str:
        """What other turns call it: ``etcd/n1``."""
        return f"{self.stage}/{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Turns of one kind.

    Attributes:
        limit: How many disrupting turns may be under way or failed at once; 0 for no limit.
        down: Those of the stage's hosts that were down before we came; each counts against the limit until its own turn
            has mended it.
        at_once: How many turns of any kind may be under way at once.
        after: Names of stages that must be over first.
    """

    name: str
    turns: tuple[Turn, ...]
    limit: int = 1
    down: frozenset[str] = frozenset()
    at_once: int = 50
    on_failure: OnFailure = OnFailure.STOP
    after: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything a run is going to do.

    Attributes:
        outages: What will be interrupted and for how long; each needs consent.
        notes: What an operator should know about the plan.
    """

    stages: tuple[Stage, ...] = ()
    outages: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def steps(self) -> Iterator[Step]:
        """Every step, stage by stage."""
        return (step for stage in self.stages for turn in stage.turns for step in turn.steps)

    @property
    def empty(self) -> bool:
        """True when there is nothing to do."""
        return next(self.steps, None) is None

    def stage(self, name: str) -> Stage | None:
        """Return the stage of that name, None when it is not part of the plan."""
        return next((stage for stage in self.stages if stage.name == name), None)

"""What the live table shows, as values: hosts by stages, with the step under way. Nothing here draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from rke_py.cli.console.words import amount
from rke_py.progress import Event, Pulling, StageEnded, StageStarted, StepEnded, StepStarted

CLUSTER = "cluster"


class Cell(StrEnum):
    """How far a host has come in a stage."""

    OUTSIDE = "outside"
    WAITING = "waiting"
    ACTIVE = "active"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Row:
    """One host, or the cluster as a whole.

    Attributes:
        cells: By stage; a stage that is not there does not touch the host.
        steps: Steps under way with the second they began at, oldest first.
        pulls: Images on their way, with how much has come.
    """

    host: str
    cells: dict[str, Cell] = field(default_factory=dict)
    steps: dict[tuple[str, str], float] = field(default_factory=dict)
    pulls: dict[str, tuple[int, int]] = field(default_factory=dict)

    def cell(self, stage: str) -> Cell:
        """Return how far the host has come in a stage."""
        return self.cells.get(stage, Cell.OUTSIDE)

    @property
    def active(self) -> bool:
        """True while a step is under way here."""
        return bool(self.steps)

    @property
    def failed(self) -> bool:
        """True when a step failed here."""
        return Cell.FAILED in self.cells.values()

    def doing(self, at: float) -> str:
        """Return what happens here at second ``at``: the oldest step and its time, or the pull."""
        for (_, step), began in self.steps.items():
            return f"{step} {at - began:.0f}s"
        return next((f"pull {image} {amount(*pulled)}" for image, pulled in self.pulls.items()), "")


class Board:
    """Takes events and keeps what the table shows; not thread-safe, its owner has the lock."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.rows: dict[str, Row] = {}
        self._with_steps: set[str] = set()

    def take(self, event: Event, at: float) -> None:
        """Note an event that happened at second ``at`` of the run."""
        match event:
            case StageStarted():
                self._begin(event.stage)
                for host in event.hosts:
                    self._row(host).cells.setdefault(event.stage, Cell.WAITING)
            case StepStarted():
                self._begin(event.stage)
                self._with_steps.add(event.stage)
                row = self._row(event.host)
                row.steps[event.stage, event.step] = at
                row.cells[event.stage] = Cell.ACTIVE
            case StepEnded():
                self._step_over(event)
            case StageEnded():
                self._end(event)
            case Pulling():
                self._pull(event)

    def picked(self, most: int) -> tuple[tuple[Row, ...], int]:
        """Return the rows to show where only ``most`` fit, in their order, and how many are left out.

        Failed ones come first, then those at work: at 1,000 hosts a terminal shows what matters.
        """
        rows = tuple(self.rows.values())
        if len(rows) <= most:
            return rows, 0
        urgent = sorted(rows, key=lambda row: (not row.failed, not row.active, not row.pulls))[:most]
        chosen = {row.host for row in urgent}
        return tuple(row for row in rows if row.host in chosen), len(rows) - most

    def counts(self, stage: str) -> tuple[int, int]:
        """Return how many hosts are done with a stage and how many it touches."""
        cells = [row.cells[stage] for row in self.rows.values() if stage in row.cells]
        return cells.count(Cell.DONE), len(cells)

    def _begin(self, stage: str) -> None:
        if stage not in self.stages:
            self.stages.append(stage)

    def _step_over(self, event: StepEnded) -> None:
        row = self._row(event.host)
        row.steps.pop((event.stage, event.step), None)
        if event.error is not None:
            row.cells[event.stage] = Cell.FAILED
        elif row.cell(event.stage) is Cell.ACTIVE and not any(stage == event.stage for stage, _ in row.steps):
            row.cells[event.stage] = Cell.DONE

    def _end(self, event: StageEnded) -> None:
        """Settle every host of the stage: one that still waits never had its turn, unless the stage has no steps."""
        never = Cell.WAITING if event.failed and event.stage in self._with_steps else Cell.DONE
        for row in self._in_stage(event.stage):
            cell = row.cells[event.stage]
            if row.host in event.failed:
                row.cells[event.stage] = Cell.FAILED
            elif cell is not Cell.FAILED:
                row.cells[event.stage] = never if cell is Cell.WAITING else Cell.DONE

    def _pull(self, event: Pulling) -> None:
        pulls = self._row(event.host).pulls
        if 0 < event.total <= event.done:
            pulls.pop(event.image, None)
        else:
            pulls[event.image] = (event.done, event.total)

    def _in_stage(self, stage: str) -> Iterator[Row]:
        return (row for row in self.rows.values() if stage in row.cells)

    def _row(self, host: str) -> Row:
        name = host or CLUSTER
        return self.rows.setdefault(name, Row(host=name))

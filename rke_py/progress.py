"""What happens, as typed events to a Reporter; nothing here prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from rke_py.errors import Problem, RkeError


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStarted:
    """A stage of the run begins; ``hosts`` are those it will touch."""

    stage: str
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEnded:
    """A stage is over."""

    stage: str
    seconds: float
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A step on a host begins; ``host`` is empty for one that concerns the cluster."""

    stage: str
    host: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnded:
    """A step is over; ``error`` is None when it was proved."""

    stage: str
    host: str
    step: str
    seconds: float
    error: RkeError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulling:
    """An image is on its way to a host; ``total`` is 0 while it is not known."""

    host: str
    image: str
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something an operator should read, without being a fault."""

    text: str
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A problem that does not stop the run."""

    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The run is over.

    Attributes:
        changed: How many steps were done.
        attention: What needs a look soon.
        basis: What was compared, for a run that changed nothing: ``48 containers and 210 files on 4 hosts``.
    """

    changed: int
    seconds: float
    attention: tuple[str, ...] = field(default=())
    basis: str = ""


Event = StageStarted | StageEnded | StepStarted | StepEnded | Pulling | Note | Warned | Finished


class Reporter(Protocol):
    """Takes events, from several threads at once."""

    def report(self, event: Event) -> None:
        """Show, write or keep the event; must not raise and must not block for long."""


class Silent:
    """A Reporter that keeps nothing."""

    def report(self, event: Event) -> None:
        """Forget the event."""

"""When the stages of a run began and ended; several run at once. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when, in seconds since the run began."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began


@dataclass(slots=True)
class Timeline:
    """The stages of one run, in the order in which they began."""

    _began: dict[str, float] = field(default_factory=dict)
    _ended: dict[str, float] = field(default_factory=dict)

    def start(self, stage: str, at: float) -> None:
        """Note that a stage began."""
        self._began.setdefault(stage, at)

    def end(self, stage: str, at: float) -> None:
        """Note that a stage ended."""
        self._ended[stage] = at

    @property
    def stages(self) -> dict[str, Span]:
        """Every stage that ended."""
        return dict(self._spans())

    @property
    def whole(self) -> Span:
        """From the first stage's beginning to the last one's end; of no length where there was none."""
        spans = self.stages.values()
        return Span(began=min((s.began for s in spans), default=0), ended=max((s.ended for s in spans), default=0))

    def _spans(self) -> Iterator[tuple[str, Span]]:
        for stage, began in self._began.items():
            if stage in self._ended:
                yield stage, Span(began=began, ended=self._ended[stage])

"""Several measurements of the same thing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The least, the middle and the most of some measurements."""

    least: float
    middle: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of at least one value."""
        return cls(least=min(values), middle=median(values), most=max(values))

    def cells(self, digits: int = 1) -> tuple[str, str, str]:
        """Return minimum, median and maximum as a table shows them."""
        return (f"{self.least:.{digits}f}", f"{self.middle:.{digits}f}", f"{self.most:.{digits}f}")


def verdict(value: float, target: float) -> str:
    """Return in one word whether a value that should not exceed its target does not."""
    return "met" if value <= target else "missed"

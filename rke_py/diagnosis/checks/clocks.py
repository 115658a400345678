"""Clocks that are apart."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding, finding_of
from rke_py.plan.checks.clocks import clock_problems


def apart(examined: Examined) -> Iterable[Finding]:
    """Find hosts whose clock differs from the others', and this machine if its clock does."""
    return (finding_of("clock", problem) for problem in clock_problems(examined.observed))

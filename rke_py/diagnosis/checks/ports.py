"""Paths between hosts that are shut."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding, finding_of
from rke_py.plan.checks.ports import path_problems, taken_port_problems


def shut(examined: Examined) -> Iterable[Finding]:
    """Find TCP ports that a host does not reach on another, and ports that somebody else's program holds."""
    problems = (
        *path_problems(examined.observed, examined.ports),
        *taken_port_problems(examined.cluster, examined.observed),
    )
    return (finding_of("ports", problem) for problem in problems)

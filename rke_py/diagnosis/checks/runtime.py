"""Container runtimes that do not serve the kubelet."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding, finding_of
from rke_py.plan.checks.runtime import runtime_problems


def broken_runtime(examined: Examined) -> Iterable[Finding]:
    """Find what stops the kubelet on a host; what it only may miss is told by ``up``."""
    problems = runtime_problems(examined.cluster, examined.observed)
    return (finding_of("runtime", problem) for problem in problems if not problem.warning)

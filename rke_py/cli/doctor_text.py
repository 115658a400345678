"""A diagnosis as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rke_py.diagnosis.model import Finding
from rke_py.workflows.doctor import Diagnosis

_EVIDENCE = 8


def diagnosis_json(found: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as JSON-ready data, ``healthy`` first."""
    return {"healthy": found.healthy, **asdict(found)}


def diagnosis_lines(found: Diagnosis) -> Iterator[str]:
    """Yield cause, evidence and remedy of everything that was found; faults come first."""
    for finding in found.findings:
        yield from _finding_lines(finding)
        yield ""
    yield from (f"not looked at: {line}" for line in found.untried)
    faults = sum(not finding.warning for finding in found.findings)
    warnings = len(found.findings) - faults
    if not found.findings and found.untried:
        yield "nothing found, but not everything could be looked at: see above"
    elif not found.findings:
        yield f"nothing found: {len(found.checks)} checks ({', '.join(found.checks)})"
    else:
        yield f"{_count(faults, 'cause')} and {_count(warnings, 'warning')} found by {len(found.checks)} checks"


def _finding_lines(finding: Finding) -> Iterator[str]:
    where = f"{finding.where}: " if finding.where else ""
    yield f"{'Warning' if finding.warning else 'Cause'} ({finding.check}): {where}{finding.cause}"
    lines = [line for text in finding.evidence for line in text.splitlines()]
    yield from (f"  | {line}" for line in lines[:_EVIDENCE])
    if len(lines) > _EVIDENCE:
        yield f"  | and {len(lines) - _EVIDENCE} more lines"
    if finding.remedy:
        yield f"  Remedy: {finding.remedy}"


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"

"""Snapshots as tables and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rke_py.cli.console.words import size
from rke_py.cli.status_text import aligned
from rke_py.workflows.snapshot_care import Copy, Found, Verdict

_HEAD = ("SNAPSHOT", "AGE", "SIZE", "TAKEN", "WHERE", "VERIFIED")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def found_json(found: Found) -> dict[str, Any]:
    """Return what was found, JSON-ready: a snapshot with every place that has it."""
    snapshots = [
        {"name": name, "copies": [_without_name(copy) for copy in found.copies if copy.name == name]}
        for name in found.names
    ]
    return {"lineage": found.lineage, "snapshots": snapshots, "silent": dict(found.silent)}


def found_lines(found: Found, now: datetime) -> Iterator[str]:
    """Yield a line for each snapshot, and what could not be asked."""
    if not found.copies:
        yield "there is no snapshot"
    else:
        rows = [_row([copy for copy in found.copies if copy.name == name], found, now) for name in found.names]
        yield from aligned([_HEAD, *rows])
    for where, fault in found.silent.items():
        yield f"{where} could not be asked: {fault}"


def verdict_lines(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield what was found of each copy."""
    for one in verdicts:
        if one.silent:
            yield f"{one.where} could not be asked: {one.fault}"
            continue
        if one.fault:
            yield f"{one.where}: {one.name} is NOT whole: {one.fault}"
            continue
        served = "" if one.served_keys is None else f"; an etcd made from it serves {one.served_keys} keys"
        held = f"revision {one.revision}, {one.keys} keys, {size(one.size)}"
        yield f"{one.where}: {one.name} is whole: {held}{served}"


def _row(copies: Sequence[Copy], found: Found, now: datetime) -> tuple[str, ...]:
    first = copies[0]
    kinds = {copy.kind for copy in copies if copy.kind}
    taken = ", ".join(sorted(kinds)) or "-"
    if any(copy.lineage and copy.lineage != found.lineage for copy in copies):
        taken = "of another cluster"
    where = " ".join(copy.where for copy in copies)
    return (first.name, _age(first.time, now), size(max(copy.size for copy in copies)), taken, where, _verified(copies))


def _verified(copies: Sequence[Copy]) -> str:
    damaged = [copy.where for copy in copies if copy.damaged]
    unknown = [copy.where for copy in copies if not copy.verified and not copy.damaged]
    if damaged:
        return f"DAMAGED: {' '.join(damaged)}"
    if len(unknown) == len(copies):
        return "no"
    return f"not on: {' '.join(unknown)}" if unknown else "yes"


def _age(time: str, now: datetime) -> str:
    seconds = max(0.0, (now - datetime.fromisoformat(time)).total_seconds())
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min"
    return f"{seconds // _HOUR:.0f} h" if seconds < 2 * _DAY else f"{seconds // _DAY:.0f} d"


def _without_name(copy: Copy) -> dict[str, Any]:
    return {key: value for key, value in asdict(copy).items() if key != "name"}

"""Who runs rke-py, for the tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Somebody at a machine."""

    user: str
    machine: str = "desk"
    process: int = 42
    since: datetime = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

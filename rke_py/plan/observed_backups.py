"""How recurring snapshots go, as the container on each member's host tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rke_py.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedBackup:
    """Recurring snapshots of one member.

    Attributes:
        last: Name of the last good one, empty when there is none.
        time: When it was taken, ISO 8601, UTC.
        late: Whether the next one should have been there by now.
        error: What kept the last attempt from being one.
        s3: Whether it is to be copied.
        copied: Name of the last one that is known to be in S3, this member's or another's.
        copy_error: What kept this member from copying its own.
    """

    host: str
    last: str = ""
    time: str = ""
    late: bool = False
    error: str = ""
    s3: bool = False
    copied: str = ""
    copy_error: str = ""


def backup_problems(backups: Iterable[ObservedBackup]) -> Iterator[Problem]:
    """Yield what speaks against recurring snapshots: late ones, and those that nobody could copy."""
    every = tuple(backups)
    for backup in every:
        if backup.late:
            since = f"the last good one is of {backup.time}" if backup.last else "there is none yet"
            why = f": {backup.error}" if backup.error else ""
            what = f"its recurring snapshot of etcd is late, {since}{why}"
            yield Problem(where=backup.host, what=what, hint=_LOG, warning=True)
    newest = max((backup.last for backup in every), default="")
    faults = [backup for backup in every if backup.copy_error]
    if faults and not any(backup.copied == newest for backup in every if newest):
        what = f"no member could copy its snapshot to S3: {faults[0].copy_error}"
        yield Problem(where=faults[0].host, what=what, hint=_LOG, warning=True)


_LOG = "What it tried is in: docker logs etcd-rolling-snapshots"

"""etcd's members, their health and alarms, in words and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rke_py.plan.observed_etcd import EtcdMember
from rke_py.workflows.etcd_members import MemberHealth

_GAP = "  "


def members_lines(found: Sequence[MemberHealth]) -> Iterator[str]:
    """Yield a table of the members, then why some do not tell of themselves."""
    rows: list[tuple[str, ...]] = [
        ("host", "member", "id", "role", "version", "size", "in use", "term", "index", "alarms")
    ]
    rows += [_row(one) for one in found]
    yield from _table(rows)
    yield from _faults(found)


def health_lines(found: Sequence[MemberHealth]) -> Iterator[str]:
    """Yield a table of the members' health and how fast they are, then what is wrong."""
    rows = [("host", "healthy", "read", "fsync", "round trip")]
    for one in found:
        disk = one.disk
        rows.append(
            (
                one.host or "-",
                "no" if one.fault else "yes",
                _milliseconds(one.seconds),
                _milliseconds(disk.sync_seconds / disk.syncs if disk.syncs else None),
                _milliseconds(disk.round_trip_seconds / disk.round_trips if disk.round_trips else None),
            )
        )
    yield from _table(rows)
    yield from _faults(found)


def health_json(found: Sequence[MemberHealth]) -> list[dict[str, Any]]:
    """Return the members as JSON-ready data; seconds are averages."""
    return [
        {
            "host": one.host,
            "healthy": not one.fault,
            "fault": one.fault,
            "member": asdict(one.member) if one.member else None,
            "read_seconds": one.seconds,
            "fsync_seconds": one.disk.sync_seconds / one.disk.syncs if one.disk.syncs else None,
            "commit_seconds": one.disk.commit_seconds / one.disk.commits if one.disk.commits else None,
            "round_trip_seconds": one.disk.round_trip_seconds / one.disk.round_trips if one.disk.round_trips else None,
        }
        for one in found
    ]


def alarms_lines(found: Iterable[EtcdMember]) -> Iterator[str]:
    """Yield one line for each alarm, or that there is none."""
    lines = [f"{member.name or member.id}: {alarm}" for member in found for alarm in member.alarms]
    yield from lines or ["no member has raised an alarm"]


def alarms_json(found: Iterable[EtcdMember]) -> list[dict[str, str]]:
    """Return the alarms as JSON-ready data."""
    return [{"member": member.name, "id": member.id, "alarm": alarm} for member in found for alarm in member.alarms]


def _row(one: MemberHealth) -> tuple[str, ...]:
    member = one.member
    if member is None:
        return (one.host, "-", "-", "none", *(("-",) * 6))
    role = "learner" if member.learner else "leader" if member.leader else "follower"
    return (
        one.host or "-",
        member.name or "-",
        member.id,
        role if member.version else "silent",
        member.version or "-",
        _megabytes(member.db_size),
        _megabytes(member.db_used),
        str(member.raft_term or "-"),
        str(member.raft_index or "-"),
        ", ".join(member.alarms) or "-",
    )


def _faults(found: Sequence[MemberHealth]) -> Iterator[str]:
    return (f"{_name(one)}: {one.fault}" for one in found if one.fault)


def _name(one: MemberHealth) -> str:
    return one.host or (one.member.name or one.member.id if one.member else "-")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size else "-"


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.1f} ms"


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield _GAP.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()

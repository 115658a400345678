"""The status of a cluster as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from rke_py.cli.console.words import size
from rke_py.cli.exits import wants_colour
from rke_py.cli.faults import json_of, text_of
from rke_py.errors import RkeError
from rke_py.plan.observed_etcd import EtcdMember, ExternalMember
from rke_py.rollout.history import LastRun
from rke_py.workflows.drift import Drift
from rke_py.workflows.status import ClusterStatus, ComponentStatus, HostStatus

_HOSTS = ("HOST", "ADDRESS", "ROLES", "NODE", "VERSION", "COMPONENTS")
_EXTERNAL = ("EXTERNAL ETCD", "FROM", "VERSION", "HEALTH")
_MEMBERS = ("ETCD MEMBER", "ROLE", "VERSION", "SIZE", "LAG", "HEALTH")
_SHOWN = 10
"""Differences that the table spells out; the JSON has them all."""


def status_json(status: ClusterStatus) -> dict[str, Any]:
    """Return the status as JSON-ready data, ``healthy`` first; times are UTC, RFC 3339."""
    return {"healthy": status.healthy, **plain(asdict(status))}


def look_json(found: ClusterStatus | RkeError) -> dict[str, Any]:
    """Return what a look gave as JSON-ready data: the status, or why there is none."""
    return {"healthy": False, "error": json_of(found)} if isinstance(found, RkeError) else status_json(found)


def look_lines(found: ClusterStatus | RkeError) -> Iterator[str]:
    """Yield what a look gave as lines: the status, or why there is none."""
    yield from text_of(found).splitlines() if isinstance(found, RkeError) else status_lines(found)


def status_lines(status: ClusterStatus) -> Iterator[str]:
    """Yield the status as aligned lines; what is not as it should be is spelled out below the tables."""
    api = "the API answers" if status.api else "the API does not answer"
    yield f"cluster {status.name}, Kubernetes {status.version}: {'healthy' if status.healthy else 'NOT healthy'}, {api}"
    yield ""
    yield from aligned([_HOSTS, *(_host_row(host) for host in status.hosts)])
    if status.etcd:
        yield ""
        front = max(member.raft_index for member in status.etcd)
        yield from aligned([_MEMBERS, *(_member_row(member, front) for member in status.etcd)])
    if status.external_etcd:
        yield ""
        yield from aligned([_EXTERNAL, *(_external_row(member) for member in status.external_etcd)])
    troubles = [*_host_troubles(status), *_member_troubles(status), *_external_troubles(status)]
    if troubles:
        yield ""
        yield from troubles
    yield ""
    yield from _outlook(status)


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows with their columns aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def as_far_as_seen(drift: Drift) -> str:
    """Return which hosts are not meant when something is said of all; nothing when all of them answered."""
    if not drift.unseen:
        return ""
    more = f" and {len(drift.unseen) - _SHOWN} more" if len(drift.unseen) > _SHOWN else ""
    return f", as far as can be told without {', '.join(drift.unseen[:_SHOWN])}{more}"


def coloured_status(line: str) -> str:
    """Return a line with a colour for what is well and what is not."""
    if not wants_colour():
        return line
    if "NOT healthy" in line or "NotReady" in line or "unreachable" in line:
        return click.style(line, fg="red")
    return line


def plain(value: Any) -> Any:
    """Return data with its times as text."""
    match value:
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}"
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return value


def _outlook(status: ClusterStatus) -> Iterator[str]:
    """Yield what is to come: certificates, what is under way, what differs; and what was last done."""
    yield from (f"certificate {one.name} ends on {one.not_after:%Y-%m-%d}, {_days(one.days)}" for one in status.ending)
    yield from (f"under way: {line}" for line in status.under_way)
    yield from _drift_lines(status.drift)
    yield from _last_run_lines(status.last_run)
    yield from _backup_lines(status)
    yield from (f"warning: {problem}" for problem in status.warnings)


def _days(days: int) -> str:
    return f"in {days} days" if days >= 0 else "which is over"


def _drift_lines(drift: Drift) -> Iterator[str]:
    if drift.unknown:
        yield f"whether it is as cluster.yml wants it cannot be told: {drift.unknown}"
    elif not drift.steps:
        yield f"it is as cluster.yml wants it{as_far_as_seen(drift)}"
    else:
        count = len(drift.steps)
        yield f"it differs from cluster.yml, {count} step{'s' if count > 1 else ''} for rke-py up (rke-py plan --diff):"
        yield from (f"  {' '.join(filter(None, (one.host, one.step)))}" for one in drift.steps[:_SHOWN])
        if count > _SHOWN:
            yield f"  and {count - _SHOWN} more"
    yield from (f"rke-py up refuses: {problem}" for problem in drift.refused)


def _last_run_lines(run: LastRun | None) -> Iterator[str]:
    if run is None:
        yield "last run: the journal has none"
        return
    at = f" at: {run.at}" if run.at else ""
    error = f": {run.error}" if run.error else ""
    steps = f"{run.steps} step{'' if run.steps == 1 else 's'}"
    ending = f"{run.ending}, by {run.by}" if run.by else run.ending
    yield f"last run: {run.ended:%Y-%m-%d %H:%M} UTC, {steps}, {ending}{at}{error}"


def _backup_lines(status: ClusterStatus) -> Iterator[str]:
    """Yield which recurring snapshot is the last good one on the members, the newest first, and in S3."""
    places: dict[tuple[str, str], list[str]] = {}
    for backup in status.backups:
        if backup.last:
            places.setdefault((backup.time[:16].replace("T", " "), backup.last), []).append(backup.host)
    for (time, name), hosts in sorted(places.items(), reverse=True):
        copied = ", in S3" if any(backup.copied == name for backup in status.backups) else ""
        yield f"last recurring snapshot on {', '.join(hosts)}: {time} UTC, {name}{copied}"
    without = [backup.host for backup in status.backups if not backup.last]
    if without:
        yield f"no recurring snapshot yet on {', '.join(without)}"


def _host_row(host: HostStatus) -> tuple[str, ...]:
    healthy = sum(component.healthy for component in host.components)
    components = f"{healthy}/{len(host.components)} healthy" if host.components else "-"
    return (host.name, host.address, ",".join(host.roles), _node_word(host), host.version or "-", components)


def _node_word(host: HostStatus) -> str:
    if host.fault:
        return "unreachable"
    if host.ready is None:
        return "unknown"
    word = "Ready" if host.ready else "NotReady"
    return word if host.schedulable else f"{word},cordoned"


def _member_row(member: EtcdMember, front: int) -> tuple[str, ...]:
    role = "leader" if member.leader else "learner" if member.learner else "follower"
    health = "healthy" if member.healthy else "NOT healthy"
    lag = str(front - member.raft_index) if member.raft_index else "-"
    return (member.name or member.id, role, member.version or "-", size(member.db_size), lag, health)


def _external_row(member: ExternalMember) -> tuple[str, ...]:
    return (member.url, member.host, member.version or "-", "NOT healthy" if member.fault else "healthy")


def _external_troubles(status: ClusterStatus) -> Iterator[str]:
    yield from (f"{m.host}: etcd at {m.url}: {m.fault}" for m in status.external_etcd if m.fault)


def _host_troubles(status: ClusterStatus) -> Iterator[str]:
    for host in status.hosts:
        if host.fault:
            yield f"{host.name}: {host.fault}"
        yield from (f"{host.name}: {_trouble(one)}" for one in host.components if not one.healthy)


def _trouble(component: ComponentStatus) -> str:
    detail = f": {component.detail}" if component.detail and component.detail != component.container else ""
    return f"{component.name} is {component.container}, not healthy{detail}"


def _member_troubles(status: ClusterStatus) -> Iterator[str]:
    for member in status.etcd:
        if member.fault:
            yield f"etcd member {member.name or member.id}: {member.fault}"
        if member.alarms:
            yield f"etcd member {member.name or member.id} raised {', '.join(member.alarms)}"

"""The certificates of a cluster as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from rke_py.cli.status_text import aligned
from rke_py.workflows.certificates import CertificateList, Listed, OnHost, Presence

_COLUMNS = ("CERTIFICATE", "ENDS", "DAYS", "SIGNED BY", "ON HOSTS")


def certificates_json(found: CertificateList) -> dict[str, Any]:
    """Return the list as JSON-ready data; times are UTC, days are whole ones from now."""
    return {
        "certificates": [
            {
                "name": listed.name,
                "subject": listed.subject,
                "issuer": listed.issuer,
                "ends": _time(listed.ends),
                "days": _days(listed, found.now),
                "supplied": listed.supplied,
                "state": _time(listed.not_after),
                "hosts": [
                    {"host": on.host, "presence": str(on.presence), "ends": _time(on.not_after)} for on in listed.hosts
                ],
            }
            for listed in found.certificates
        ],
        "unreachable": dict(found.silent),
    }


def certificate_lines(found: CertificateList) -> Iterator[str]:
    """Yield the list as aligned lines, and below them what differs on hosts."""
    yield from aligned([_COLUMNS, *(_row(listed, found.now) for listed in found.certificates)])
    troubles = [
        *(f"{host}: {fault}" for host, fault in found.silent.items()),
        *(f"{listed.name}: the state has none that can be read" for listed in found.certificates if _lacking(listed)),
        *(
            f"{on.host}: {listed.name} {_trouble(on)}"
            for listed in found.certificates
            for on in listed.hosts
            if on.presence is not Presence.SAME
        ),
    ]
    if troubles:
        yield ""
        yield from troubles


def ending_within(found: CertificateList, days: int) -> bool:
    """Tell whether a certificate ends within so many days."""
    return any(listed.ends and listed.ends - found.now <= timedelta(days=days) for listed in found.certificates)


def _row(listed: Listed, now: datetime) -> tuple[str, ...]:
    days = _days(listed, now)
    issuer = "itself" if listed.issuer and listed.issuer == listed.subject else listed.issuer
    return (
        listed.name,
        "-" if listed.ends is None else f"{listed.ends:%Y-%m-%d}",
        "-" if days is None else str(days),
        (issuer or "-") + (" (yours)" if listed.supplied else ""),
        _places(listed),
    )


def _lacking(listed: Listed) -> bool:
    return not (listed.subject or listed.issuer)


def _places(listed: Listed) -> str:
    if not listed.hosts:
        return "-"
    same = sum(on.presence is Presence.SAME for on in listed.hosts)
    return f"{same} of {len(listed.hosts)}"


def _trouble(on: OnHost) -> str:
    ends = f", ends on {on.not_after:%Y-%m-%d}" if on.not_after else ""
    match on.presence:
        case Presence.MISSING:
            return "is missing; rke-py up brings it"
        case Presence.STRAY:
            return f"is not one of the cluster's{ends}"
    return f"is not the one in the state{ends}; rke-py up brings that"


def _days(listed: Listed, now: datetime) -> int | None:
    return None if listed.ends is None else (listed.ends - now).days


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")

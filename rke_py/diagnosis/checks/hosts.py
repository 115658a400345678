"""Hosts that do not answer."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding


def silent(examined: Examined) -> Iterable[Finding]:
    """Find hosts that could not be looked at over SSH and Docker."""
    for host in examined.observed.hosts.values():
        if host.fault is not None:
            yield Finding(
                check="hosts",
                where=host.name,
                cause=f"the host cannot be looked at: {host.fault.what}",
                evidence=host.fault.evidence,
                remedy=host.fault.hint or f"Look whether it runs; for good: rke-py plan --skip {host.name}",
            )

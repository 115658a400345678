"""Tables of tracked connections that are full: new connections are dropped."""

from __future__ import annotations

from collections.abc import Iterable

from rke_py.diagnosis.model import Examined, Finding

_FULL, _NEARLY = 0.95, 0.75


def full_tables(examined: Examined) -> Iterable[Finding]:
    """Find hosts whose kernel tracks nearly as many connections as it can."""
    for host in examined.observed.hosts.values():
        if host.deep is None or not host.deep.conntrack_max:
            continue
        share = host.deep.conntrack / host.deep.conntrack_max
        if share >= _NEARLY:
            yield Finding(
                check="conntrack",
                where=host.name,
                cause=f"the table of tracked connections is {share:.0%} full",
                evidence=(f"{host.deep.conntrack} of {host.deep.conntrack_max}; the kernel drops what is beyond",),
                remedy="Raise it: services.kubeproxy.extra_args.conntrack-max-per-core; see who opens so many: "
                "conntrack -L",
                warning=share < _FULL,
            )

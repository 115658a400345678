"""Fleets of hosts without the rest of a cluster."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from rke_py.cluster.model import Host, SshAccess
from rke_py.transport.fleet import SshFleet, SshOptions, open_fleet

NOW = datetime(2026, 11, 21, 6, 10, 40, tzinfo=UTC)


def fleet_of(*hosts: Host, options: SshOptions, bastion: SshAccess | None = None) -> SshFleet:
    cluster = cast(Any, SimpleNamespace(every=hosts, bastion=bastion))
    return open_fleet(cluster, options=options, now=lambda: NOW)

"""How long a container may take to become healthy, where that follows from what was found."""

from __future__ import annotations

from dataclasses import replace

from rke_py.plan.components.etcd import NAME as ETCD
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.observed_etcd import ObservedEtcd

_RATE = 20_000_000
"""Bytes a second: what a slow disk or link still carries of a database that a member reads, or a learner is sent."""


_UNTOLD = 2 << 30
"""Bytes, while no member tells: etcd's own limit of a database where nobody sets one."""


def allowing_for_data(spec: ContainerSpec, etcd: ObservedEtcd, *, made: bool) -> ContainerSpec:
    """Return the container with time for its database; only etcd's own needs any.

    Args:
        spec: Any container.
        etcd: What the members tell: the largest database counts, since a learner is sent all of it.
        made: Whether there is an etcd cluster already, which may have data when no member answers.
    """
    if spec.name != ETCD:
        return spec
    largest = max((member.db_size for member in etcd.members), default=0) or (_UNTOLD if made else 0)
    return replace(spec, start_timeout=spec.start_timeout + largest // _RATE)

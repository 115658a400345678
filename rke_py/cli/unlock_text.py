"""Who holds a cluster, in words."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.kube.interface import HeldLease
from rke_py.workflows.unlock import WATCHED, Locks

_FREED = (
    "Freed. Warning: a run that is alive after all stops before its next step, but finishes what it does now;",
    "two runs at once can take etcd's quorum. Wait a minute, look at rke-py status, then run rke-py up.",
)


def locks_lines(locks: Locks) -> Iterator[str]:
    """Yield who holds what, what that means, and what was done about it."""
    yield f"the state file is locked by {locks.file}" if locks.file else "the state file is not locked"
    if locks.unknown:
        yield f"the Lease in the cluster could not be looked at: {locks.unknown}"
    elif locks.lease is None:
        yield "the Lease in the cluster is free"
    else:
        yield from _lease(locks.lease, alive=locks.alive)
    if locks.freed:
        yield from _FREED
    elif locks.held:
        yield "Free it with --force only when you know that this run is gone."


def _lease(lease: HeldLease, *, alive: bool) -> Iterator[str]:
    yield f"the Lease in the cluster is held by {lease.holder}"
    if alive:
        yield "  it was renewed just now: that run is alive"
        return
    renewed = f"{lease.renewed:%Y-%m-%d %H:%M:%S} UTC by its own clock" if lease.renewed else "never"
    yield f"  last renewed {renewed}, and not within the {WATCHED} s that it was watched"
    yield f"  the next run takes it over {lease.duration} s after its last renewal, without --force"

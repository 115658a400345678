"""What a restore is going to do and what it costs, for whoever has to agree to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from rke_py.plan.checks.words import amount, listed
from rke_py.plan.model import Plan
from rke_py.plan.observed import MadeSince
from rke_py.plan.restore.after import NODES
from rke_py.plan.restore.forward import Restoring
from rke_py.plan.restore.model import Snapshot


def course(restoring: Restoring, plans: Iterable[Plan], *, past_authority: bool) -> tuple[str, ...]:
    """Return what is restored, onto which hosts and in which order, one sentence each.

    Args:
        restoring: The restore.
        plans: What is going to be done until API servers answer.
        past_authority: Whether the snapshot is from before the present CA.
    """
    return tuple(_course(restoring, plans, past_authority=past_authority))


def _course(restoring: Restoring, plans: Iterable[Plan], *, past_authority: bool) -> Iterator[str]:
    snapshot = restoring.snapshot
    where = f"from {snapshot.source}" if snapshot.source else f"from the file {restoring.restore.asked}"
    taken = taken_at(snapshot)
    told = (
        amount(snapshot.size),
        *((f"revision {snapshot.told('revision')}",) if snapshot.told("revision") else ()),
        *((f"taken {taken:%Y-%m-%d %H:%M:%S} UTC",) if taken else ()),
        f"SHA-256 {snapshot.sha256[:12]}",
    )
    yield f"the snapshot {snapshot.name} {where}: {', '.join(told)}"
    yield f"its data go to {listed(host.name for host in restoring.members)}; the old ones stay beside them"
    yield f"in this order: {', '.join(stage.name for plan in plans for stage in plan.stages)}, then {NODES}"
    yield "certificates and keys stay the present ones; tokens in Secrets that another key signed are made anew"
    if past_authority:
        yield "the snapshot is from before the present CA: add-ons are restarted, and workloads of others named"


def costs(snapshot: Snapshot, now: datetime, made: MadeSince | None) -> tuple[str, ...]:
    """Return one sentence for each thing that is interrupted or lost.

    Args:
        snapshot: What is gone back to.
        now: The time.
        made: What was made since, by name; None where no API server answers, so that nobody knows.
    """
    return tuple(_costs(snapshot, now, made or MadeSince(), known=made is not None))


def _costs(snapshot: Snapshot, now: datetime, made: MadeSince, *, known: bool) -> Iterator[str]:
    yield f"everything that changed in the cluster {_since(snapshot, now)} is lost"
    yield "the API servers and etcd are down meanwhile, for about a minute; pods and Services go on"
    yield f"pods made since are killed{_named(made.pods, known=known)}; pods deleted since are made anew"
    yield (
        "volumes and load balancers made since stay where they are, and nothing in the cluster knows of them any more"
        f"{_named((*made.volumes, *made.load_balancers), known=known)}"
    )
    yield "tokens and accounts made since end, and those deleted since are valid again"
    yield (
        f"nodes added since register again{_named(made.nodes, known=known)}; Node objects of hosts that left since are "
        "deleted once more"
    )


def taken_at(snapshot: Snapshot) -> datetime | None:
    """Return when a snapshot was taken; None when nothing tells."""
    try:
        return datetime.fromisoformat(snapshot.told("time"))
    except ValueError:
        return None


def _named(names: tuple[str, ...], *, known: bool) -> str:
    if not known:
        return ""
    return f" ({len(names)}: {listed(names)})" if names else " (none)"


def _since(snapshot: Snapshot, now: datetime) -> str:
    taken = taken_at(snapshot)
    if taken is None:
        return "since the snapshot was taken"
    return f"since {taken:%Y-%m-%d %H:%M:%S} UTC, {_age((now - taken).total_seconds())} ago,"


def _age(seconds: float) -> str:
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0, seconds):.0f} seconds"

"""What going back to a snapshot costs, for whoever has to agree to it."""

from __future__ import annotations

from datetime import datetime

from rke_py.plan.restore.model import Snapshot


def costs(snapshot: Snapshot, now: datetime) -> tuple[str, ...]:
    """Return one sentence for each thing that is interrupted or lost.

    Args:
        snapshot: What is gone back to.
        now: The time.
    """
    return (
        f"everything that changed in the cluster {_since(snapshot, now)} is lost",
        "the API servers and etcd are down meanwhile, for about a minute; pods and Services go on",
        "pods made since are killed, pods deleted since are made anew",
        "volumes and load balancers made since stay where they are, and nothing in the cluster knows of them any more",
        "tokens and accounts made since end, and those deleted since are valid again",
        "nodes added since register again; Node objects of hosts that left since are deleted once more",
    )


def _since(snapshot: Snapshot, now: datetime) -> str:
    try:
        taken = datetime.fromisoformat(snapshot.told("time"))
    except ValueError:
        return "since the snapshot was taken"
    return f"since {taken:%Y-%m-%d %H:%M:%S} UTC, {_age((now - taken).total_seconds())} ago,"


def _age(seconds: float) -> str:
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0, seconds):.0f} seconds"

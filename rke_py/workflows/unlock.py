"""``rke-py unlock``: who holds a cluster, and taking it from somebody who is gone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rke_py.cluster.model import Role
from rke_py.errors import RkeError, StateError, UsageError
from rke_py.kube.interface import HeldLease, KubernetesApi
from rke_py.stores.disk import LocalDisk
from rke_py.stores.lock import break_lock, lock_holder
from rke_py.workflows.context import Context
from rke_py.workflows.credentials import known_bundle
from rke_py.workflows.loading import load_cluster

WATCHED = 6
"""Seconds between two looks at a lease: a run that is alive renews it every 5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locks:
    """What keeps other runs from a cluster.

    Attributes:
        file: Who holds the lock of the state file; empty when nobody does.
        lease: Who holds the Lease in the cluster, None when nobody does or it could not be looked at.
        alive: Whether the Lease was renewed while it was watched.
        unknown: Why the Lease could not be looked at; empty when it was.
        freed: Whether what is held was taken from its holders.
    """

    file: str = ""
    lease: HeldLease | None = None
    alive: bool = False
    unknown: str = ""
    freed: bool = False

    @property
    def held(self) -> bool:
        """True when somebody holds something."""
        return bool(self.file) or self.lease is not None


def unlock(context: Context, *, force: bool = False) -> Locks:
    """Look who holds the state file and the cluster, and free both when that is forced.

    Args:
        context: Where cluster.yml and the state are, and how hosts are reached.
        force: Take the locks from whoever holds them.

    Raises:
        StateError: The lock's files cannot be read or removed.
    """
    path, disk = context.state_path.resolve(), LocalDisk()
    locks = _with_lease(Locks(file=lock_holder(path, disk)), context, force=force)
    if force and locks.file:
        break_lock(path, disk)
    return replace(locks, freed=force and locks.held)


def _with_lease(locks: Locks, context: Context, *, force: bool) -> Locks:
    """Look at the Lease, as far as the cluster lets itself be asked."""
    try:
        bundle = known_bundle(context)
        cluster = load_cluster(context.config, text=context.text).cluster
        doors = replace(cluster, hosts=cluster.with_role(Role.CONTROLPLANE))
        with context.edges.fleet(doors, context) as fleet, context.edges.access(doors, fleet, lambda: bundle) as access:
            if not access.api.ready():
                return replace(locks, unknown="no API server of the cluster answers")
            lease, alive = _watched(access.api, context)
            if force and lease:
                access.api.free_lease()
            return replace(locks, lease=lease, alive=alive)
    except (StateError, UsageError) as error:
        return replace(locks, unknown=error.what)
    except RkeError as error:
        return replace(locks, unknown=str(error))


def _watched(api: KubernetesApi, context: Context) -> tuple[HeldLease | None, bool]:
    """Return the Lease, and whether its holder renewed it while it was watched: no clock but one is trusted then."""
    before = api.lease()
    if before is None:
        return None, False
    context.clock.pause(WATCHED)
    after = api.lease()
    return after, after is not None and after != before

"""The run lease in the cluster, held while a workflow changes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rke_py.errors import ApiError, Problem, StateError
from rke_py.kube.interface import ClusterAccess, Lease
from rke_py.plan.observed_etcd import ObservedEtcd
from rke_py.progress import Warned
from rke_py.workflows.context import Context
from rke_py.workflows.holder import this_process

_FULL = Problem(
    where="etcd",
    what="it is full, so this run cannot take the cluster's lease and holds the lock of this folder alone",
    hint="Let nobody run rke-py for this cluster from elsewhere meanwhile.",
    warning=True,
)


class Claim:
    """The run lease of one run; while no API server answers the file lock stands alone."""

    def __init__(self, access: ClusterAccess, context: Context) -> None:
        self._access = access
        self._context = context
        self._lease: Lease | None = None

    @property
    def held(self) -> bool:
        """Whether it was taken."""
        return self._lease is not None

    def take(self) -> None:
        """Take it; raises StateError when somebody else holds it and renews it."""
        self._lease = self._access.api.acquire(this_process(self._context))

    def take_if_served(self) -> bool:
        """Take it if an API server answers by now; tell whether it was taken; raises StateError as `take`."""
        try:
            if self._access.api.ready():
                self.take()
        except ApiError:
            return False  # it has only just come, or went again
        return self.held

    def lost(self) -> str:
        """Tell who took it from us; empty while it is ours."""
        return self._lease.lost if self._lease else ""

    def release(self) -> None:
        """Give it back."""
        if self._lease:
            self._lease.release()


def leased(etcd: ObservedEtcd, context: Context, *, api: bool) -> bool:
    """Tell whether a run can take the lease; warn where only a full etcd keeps it from that.

    Args:
        etcd: The members, as they were seen.
        context: Who is warned.
        api: Whether an API server answers.
    """
    if api and etcd.full:
        context.reporter.report(Warned(problem=_FULL))
    return api and not etcd.full


def may_lease(access: ClusterAccess, context: Context, *, api: bool) -> bool:
    """Tell the same for a run that did not look at etcd yet; nobody is asked without an API server."""
    return api and leased(access.look_at_etcd(), context, api=api)


def refuse_lost(claim: Claim) -> None:
    """Raise StateError where another run took the lease meanwhile."""
    if holder := claim.lost():
        hint = "Wait until the other run ends, then run the same again."
        raise StateError(f"another run took the cluster's lease, so this one stopped: {holder}", hint=hint)


@contextmanager
def held_lease(access: ClusterAccess, context: Context, *, api: bool) -> Iterator[Claim]:
    """Hold the run lease; without an API server nothing is held yet.

    Args:
        access: The cluster's own APIs.
        context: Who we are.
        api: Whether an API server answers.

    Raises:
        StateError: Somebody else holds it and renews it.
    """
    claim = Claim(access, context)
    if api:
        claim.take()
    try:
        yield claim
    finally:
        claim.release()

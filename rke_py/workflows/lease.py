"""The run lease in the cluster, held while a workflow changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rke_py.kube.interface import ClusterAccess
from rke_py.workflows.context import Context
from rke_py.workflows.holder import this_process


@contextmanager
def held_lease(access: ClusterAccess, context: Context, *, api: bool) -> Iterator[Callable[[], str]]:
    """Hold the run lease and tell who took it from us; without an API server the file lock stands alone.

    Args:
        access: The cluster's own APIs.
        context: Who we are.
        api: Whether an API server answers.

    Raises:
        StateError: Somebody else holds it and renews it.
    """
    if not api:
        yield str
        return
    lease = access.api.acquire(this_process(context))
    try:
        yield lambda: lease.lost
    finally:
        lease.release()

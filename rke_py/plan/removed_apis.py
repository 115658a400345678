"""What an upgrade takes away from those who use APIs that the new release does not serve."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.catalog.order import minor_of, version_in_tag
from rke_py.catalog.removed import REMOVED, Removed, removed_between
from rke_py.cluster.model import Cluster
from rke_py.plan.components.apiserver import NAME as API_SERVER
from rke_py.plan.observed import Observed, ObservedUse

_MOST_OBJECTS = 6


def removals(cluster: Cluster, observed: Observed) -> tuple[Removed, ...]:
    """Return what the way from the oldest API server that runs to the wanted version takes away."""
    running, wanted = _running(observed), minor_of(cluster.version)
    return removed_between(running, wanted) if running and wanted else ()


def goes_further(cluster: Cluster, observed: Observed) -> bool:
    """Tell whether another minor release is wanted than API servers run."""
    running, wanted = _running(observed), minor_of(cluster.version)
    return bool(running and wanted and running < wanted)


def removed_api_costs(cluster: Cluster, observed: Observed) -> Iterator[str]:
    """Yield what is lost to those who use what is not served any more.

    They are asked for consent, not refused: nobody but the operator can tell whether who asked once still does, and an
    API server counts until it ends. An add-on of cluster.yml itself is refused, since it is certain to fail.
    """
    for use in observed.uses:
        instead = next((row.instead for row in REMOVED if row.api_version == use.api_version and _meant(row, use)), "")
        hint = f"; use {instead}" if instead else ""
        what = f"Kubernetes {cluster.version} does not serve {use.api_version} {use.what} any more"
        if use.servers:
            yield f"{what}: requests for it will fail, and API servers were asked ({', '.join(use.servers)}){hint}"
        if use.objects:
            more = len(use.objects) - _MOST_OBJECTS
            names = ", ".join(use.objects[:_MOST_OBJECTS]) + (f" and {more} more" if more > 0 else "")
            yield f"{what}: whoever wrote it so can no longer change {names}{hint}"


def _meant(row: Removed, use: ObservedUse) -> bool:
    """Tell whether a kind is the resource that a use names: its plural in small letters, or the kind itself."""
    kind = row.kind.lower()
    return use.what in (row.kind, f"{kind}s", f"{kind}es", f"{kind[:-1]}ies")


def _running(observed: Observed) -> tuple[int, int] | None:
    servers = (host.containers.get(API_SERVER) for host in observed.hosts.values())
    minors = (minor_of(version_in_tag(server.spec.image)) for server in servers if server)
    return min((minor for minor in minors if minor), default=None)

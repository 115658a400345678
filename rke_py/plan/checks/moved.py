"""Whether data would still be looked for where they are: otherwise the API servers would begin from nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rke_py.cluster.model import Cluster
from rke_py.cluster.resolve import prefix_path
from rke_py.errors import Problem
from rke_py.state.model import State

_NOT_MOVED = (
    "Put services.etcd and the roles back as they were. To move, make a new cluster and bring the objects there."
)


def moved_problems(cluster: Cluster, state: State) -> Iterable[Problem]:
    """Compare where cluster.yml says that data are with where the last run that finished left them."""
    if state.configuration:
        yield from _etcd(cluster, state)
        yield from _prefix(cluster, state)


def _etcd(cluster: Cluster, state: State) -> Iterable[Problem]:
    before, path = _external(state)
    external = cluster.external_etcd
    if before != (external is not None):
        there = "in an etcd elsewhere (services.etcd.external_urls)" if before else "on the hosts that had role etcd"
        yield Problem(where="", what=f"this cluster's data are {there}, and are not moved", hint=_NOT_MOVED)
    elif external is not None and path != external.path:
        what = f"this cluster's keys in etcd begin with {path}, not with {external.path}"
        yield Problem(where="", what=what, hint=f"Write path: {path} under services.etcd.")


def _external(state: State) -> tuple[bool, str]:
    """Return whether etcd was elsewhere in the last run that finished, and the prefix of the cluster's keys there."""
    services = state.configuration.get("services")
    etcd = services.get("etcd") if isinstance(services, Mapping) else None
    given = etcd if isinstance(etcd, Mapping) else {}
    return bool(given.get("externalUrls")), str(given.get("path") or "")


def _prefix(cluster: Cluster, state: State) -> Iterable[Problem]:
    before = prefix_path(str(state.configuration.get("prefixPath") or "/"))
    if before != cluster.prefix_path:
        what = f"the hosts keep the cluster's folders below {before}, not below {cluster.prefix_path}"
        yield Problem(where="", what=what, hint=f"Write prefix_path: {before}. To move, make a new cluster.")

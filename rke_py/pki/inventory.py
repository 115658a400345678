"""Every certificate of a cluster, as one table.

``upstream_table`` and ``rke_table`` have one line for each kind of certificate of their family; ``inventory`` turns
them into the rows of a given cluster, one for each host where the line says so. Issuing, handing out, listing and
restarting all read these rows and know no name of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rke_py.cluster.model import Cluster, Family, Host
from rke_py.pki.line import Line
from rke_py.pki.model import Bundle, Credential
from rke_py.pki.rke_table import RKE_TABLE
from rke_py.pki.upstream_table import UPSTREAM_TABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One certificate of one cluster.

    Attributes:
        line: What it has in common with its kind.
        host: Name of the only host it belongs to, empty when it is nobody's own.
        common_name: The subject's, with the node's name in it.
        sans: Everything that a server's certificate carries, in the form of ``names.normal``.
        needed: What of it somebody calls the server by, so that the owner's has to carry it too.
    """

    line: Line
    name: str
    host: str = ""
    common_name: str
    sans: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()


TABLES = {Family.UPSTREAM: UPSTREAM_TABLE, Family.RKE: RKE_TABLE}
_LINES = (*UPSTREAM_TABLE, *RKE_TABLE)

PER_HOST = tuple(dict.fromkeys(f"{line.name}-" for line in _LINES if line.each))
"""How the names of certificates begin that belong to one host."""

NAMES = frozenset(line.name for line in _LINES)
"""The names of all kinds of certificates, of both families."""

KEPT = frozenset(line.name for line in _LINES if line.kept)
"""Names of what cannot be issued again: the CAs and the service-account key."""


def inventory(cluster: Cluster) -> tuple[Row, ...]:
    """Return every certificate the cluster needs, CAs before what they sign."""
    return tuple(row for line in lines_of(cluster) for row in _rows(line, cluster))


def lines_of(cluster: Cluster, host: Host | None = None) -> Iterator[Line]:
    """Yield the kinds of certificates that a cluster needs, or those that concern one of its hosts."""
    for line in TABLES[cluster.family]:
        if (line.wanted is None or line.wanted(cluster)) and (host is None or line.each is None or line.each(host)):
            yield line


def _rows(line: Line, cluster: Cluster) -> Iterator[Row]:
    shared = line.sans(cluster) if line.sans else frozenset[str]()
    unused = line.unused_sans(cluster) if line.unused_sans else frozenset[str]()
    if line.each is None:
        yield Row(line=line, name=line.name, common_name=line.common_name, sans=shared, needed=shared - unused)
        return
    for host in filter(line.each, cluster.hosts):
        own = line.host_sans(host) if line.host_sans else frozenset[str]()
        common_name = line.common_name.format(node=host.name, slug=host.slug)
        sans = shared | own
        yield Row(
            line=line,
            name=line.name_on(host),
            host=host.name,
            common_name=common_name,
            sans=sans,
            needed=sans - unused,
        )


def with_every_name(cluster: Cluster, bundle: Bundle) -> Bundle:
    """Return a bundle with certificates that it does not have yet, empty: of the rest can be told how it is."""
    absent = {row.name: Credential(name=row.name, certificate="") for row in inventory(cluster)}
    return {**absent, **bundle}

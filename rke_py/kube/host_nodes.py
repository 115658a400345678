"""The nodes of a cluster's hosts, asked for by the hosts' names, whatever a cloud called them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic

from rke_py.cluster.model import Cluster
from rke_py.kube.client import Api
from rke_py.kube.nodes import nodes
from rke_py.plan.nodes_of_hosts import named_by_cloud, nodes_of_hosts
from rke_py.plan.observed import ObservedNode

_FRESH_SECONDS = 2.0
"""How long who waits for a node goes by one look; all who wait share it, as it lists every node."""


class HostNodes:
    """Leads from a host to its node and back.

    What was found once is kept, since a node has its name for as long as it lives. Where no cloud names nodes nobody
    is asked: a node is called as its host.
    """

    def __init__(self, api: Api, cluster: Cluster, *, clock: Callable[[], float] = monotonic) -> None:
        """Look nowhere yet.

        Args:
            api: The API server that is asked.
            cluster: The hosts, and whether a cloud names their nodes.
            clock: Seconds that only go forward.
        """
        self._api = api
        self._clock = clock
        self._cluster = cluster
        self._asks = named_by_cloud(cluster)
        self._names: Mapping[str, str] = {}
        self._looked = float("-inf")
        self._looking = Lock()

    def every(self) -> Mapping[str, ObservedNode]:
        """Return every node by the name of its host."""
        found = nodes_of_hosts(self._cluster, nodes(self._api))
        self._names = {host: node.name for host, node in found.items()}
        self._looked = self._clock()
        return found

    def name(self, host: str) -> str:
        """Return how a host's node is called; as the host while it has none."""
        if self._asks and host not in self._names:
            self.every()
        return self._names.get(host, host) if self._asks else host

    def awaited(self, host: str) -> str:
        """Return the same for who waits until a node is there, or Ready: another one may have come in its place."""
        with self._looking:
            looks = self._asks and self._clock() - self._looked >= _FRESH_SECONDS
            if looks:  # noted before, as a look that fails is not to be repeated by all who wait
                self._looked = self._clock()
        if looks:
            self.every()
        return self._names.get(host, host)

    def hosts(self) -> Mapping[str, str]:
        """Return the hosts by how their nodes are called; nothing where both have the same name."""
        if self._asks and not self._names:
            self.every()
        return {node: host for host, node in self._names.items()} if self._asks else {}

    def forget(self, host: str) -> None:
        """Look anew for the node of a host, which is deleted."""
        self._names = {name: node for name, node in self._names.items() if name != host}

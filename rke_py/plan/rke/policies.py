"""PodSecurityPolicy, which RKE from 1.6 on dropped at its next run without a word: API servers go on as they run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rke_py.cluster.apiserver_model import POD_SECURITY_POLICY
from rke_py.cluster.model import Cluster
from rke_py.plan.arguments import flag_value
from rke_py.plan.containers import FoundContainer
from rke_py.plan.rke.components.apiserver import LIST_OF_PLUGINS


def with_policies_that_run(cluster: Cluster, servers: Iterable[FoundContainer]) -> Cluster:
    """Return a cluster that begins with no policy because of a key which nobody heeded any more.

    Args:
        cluster: The cluster as wanted, of RKE's own releases.
        servers: The API servers by which to go; where none runs, cluster.yml decides.
    """
    lists = [(*found.spec.entrypoint, *found.spec.command) for found in servers]
    if not lists or any(
        POD_SECURITY_POLICY in (flag_value(words, LIST_OF_PLUGINS) or "").split(",") for words in lists
    ):
        return cluster
    plugins = tuple(plugin for plugin in cluster.api.plugins if plugin != POD_SECURITY_POLICY)
    return replace(cluster, api=replace(cluster.api, plugins=plugins))

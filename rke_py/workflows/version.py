"""``rke-py version``: which Kubernetes the nodes of the cluster run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rke_py.cluster.model import Role
from rke_py.errors import ApiError
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.remembered import running_version


def node_versions(context: Context) -> Mapping[str, str] | None:
    """Return the kubelet version of every node, as the API server has them; None when no cluster was made yet.

    Raises:
        ApiError: No API server answers.
    """
    state = StateStore(context.state_path).read()
    if state is None:
        return None
    cluster = load_cluster(context.config, text=context.text, running_version=running_version(state)).cluster
    doors = replace(cluster, hosts=cluster.with_role(Role.CONTROLPLANE))
    with context.edges.fleet(doors, context) as fleet:
        api = context.edges.access(cluster, fleet, lambda: state.bundle).api
        if not api.ready():
            raise ApiError("no API server of the cluster answers", hint="Look closer with: rke-py status")
        return {name: node.kubelet_version for name, node in api.nodes().items()}

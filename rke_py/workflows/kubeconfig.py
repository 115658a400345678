"""``rke-py kubeconfig``: the operator's way into the cluster, made again from the state."""

from __future__ import annotations

from dataclasses import replace

from rke_py.errors import StateError
from rke_py.pki.kubeconfig import admin_kubeconfig
from rke_py.stores.kubeconfig import write_kubeconfig
from rke_py.stores.statefile import StateStore
from rke_py.workflows.context import Context
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.remembered import existing, running_version

_CA, _ADMIN = "kube-ca", "kube-admin"


def kubeconfig(context: Context, *, server: str = "", write: bool = False) -> str:
    """Return the administrator's kubeconfig; no host is asked.

    Args:
        context: Where cluster.yml and the state are.
        server: URL or name of the API server to write into it, such as a load balancer's; empty for cluster.yml's.
        write: Also write ``kube_config_cluster.yml``.

    Raises:
        UsageError: There is no state, so no cluster was made yet.
        StateError: The state has no certificates for it.
    """
    state = existing(StateStore(context.state_path).read(), context)
    if not {_CA, _ADMIN} <= state.bundle.keys():
        hint = "Run rke-py up: it issues what is missing."
        raise StateError("the administrator's certificate is not in it", where=str(context.state_path), hint=hint)
    cluster = load_cluster(context.config, text=context.text, running_version=running_version(state)).cluster
    if server:
        cluster = replace(cluster, api_server_address=server)
    text = admin_kubeconfig(cluster, state.bundle[_CA], state.bundle[_ADMIN])
    if write:
        write_kubeconfig(context.kubeconfig_path, text)
    return text

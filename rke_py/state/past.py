"""What a state remembers of a cluster's hosts: roles that they may still carry, and hosts that are to leave."""

from __future__ import annotations

from dataclasses import replace

from rke_py.catalog.rke import RELEASE_MARK
from rke_py.cluster.hosts import resolve_host
from rke_py.cluster.model import Cluster, Host, Role
from rke_py.cluster.origin import with_origin
from rke_py.config.rke_json import remembered_node
from rke_py.config.schema import ClusterConfig
from rke_py.state.model import HostRecord, State


def with_past(cluster: Cluster, state: State | None, config: ClusterConfig, home: str) -> Cluster:
    """Return the cluster with the roles that its hosts may carry, and with the hosts that cluster.yml has no more.

    Hosts that were forgotten are left out: nobody waits for them. Whether RKE made the cluster, and whether it is on
    its way out of RKE's releases, is what the state remembers too.

    Args:
        cluster: As cluster.yml has it.
        state: What is remembered; None for a new cluster.
        config: Gives how to log in where a host's own entry does not say.
        home: The operator's home folder.
    """
    records = state.hosts if state else {}
    names = {host.name for host in cluster.hosts}
    known = with_origin(
        cluster,
        runs_rke=RELEASE_MARK in _version(state),
        made_by_rke=state is not None and state.taken_over is not None,
    )
    return replace(
        known,
        hosts=tuple(_as_remembered(host, records.get(host.name)) for host in cluster.hosts),
        leaving=tuple(
            remembered_host(record, config, home)
            for name, record in records.items()
            if name not in names and not record.forgotten
        ),
    )


def waits_to_be_taken_over(state: State) -> bool:
    """Tell whether a state is of a cluster of RKE's with which no run of ours has begun: RKE left it, or a recovery."""
    return state.taken_over is None and RELEASE_MARK in _version(state)


def remembered_host(record: HostRecord, config: ClusterConfig, home: str) -> Host:
    """Return a host as it was, with the roles that it may carry and none that are wanted."""
    node = remembered_node(record.node).model_copy(update={"role": ()})
    return replace(resolve_host(config, node, home), carried=_roles(record))


def _as_remembered(host: Host, record: HostRecord | None) -> Host:
    """Return a host with its past; a machine that was forgotten has none where its name is another one's now."""
    if record is None or record.address == host.address:
        return replace(host, carried=_roles(record))
    return host if record.forgotten else replace(host, carried=_roles(record), moved_from=record.address)


def _version(state: State | None) -> str:
    """Return the version that was last applied in full, empty when there was none."""
    return str(state.configuration.get("kubernetesVersion") or "") if state else ""


def _roles(record: HostRecord | None) -> frozenset[Role]:
    return frozenset(Role(role) for role in record.roles if role in set(Role)) if record else frozenset()

"""Every secret of a cluster, for whoever has to keep them out of what people read."""

from __future__ import annotations

from collections.abc import Iterator

from rke_py.cluster.model import Cluster
from rke_py.state.model import State


def secrets_of(state: State, cluster: Cluster) -> Iterator[str]:
    """Yield every private key, password and token that the state and cluster.yml hold."""
    for credential in state.bundle.values():
        yield credential.key.get_secret_value()
    yield state.encryption
    yield from (registry.password.get_secret_value() for registry in cluster.registries)
    yield from (host.ssh.key.get_secret_value() for host in cluster.hosts)
    if cluster.bastion:
        yield cluster.bastion.key.get_secret_value()

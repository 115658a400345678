"""Proofs that running servers show the certificates that they are to have."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rke_py.cluster.model import Cluster, Host
from rke_py.pki.distribution import uses
from rke_py.pki.rotation import Phase, leaf_names
from rke_py.plan.containers import ContainerSpec
from rke_py.plan.steps import ProveCertificate
from rke_py.state.model import State

_ISSUING = (Phase.DELIVER, Phase.ISSUE, Phase.REPLACE)


def certificate_proofs(
    cluster: Cluster,
    host: Host,
    state: State,
    specs: Iterable[ContainerSpec],
    *,
    written: Collection[str],
    started: Collection[str],
) -> tuple[ProveCertificate, ...]:
    """Return the proofs for some containers of a host that go on running.

    A certificate is proved when its file is written, and in a rotation that issued it until every host was proved once:
    a run before may have written it and waited in vain, or was killed before it looked.

    Args:
        cluster: The cluster as wanted.
        host: The host.
        state: What is remembered, with the rotation under way.
        specs: The containers.
        written: Paths of the files that the same turn writes.
        started: Names of containers that it starts, which read their files then.
    """
    unproven = _unproven(cluster, state)
    shown = [
        use
        for path, use in uses(cluster, host, state.bundle).items()
        if use.live and use.port and (path in written or use.name in unproven)
    ]
    return tuple(
        ProveCertificate(host=host.name, name=spec.name, port=use.port, certificate=use.name)
        for spec in specs
        for use in shown
        if spec.name in use.readers and spec.name not in started
    )


def _unproven(cluster: Cluster, state: State) -> frozenset[str]:
    rotation = state.rotation
    if rotation is None or rotation.reached or rotation.since or rotation.phase not in _ISSUING:
        return frozenset()
    return leaf_names(cluster, rotation.services, state.supplied)

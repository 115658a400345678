"""Whether cluster.yml names hosts as the running cluster does, before a lost state is made again with its names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rke_py.cluster.model import Cluster, Host
from rke_py.errors import Problem
from rke_py.pki.inspect import certificates_in
from rke_py.pki.inventory import inventory
from rke_py.pki.paths import certificate_path
from rke_py.plan.carried import authority_of
from rke_py.plan.node_name import internal_address_of, name_of
from rke_py.plan.observed import ObservedHost
from rke_py.state.model import State

_ELSE = "Or correct the address, where that leads to another machine."


def recovering_problems(cluster: Cluster, authority: str, hosts: Mapping[str, ObservedHost]) -> Iterator[Problem]:
    """Name the hosts whose certificates would be made for another name or address than they have in the cluster.

    A host that does not answer, or that carries nothing of this cluster, cannot be compared.

    Args:
        cluster: As cluster.yml has it.
        authority: The certificates of its CA.
        hosts: As observed.
    """
    for host in cluster.hosts:
        there = hosts[host.name]
        if certificates_in(authority_of(there)) & certificates_in(authority):
            yield from _name(host, there)
            yield from _internal_address(cluster, host, there)


def other_version(asked: str | None, state: State) -> str:
    """Return what to know where cluster.yml asks for another version than the cluster has; else nothing."""
    running = state.configuration.get("kubernetesVersion")
    if not asked or not running or running == asked:
        return ""
    return (
        f"cluster.yml asks for {asked} and the cluster has {running}: write kubernetes_version: {running} "
        "and run the same again, unless the change is meant"
    )


def _name(host: Host, there: ObservedHost) -> Iterator[Problem]:
    name = name_of(there).lower()
    if name not in ("", host.name):
        what = f"the machine at {host.address} is {name} in the running cluster"
        yield Problem(where=host.name, what=what, hint=f"Write for it: hostname_override: {name}. {_ELSE}")


def _internal_address(cluster: Cluster, host: Host, there: ObservedHost) -> Iterator[Problem]:
    """Compare the address, where no certificate on the host is called after it as cluster.yml has it."""
    if "node-ip" in cluster.services.kubelet.flags:
        return  # kubelets tell what their owner wrote
    own = {certificate_path(row.name) for row in inventory(cluster) if row.host == host.name}
    address = "" if own & (there.files or {}).keys() else internal_address_of(there)
    if address.lower() not in ("", host.internal_address.lower()):
        what = f"its internal address is {address} in the running cluster, and {host.internal_address} in cluster.yml"
        yield Problem(where=host.name, what=what, hint=f"Write for it: internal_address: {address}. {_ELSE}")

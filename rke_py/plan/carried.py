"""What a machine carries, said before it is taken away: whose cluster, which node, which components."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from rke_py.pki.inspect import certificates_in, read_certificate
from rke_py.pki.paths import certificate_path
from rke_py.pki.rotation import authorities
from rke_py.plan.checks.words import listed
from rke_py.plan.components.kubelet import NAME as KUBELET
from rke_py.plan.node_name import node_of
from rke_py.plan.observed import ObservedHost
from rke_py.plan.removal import our_containers
from rke_py.state.model import State

_DIGITS = 16
_OF_RKE = "service-sidekick"


def is_ours(host: ObservedHost, state: State | None) -> bool:
    """Tell whether a machine carries the cluster that a state remembers; one of its authorities is enough."""
    return state is not None and bool(certificates_in(authority_of(host)) & authorities(state.bundle, state.rotation))


def is_of_others(host: ObservedHost, state: State | None) -> bool:
    """Tell whether a machine carries a cluster that is not the one that a state remembers."""
    return bool(certificates_in(authority_of(host))) and not is_ours(host, state)


def is_of_rke(host: ObservedHost) -> bool:
    """Tell whether RKE made what a machine carries."""
    return _OF_RKE in host.containers


def told(host: ObservedHost, state: State | None) -> Iterator[str]:
    """Yield lines that say what a machine carries."""
    names = our_containers(host)
    if not names:
        yield f"{host.name}: no container of a cluster; folders, mounts, interfaces and rules that one left"
        return
    yield f"{host.name}: {_whose(host, state)}"
    node = node_of(host) or ("that a cloud named" if KUBELET in names else "")
    if node:
        yield f"{host.name}: the node {node}, with its pods and their local data"
    yield f"{host.name}: the containers {listed(names)}" + (", and etcd's data" if "etcd" in names else "")


def _whose(host: ObservedHost, state: State | None) -> str:
    if is_ours(host, state):
        return "a part of this cluster"
    certificate, maker = read_certificate(authority_of(host)), ", which RKE made" if is_of_rke(host) else ""
    if certificate is None:
        return f"a part of a cluster that nobody can name{maker}, as it has no CA that could be read"
    digest = sha256(authority_of(host).strip().encode()).hexdigest()[:_DIGITS]
    return (
        f"a part of ANOTHER cluster{maker}, whose CA was made on {certificate.not_valid_before_utc:%Y-%m-%d} "
        f"(kube-ca.pem {digest}); that cluster is not told"
    )


def authority_of(host: ObservedHost) -> str:
    """Return the CA's certificates that a machine carries, empty when none could be read."""
    found = (host.files or {}).get(certificate_path("kube-ca"))
    return found.content.decode(errors="replace") if found else ""

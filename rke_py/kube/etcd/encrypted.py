"""How the values that etcd holds are encrypted: an API server puts the key's name before each of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from rke_py.kube.etcd.gateway import Gateway

_PREFIX = re.compile(rb"k8s:enc:[^:]+:v[0-9]+:[^:]*:")

# What API servers do not call in etcd as in the API (pkg/registry of Kubernetes).
_ELSEWHERE = {
    "services": "services/specs",
    "endpoints": "services/endpoints",
    "nodes": "minions",
    "replicationcontrollers": "controllers",
    "ingresses.networking.k8s.io": "ingress",
    "events.events.k8s.io": "events",
}


def places(resource: str, root: str) -> tuple[str, ...]:
    """Return the keys below which the values of a resource may be: of a custom one its group is part of them.

    Args:
        resource: As an EncryptionConfiguration has it: ``secrets``, ``deployments.apps``.
        root: The API servers' ``--etcd-prefix``.
    """
    plural, _, group = resource.partition(".")
    names = [_ELSEWHERE.get(resource, plural), *([f"{group}/{plural}"] if group else [])]
    return tuple(f"{root.rstrip('/')}/{name}/" for name in names)


def prefixes(gateway: Gateway, folders: Iterable[str]) -> Mapping[str, int]:
    """Count the values below some keys by what they begin with; empty for those that are not encrypted."""
    return Counter(prefix_of(value) for folder in folders for _, value in gateway.values(folder))


def prefix_of(value: bytes) -> str:
    """Return what an encrypted value begins with, empty text for one that is not encrypted."""
    found = _PREFIX.match(value)
    return found[0].decode() if found else ""

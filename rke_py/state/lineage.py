"""What tells a cluster that RKE made from every other: its CA."""

from __future__ import annotations

from hashlib import sha256

_LINEAGE = 32


def lineage_of(authority: str) -> str:
    """Return the lineage of the cluster with that CA (PEM): whoever adopts it gets the same."""
    return sha256(authority.strip().encode()).hexdigest()[:_LINEAGE]

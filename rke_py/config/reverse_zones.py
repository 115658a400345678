"""``dns.reversecidrs`` → the zones in which addresses have their names (RFC 1035 §3.5, RFC 3596 §2.5)."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

WHOLE_REVERSE = ("in-addr.arpa", "ip6.arpa")


def reverse_zones(entries: Iterable[str]) -> tuple[str, ...]:
    """Return the zones by name, each once; all of both IP versions when there are no entries.

    A range whose length does not end a label is several zones: ``10.64.0.0/10`` is 64 of them.

    Args:
        entries: Ranges and names of zones; RKE wants several of them in one entry.
    """
    zones = tuple(dict.fromkeys(zone for entry in entries for word in entry.split() for zone in _zones(word)))
    return zones or WHOLE_REVERSE


def _zones(word: str) -> tuple[str, ...]:
    if "/" not in word:
        return (word.lower().rstrip("."),)
    subnet = ip_network(word, strict=False)
    bits, suffix = (8, "in-addr.arpa") if subnet.version == 4 else (4, "ip6.arpa")
    whole = -(-subnet.prefixlen // bits)
    parts = subnet.subnets(new_prefix=whole * bits)
    return tuple(_named(part.network_address.reverse_pointer, whole, suffix) for part in parts)


def _named(pointer: str, labels: int, suffix: str) -> str:
    """Return a pointer without what stands for single addresses: the last ``labels`` labels before the suffix."""
    own = pointer.removesuffix(f".{suffix}").split(".")
    return ".".join([*own[len(own) - labels :], suffix])

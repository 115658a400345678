"""What lab is wanted: hosts, roles, addresses. Pure: no Docker, no files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from .errors import LabError

ROLES = ("controlplane", "etcd", "worker")
ALL_ROLES = "all"
FIRST_ADDRESS = 11
REGISTRY_ADDRESS = 2
_BLOCKS = IPv4Network("172.30.0.0/16")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """One host of a lab."""

    name: str
    address: IPv4Address
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallDisk:
    """A disk of a fixed size, mounted on a folder of one host."""

    host: str
    path: str = "/var/lib/etcd"
    megabytes: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSpec:
    """A lab: its network and its hosts.

    Attributes:
        subnet: A /24; ``.1`` is this machine, ``.2`` the registry.
        docker_cli: Names of the hosts that have Docker's client program.
        seconds: How long it lives; 0 for as long as nobody takes it down.
    """

    name: str
    subnet: IPv4Network
    hosts: tuple[HostSpec, ...]
    docker_cli: tuple[str, ...] = ()
    small_disks: tuple[SmallDisk, ...] = ()
    seconds: int = 0

    @property
    def gateway(self) -> IPv4Address:
        """This machine's address on the lab's network."""
        return self.subnet.network_address + 1

    @property
    def registry(self) -> IPv4Address:
        """The registry's address on the lab's network."""
        return self.subnet.network_address + REGISTRY_ADDRESS


def checked_name(name: str) -> str:
    """Return a lab's name if it can be part of a container's name."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
        raise LabError(f"{name!r} cannot be a lab's name", hint="small letters, digits and dashes, a letter first")
    return name


def usual_roles(count: int) -> tuple[tuple[str, ...], ...]:
    """Return the roles of so many hosts: at most three have all, in an odd number; the rest are workers."""
    full = min(count - 1 + count % 2, 3) if count else 0
    return (*((ROLES,) * full), *((("worker",),) * (count - full)))


def parsed_roles(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the roles in ``all,controlplane+etcd,worker``: commas between hosts, ``+`` between roles."""
    return tuple(_roles_of(host) for host in text.split(","))


def _roles_of(text: str) -> tuple[str, ...]:
    if text == ALL_ROLES:
        return ROLES
    wanted = text.split("+")
    unknown = [role for role in wanted if role not in ROLES]
    if unknown:
        raise LabError(f"{unknown[0]!r} is not a role", hint=f"use: {ALL_ROLES}, {', '.join(ROLES)}, joined by +")
    return tuple(role for role in ROLES if role in wanted)


def subnets(name: str) -> Iterator[IPv4Network]:
    """Yield the networks a lab may have, beginning with one that follows from its name.

    The first of all comes last: hosts that have to have addresses of their own, as certificates name them, are there.
    """
    kept, *blocks = _BLOCKS.subnets(new_prefix=24)
    first = hashlib.sha256(name.encode()).digest()[0] % len(blocks)
    yield from (*blocks[first:], *blocks[:first], kept)


def subnet_of(addresses: Sequence[IPv4Address]) -> IPv4Network:
    """Return the /24 that all addresses are in."""
    network = IPv4Network(f"{addresses[0]}/24", strict=False)
    outside = [address for address in addresses if address not in network]
    if outside:
        raise LabError(f"{outside[0]} is not in {network}", hint="all hosts of a lab are in one /24")
    return network


def hosts(
    roles: Sequence[tuple[str, ...]],
    subnet: IPv4Network,
    addresses: Sequence[IPv4Address] = (),
    names: Sequence[str] = (),
) -> tuple[HostSpec, ...]:
    """Return hosts with their roles and addresses.

    Args:
        roles: One entry a host.
        subnet: Where addresses are taken from, ``.11`` on, when none are given.
        addresses: One a host, or none at all.
        names: One a host, or none at all for n1, n2, …
    """
    chosen = list(addresses) or [subnet.network_address + FIRST_ADDRESS + number for number in range(len(roles))]
    if len(chosen) != len(roles):
        raise LabError(f"{len(roles)} hosts but {len(chosen)} addresses")
    called = [checked_name(name) for name in names] or [f"n{number}" for number in range(1, len(roles) + 1)]
    if len(called) != len(roles) or len(set(called)) != len(called):
        raise LabError(f"{len(roles)} hosts but {len(set(called))} names")
    return tuple(
        HostSpec(name=name, address=address, roles=own)
        for name, address, own in zip(called, chosen, roles, strict=True)
    )


def parsed_small_disk(text: str) -> SmallDisk:
    """Return the disk in ``HOST[:PATH[:MEGABYTES]]``."""
    host, _, rest = text.partition(":")
    path, _, size = rest.partition(":")
    if size and not size.isdigit():
        raise LabError(f"{size!r} is not a number of megabytes", hint="--small-disk n1:/var/lib/etcd:256")
    usual = SmallDisk(host=host)
    return SmallDisk(host=host, path=path or usual.path, megabytes=int(size) if size else usual.megabytes)

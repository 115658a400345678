"""Secrets as API servers write them to etcd and read them there, each with the keys it knew at its start."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import cycle
from typing import TYPE_CHECKING

from rke_py.pki.encryption import UNENCRYPTED, Key, keys_of

from . import programs

if TYPE_CHECKING:
    from .container import Container
    from .world import World


def keys(server: Container) -> tuple[Key, ...]:
    """Return the keys of an API server, the one that it writes with first."""
    path = server.flag("encryption-provider-config") or ""
    return _read(server.loaded.get(path, b""))


@lru_cache(maxsize=100)
def _read(text: bytes) -> tuple[Key, ...]:
    return keys_of(text.decode()).get("secrets", (UNENCRYPTED,))


def write(server: Container, name: str) -> None:
    """Write a Secret through an API server, when etcd lets it."""
    group = server.program.storage(server) if isinstance(server.program, programs.ApiServer) else None
    if group is not None:
        group.store.secrets[name] = keys(server)[0].prefix


def write_always(world: World) -> None:
    """Let somebody write a Secret with every call of rke-py's; each one has to be readable everywhere at once."""
    turns = cycle(world.machines.values())

    def write_next() -> None:
        with world.lock:
            server = next(turns).running("kube-apiserver")
            if server is None or not isinstance(server.program, programs.ApiServer):
                return
            group = server.program.storage(server)
            number = len(group.store.secrets) % 7 if group else 0
            write(server, f"new-{number}")
            world.laws.violations += unreadable(world)

    world.calls.on(lambda _call: True, write_next, times=10**9)


def unreadable(world: World) -> Iterator[str]:
    """Yield what API servers that run cannot read; data that a restore prepares or put aside are nobody's to read."""
    used = [machine.etcd_data.group for machine in world.with_etcd_data() if machine.etcd_data]
    for machine in world.machines.values():
        server = machine.running("kube-apiserver")
        if server is None or not isinstance(server.program, programs.ApiServer):
            continue
        known = {key.prefix for key in keys(server)}
        for group in filter(used.__contains__, world.groups):
            for name, prefix in group.store.secrets.items():
                if prefix not in known:
                    yield f"the API server of {machine.name} cannot read the Secret {name} under {prefix or 'no key'}"

"""What the tools container's commands of a restore do to a simulated machine (``rke_py/tools/restoring.py``)."""

from __future__ import annotations

import copy
import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rke_py.tools.__main__ import parser
from rke_py.tools.files import SNAPSHOTS

from .etcd import Group, Member, MemberData

if TYPE_CHECKING:
    from .machine import Machine
    from .world import World

_ROOM = 1 << 40


def content_of(machine: Machine, name: str) -> bytes:
    """Return the bytes of a snapshot that a member takes: each member's is another file."""
    database = f"{machine.name} {name} {machine.world.now}".encode()
    return database + hashlib.sha256(database).digest()


def digest_of(content: bytes) -> str:
    """Return the checksum that a snapshot carries at its end."""
    return content[-hashlib.sha256().digest_size :].hex()


def look(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    given = parser().parse_args(["look-at-restore", *words])
    there = machine.snapshots.get(f"{SNAPSHOTS}/{given.name}")
    kept = None if there and there.archive else there
    room = 0 if machine.disk_full else _ROOM
    prepared, in_place = given.token in machine.prepared, _in_place(machine, given.token)
    return {
        "manifest": kept.manifest if kept else None,
        "sha256": digest_of(kept.content) if kept and kept.whole else None,
        "size": len(kept.content) if kept else 0,
        "fault": "the snapshot is not whole" if kept and not kept.whole else "",
        "archive": kept is not there,
        "member": machine.etcd_data is not None,
        "prepared": prepared,
        "half": prepared and given.token in machine.replaced,
        "in_place": in_place,
        "old": machine.replaced.get(given.token) is not None or (machine.etcd_data is not None and not in_place),
        "room": room,
        "snapshot_room": room,
        "one_disk": True,
    }


def unpack(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    given = parser().parse_args(["unpack-snapshot", *words])
    path = f"{SNAPSHOTS}/{given.name}"
    kept = machine.snapshots[path]
    if not kept.whole:
        return {"error": f"{given.name}.zip is not a whole archive"}
    read = {"name": given.name, "revision": 100, "time": "2026-11-02T09:00:00+00:00", "lineage": "", **kept.manifest}
    machine.snapshots[path] = replace(kept, archive=False, manifest=read)
    return read


def prepare(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    given = parser().parse_args(["prepare-restore", *words])
    if given.token in machine.prepared or _in_place(machine, given.token):
        return {"prepared": given.token}
    kept = machine.snapshots.get(f"{SNAPSHOTS}/{given.name}")
    if machine.disk_full:
        return {"error": "write /var/lib/etcd: no space left on device"}
    if kept is None or not kept.whole or digest_of(kept.content) != given.sha256:
        return {"error": f"the snapshot {given.name} is not the one with the checksum {given.sha256}"}
    if kept.store is None:
        raise AssertionError("a snapshot holds a store")
    members = dict(pair.split("=", 1) for pair in given.members.split(","))
    group = _group(machine.world, given.token, members) or _new(machine.world, given.token, members, kept.store)
    own = next(member for member in group.members.values() if member.name == given.member)
    machine.prepared = {given.token: MemberData(group, own.id)}
    machine.snapshots = {path: kept for path, kept in machine.snapshots.items() if "/restoring-" not in path}
    return {"prepared": given.token}


def put_in_place(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    token = words[words.index("--token") + 1]
    if _in_place(machine, token):
        return {"in_place": token}
    if token not in machine.prepared:
        return {"error": f"nothing was prepared for the restore {token}"}
    _must_not_run(machine)
    if token not in machine.replaced:
        machine.replaced[token] = machine.etcd_data
    machine.etcd_data = machine.prepared.pop(token)
    return {"in_place": token}


def put_back(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    token = words[words.index("--token") + 1]
    machine.prepared.clear()
    machine.snapshots = {path: kept for path, kept in machine.snapshots.items() if "/restoring-" not in path}
    if token in machine.replaced:
        _must_not_run(machine)
        machine.etcd_data = machine.replaced.pop(token)
    return {"had_been_in_place": True}


def read_state(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    kept = machine.snapshots.get(f"{SNAPSHOTS}/{words[0]}")
    return {"state": b64encode(kept.state).decode() if kept and kept.state else None}


def keep(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    token = words[words.index("--token") + 1]
    _must_not_run(machine)
    machine.replaced.setdefault(token, machine.etcd_data)
    return {"kept": token}


def prune(machine: Machine, words: Sequence[str]) -> dict[str, object]:
    keep = int(words[words.index("--keep") + 1])
    gone = sorted(machine.replaced)[: max(0, len(machine.replaced) - keep)]
    for token in gone:
        del machine.replaced[token]
    return {"dropped": gone}


COMMANDS: Mapping[str, Callable[[Machine, Sequence[str]], dict[str, object]]] = {
    "look-at-restore": look,
    "unpack-snapshot": unpack,
    "prepare-restore": prepare,
    "put-in-place": put_in_place,
    "put-back": put_back,
    "prune-replaced": prune,
    "keep-member-data": keep,
    "read-state": read_state,
}


def _in_place(machine: Machine, token: str) -> bool:
    return token in machine.replaced and token not in machine.prepared


def _must_not_run(machine: Machine) -> None:
    if machine.running("etcd"):
        machine.world.laws.broken(f"etcd's data were moved on {machine.name} while it ran")


def _group(world: World, token: str, members: Mapping[str, str]) -> Group | None:
    """Return the cluster of that token; its id follows from its token and its members, as etcdutl makes it."""
    return next(
        (group for group in world.groups if group.token == token and group.named == tuple(members.items())), None
    )


def _new(world: World, token: str, members: Mapping[str, str], store: object) -> Group:
    group = Group(id=world.new_id(), token=token, named=tuple(members.items()), store=copy.deepcopy(store))
    for name, url in members.items():
        member = Member(id=world.new_id(), peer_url=url, name=name)
        group.members[member.id] = member
    world.groups.append(group)
    return group

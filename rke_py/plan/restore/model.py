"""A snapshot to restore, and what the members' hosts have of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rke_py.plan.conventions import SNAPSHOT_FOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundData:
    """What a member's host has of a snapshot and of its restore (``rke_py/tools/restoring.look``).

    Attributes:
        manifest: Of the snapshot of that name there; None without one.
        sha256: Its checksum, looked up in the file; None without a file, or when ``fault`` says that it is not whole.
        size: Bytes of the file.
        member: Whether etcd has data there now.
        prepared, half, in_place: How far the restore came; ``half`` is between the two, with the old data aside.
        old: Whether there are data from before the restore, in use or aside.
        archive: Whether one of RKE's archives of that name lies there, and nothing that was taken out of it.
        room, snapshot_room: Free bytes for data and for snapshots; the same ones on ``one_disk``.
    """

    manifest: Mapping[str, object] | None = None
    sha256: str | None = None
    size: int = 0
    fault: str = ""
    archive: bool = False
    member: bool = False
    prepared: bool = False
    half: bool = False
    in_place: bool = False
    old: bool = False
    room: int = 0
    snapshot_room: int = 0
    one_disk: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The one file that every member's data are made of.

    Each member's own snapshot of one name is another file, and may be of another revision: members that began with
    different data would stay different.

    Attributes:
        name: What it is called, without an ending.
        size, sha256: Of the file.
        manifest: What is known of it; empty for a file that came without one.
        holders: Hosts that have this very file under its name.
        source: The host that gives it to the others; empty for the operator's own file.
    """

    name: str
    size: int
    sha256: str
    manifest: Mapping[str, object] = field(default_factory=dict)
    holders: frozenset[str] = frozenset()
    source: str = ""

    def told(self, key: str) -> str:
        """Return what its manifest says; empty when it says nothing."""
        return str(self.manifest.get(key) or "")

    @property
    def encrypted(self) -> Mapping[str, tuple[str, ...]] | None:
        """What its values begin with in etcd, by resource; None when its manifest does not say."""
        found = self.manifest.get("encrypted")
        if not isinstance(found, dict):
            return None
        return {str(resource): tuple(map(str, begin)) for resource, begin in found.items()}

    def names(self, key: str) -> frozenset[str]:
        """Return a list in its manifest; empty when it says nothing."""
        found = self.manifest.get(key)
        return frozenset(map(str, found)) if isinstance(found, list | tuple) else frozenset()


def snapshot_path(name: str) -> str:
    """Return where a snapshot's database lies on a host."""
    return f"{SNAPSHOT_FOLDER}/{name}.db"


def brought_name(token: str) -> str:
    """Return what a snapshot is called on a host to which it is brought for a restore, until its data are prepared."""
    return f"restoring-{token}"


def best(name: str, found: Mapping[str, FoundData]) -> Snapshot | None:
    """Return the best snapshot of a name: whole, with a manifest, of the highest revision; None when there is none."""
    whole = {host: data for host, data in found.items() if data.sha256 and data.manifest}
    if not whole:
        return None
    source = max(whole, key=lambda host: int(str((whole[host].manifest or {}).get("revision", 0))))
    chosen = whole[source]
    return Snapshot(
        name=name,
        size=chosen.size,
        sha256=chosen.sha256 or "",
        manifest=chosen.manifest or {},
        holders=frozenset(host for host, data in whole.items() if data.sha256 == chosen.sha256),
        source=source,
    )

"""A snapshot on its way into an etcd member's data directory: prepared beside what is there, then put in its place.

Beside ``member``, which etcd reads, lie for a restore with the id ID:

- ``restored-ID/member``: the snapshot as a member's data, made while the old member still ran;
- ``replaced-ID/member``: what was there before; the folder is empty on a host that had nothing.

Each move is one rename, and what lies where tells how far it came, forwards and back, whenever the power went.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rke_py.tools.errors import ToolError
from rke_py.tools.etcd_line import PROGRAMS
from rke_py.tools.rke_archive import of_rke
from rke_py.tools.snapshot_folder import DATA, MANIFEST, embedded_digest, manifest_of

_SPARE = 64 << 20
"""Bytes that stay free beside a copy: the next file of the write-ahead log."""

_PREPARED, _UNFINISHED, _REPLACED = "restored-", "restoring-", "replaced-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Whose data a snapshot becomes.

    Attributes:
        name: The member's.
        peer: Where the other members reach it.
        members: All members of the new cluster: ``etcd-n1=https://10.0.0.1:2380,...``.
        token: The new cluster's; also the id of the restore.
        bump: By how much revisions go up, so that no client ever sees one a second time.
    """

    name: str
    peer: str
    members: str
    token: str
    bump: int


class Restorer(Protocol):
    """Makes a member's data of a snapshot."""

    def restore(self, snapshot: Path, into: Path, membership: Membership) -> None:
        """Write ``into/member``; checks the snapshot's checksum by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Etcdutl:
    """etcdutl of one line: ``3.6``."""

    line: str

    def restore(self, snapshot: Path, into: Path, membership: Membership) -> None:
        """Write ``into/member``; what watches hold from before is refused, since all of it counts as compacted."""
        words = ["--name", membership.name, "--initial-advertise-peer-urls", membership.peer]
        words += ["--initial-cluster", membership.members, "--initial-cluster-token", membership.token]
        words += ["--bump-revision", str(membership.bump), "--mark-compacted", "--data-dir", str(into)]
        command = [str(PROGRAMS / self.line / "etcdutl"), "snapshot", "restore", str(snapshot), *words]
        subprocess.run(command, capture_output=True, text=True, check=True)


@dataclass(frozen=True, slots=True)
class Places:
    """Where a restore's data lie on a host."""

    data: Path
    token: str

    @property
    def member(self) -> Path:
        """What etcd reads."""
        return self.data / "member"

    @property
    def prepared(self) -> Path:
        """The folder of what is to be put in its place."""
        return self.data / f"{_PREPARED}{self.token}"

    @property
    def replaced(self) -> Path:
        """The folder of what was there before."""
        return self.data / f"{_REPLACED}{self.token}"

    @property
    def is_prepared(self) -> bool:
        """True while the new data wait beside the member's place."""
        return (self.prepared / "member").is_dir()

    @property
    def in_place(self) -> bool:
        """True once etcd would read the new data."""
        return self.replaced.is_dir() and not self.is_prepared


def look(name: str, token: str, data: Path, snapshots: Path) -> dict[str, Any]:
    """Tell what a host has of a snapshot and of a restore.

    Returns:
        ``manifest`` and ``sha256`` of the snapshot (null without one), ``fault`` when it is not whole, ``size`` of its
        file, ``archive`` when there is only RKE's, in its archive or as a plain file; how far the restore came in
        ``member``, ``prepared``, ``half``, ``in_place`` and ``old``; free bytes for data in ``room`` and for snapshots
        in ``snapshot_room``, and whether both are on ``one_disk``.
    """
    places, path = Places(data, token), snapshots / (name + DATA)
    found: dict[str, Any] = {"manifest": None, "sha256": None, "size": 0, "fault": "", "archive": False}
    if path.is_file():
        found |= {"manifest": manifest_of(name, snapshots), "size": path.stat().st_size}
        try:
            found["sha256"] = embedded_digest(path)
        except ToolError as error:
            found["fault"] = str(error)
        told = (found["manifest"] or {}).get("sha256")
        if told and found["sha256"] and told != found["sha256"]:
            found |= {"fault": f"it is another file than {name}{MANIFEST} tells of", "sha256": None}
    else:
        found["archive"] = of_rke(snapshots, name) is not None
    return found | {
        "member": places.member.is_dir(),
        "prepared": places.is_prepared,
        "half": places.is_prepared and places.replaced.is_dir(),
        "in_place": places.in_place,
        "old": (places.replaced / "member").is_dir() or (places.member.is_dir() and not places.in_place),
        "room": _free(data),
        "snapshot_room": _free(snapshots),
        "one_disk": data.stat().st_dev == snapshots.stat().st_dev,
    }


def prepare(name: str, sha256: str, membership: Membership, restorer: Restorer, data: Path, snapshots: Path) -> None:
    """Make a member's data of a snapshot, beside what is there; what earlier attempts left is removed first.

    A snapshot that was only brought here for this goes once its data are there.

    Raises:
        ToolError: There is no such snapshot, it is not whole, or not the one with that checksum.
    """
    places, unfinished = Places(data, membership.token), data / f"{_UNFINISHED}{membership.token}"
    if places.is_prepared or places.in_place:
        return
    snapshot = snapshots / (name + DATA)
    if not snapshot.is_file():
        raise ToolError(f"there is no snapshot {name}")
    if embedded_digest(snapshot) != sha256:
        raise ToolError(f"the snapshot {name} is not the one with the checksum {sha256}")
    data.chmod(0o700)
    _drop_unused(data)
    restorer.restore(snapshot, unfinished, membership)
    os.sync()
    unfinished.rename(places.prepared)
    _sync(data)
    _drop_brought(snapshots)


def put_in_place(token: str, data: Path) -> None:
    """Move what etcd read aside and the prepared data in its place; etcd must not run.

    Raises:
        ToolError: Nothing was prepared.
    """
    places = Places(data, token)
    if places.in_place:
        return
    if not places.is_prepared:
        raise ToolError(f"nothing was prepared for the restore {token}")
    places.replaced.mkdir(mode=0o700, exist_ok=True)
    if places.member.is_dir():
        _move(places.member, places.replaced / "member")
    _move(places.prepared / "member", places.member)
    places.prepared.rmdir()
    _sync(data)


def put_back(token: str, data: Path, snapshots: Path) -> bool:
    """Move the old data back and drop the new ones, and tell whether those had been in their place; see above.

    A snapshot that was only brought for the restore goes too.
    """
    places = Places(data, token)
    was_in_place = places.in_place
    if was_in_place and places.member.is_dir():
        places.prepared.mkdir(mode=0o700, exist_ok=True)
        _move(places.member, places.prepared / "member")
    if (places.replaced / "member").is_dir():
        _move(places.replaced / "member", places.member)
    if places.replaced.is_dir():
        places.replaced.rmdir()
        _sync(data)
    _drop_unused(data)
    _drop_brought(snapshots)
    return was_in_place


def keep_member(token: str, data: Path) -> None:
    """Copy what etcd reads aside, as if a restore had replaced it; it must not run.

    Raises:
        ToolError: There is no room for a copy.
    """
    places, unfinished = Places(data, token), data / f"{_UNFINISHED}{token}"
    if places.replaced.is_dir():
        return
    _drop_unused(data)
    needed = bytes_in(places.member) + _SPARE
    if _free(data) < needed:
        raise ToolError(f"{data} has room for {_free(data) >> 20} MiB, and a copy needs {needed >> 20} MiB")
    shutil.copytree(places.member, unfinished / "member")
    os.sync()
    unfinished.rename(places.replaced)
    _sync(data)


def bytes_in(member: Path) -> int:
    """Return how many bytes a member's files have; one that etcd drops meanwhile has none."""
    found = 0
    for path in member.rglob("*"):
        with suppress(FileNotFoundError):
            found += path.stat().st_size if path.is_file() else 0
    return found


def prune(keep: int, data: Path) -> tuple[str, ...]:
    """Drop the oldest of the data that restores replaced, and return their names; ids begin with their time."""
    old = sorted(path for path in data.glob(f"{_REPLACED}*") if path.is_dir())
    gone = old[: max(0, len(old) - keep)]
    for path in gone:
        shutil.rmtree(path)
    return tuple(path.name for path in gone)


def _drop_unused(data: Path) -> None:
    """Drop what was prepared, or half prepared, and is not in its place."""
    for beginning in (_PREPARED, _UNFINISHED):
        for path in data.glob(f"{beginning}*"):
            shutil.rmtree(path)


def _drop_brought(snapshots: Path) -> None:
    """Drop snapshots that were brought here for a restore alone, which have no manifest."""
    for brought in snapshots.glob(f"{_UNFINISHED}*{DATA}"):
        if not brought.with_suffix(MANIFEST).exists():
            brought.unlink()


def _move(source: Path, target: Path) -> None:
    """Move a folder for good: the move is on the disk when this returns."""
    source.rename(target)
    _sync(target.parent)
    _sync(source.parent)


def _free(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

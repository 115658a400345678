"""Snapshots of an etcd member on its own host: taken, verified where they lie, described, and the oldest ones dropped.

``NAME.db`` is the database with its SHA-256 behind it, as ``etcdutl snapshot restore`` takes it; ``NAME.json`` is its
manifest; ``NAME.rkestate`` the state of that time, encrypted, where there was a key. A database gets its name only once
it was verified, so every ``.db`` with a manifest is one to trust.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rke_py.tools.errors import ToolError
from rke_py.tools.etcd_line import Contents, Etcd, Manifest, Member
from rke_py.tools.rke_archive import write_archive
from rke_py.tools.snapshot_folder import (
    ARCHIVE,
    DATA,
    DIGEST,
    MANIFEST,
    STATE,
    UNVERIFIED,
    Kind,
    delete,
    embedded_digest,
    is_whole,
    kind_of,
    locked,
    manifests,
    need_room,
    sync,
    write,
)

_EMPTY = 1
"""The revision that a member tells before its first key; etcd's program finds none in a snapshot of it."""


def save(
    name: str,
    etcd: Etcd,
    about: Mapping[str, Any],
    folder: Path,
    keep: int = 0,
    state: bytes | None = None,
    *,
    rke_format: bool = False,
) -> Manifest:
    """Take a snapshot of this host's member, verify it, and return its manifest.

    Args:
        name: What it is called.
        etcd: The member.
        about: What the caller knows: ``lineage``, ``kubernetes``, ``member``, ``time``, ``automatic``,
            ``encryption_keys``; ``recurring`` for one of those.
        folder: Where snapshots lie.
        keep: How many of its kind stay of this cluster, the newest; 0 keeps all.
        state: The state to keep beside it, encrypted; None for none.
        rke_format: Write it as an archive of RKE's too.

    Raises:
        ToolError: There is one of that name, no room, or it is not a whole and recent one.
    """
    with locked(folder):
        return _save(name, etcd, about, folder, keep, state, rke_format)


def _save(
    name: str,
    etcd: Etcd,
    about: Mapping[str, Any],
    folder: Path,
    keep: int,
    state: bytes | None,
    rke_format: bool,
) -> Manifest:
    os.chmod(folder, 0o700)  # a snapshot holds every Secret
    _drop_unverified(folder)
    if (folder / (name + DATA)).exists():
        raise ToolError(f"there is a snapshot {name} already")
    path = folder / (name + UNVERIFIED)
    try:
        found = _taken(path, etcd, str(about["lineage"]), copies=2 if rke_format else 1)
        sealed = hashlib.sha256(state).hexdigest() if state else None
        manifest = {"version": 1, "name": name, **about, **found, "state": sealed}
        (folder / (name + STATE)).unlink(missing_ok=True)
        if state:
            write(folder / (name + STATE), state)
        write(folder / (name + MANIFEST), (json.dumps(manifest, indent=2) + "\n").encode())
        sync(path)
        path.rename(folder / (name + DATA))
        if rke_format:
            write_archive(folder / (name + ARCHIVE), name, folder / (name + DATA))
    finally:
        _drop_unverified(folder)  # etcd writes to this disk too
    sync(folder)
    if keep:
        prune(folder, about["lineage"], {kind_of(manifest): keep})
    return manifest


def _drop_unverified(folder: Path) -> None:
    """Remove what was not verified; etcdctl writes into a file of the second kind."""
    for pattern in (f"*{UNVERIFIED}", f"*{UNVERIFIED}.part"):
        for left in folder.glob(pattern):
            left.unlink()


def _taken(path: Path, etcd: Etcd, lineage: str, *, copies: int) -> Manifest:
    """Have the member's database written into a file, and return what was found in it."""
    before = etcd.member()
    need_room(path.parent, before.size * copies)
    etcd.save(path)
    os.chmod(path, 0o600)
    digest = embedded_digest(path)
    contents = etcd.contents(path)
    _check(path, contents, before, etcd.member(), _known(path.parent, lineage))
    return {
        "cluster": before.cluster,
        "etcd": before.version,
        "revision": contents.revision,
        "keys": contents.keys,
        "line": contents.line,
        "hash": contents.digest,
        "sha256": digest,
        "size": path.stat().st_size,
    }


def _check(path: Path, contents: Contents, before: Member, after: Member, known: tuple[Manifest, ...]) -> None:
    """Compare with what the member told around it, and with its own earlier snapshots."""
    size = path.stat().st_size - DIGEST
    if size < min(before.size, after.size):
        raise ToolError(f"the snapshot has {size} bytes, and the database has {min(before.size, after.size)}")
    earlier = max(
        (int(manifest["revision"]) for manifest in known if manifest.get("cluster") == before.cluster), default=0
    )
    newest = max(before.revision if before.revision > _EMPTY else 0, earlier)
    if contents.revision < newest:
        raise ToolError(f"the snapshot is of revision {contents.revision}, older than {newest}, which there was before")


def _known(folder: Path, lineage: str) -> tuple[Manifest, ...]:
    return tuple(manifest for manifest in manifests(folder) if manifest["lineage"] == lineage)


def prune(folder: Path, lineage: str, keep: Mapping[Kind, int]) -> tuple[str, ...]:
    """Drop the oldest snapshots of a cluster, each kind by its own count; return the names of those that went.

    Only whole ones count: each is read before another goes for its sake. One that is damaged pushes none out, and stays
    for somebody to look at.

    Args:
        folder: Where snapshots lie.
        lineage: The cluster; snapshots of others stay.
        keep: For each kind how many stay; a kind that is missing keeps all.
    """
    known = _known(folder, lineage)
    gone: list[str] = []
    for kind, number in keep.items():
        ours = [manifest for manifest in known if kind_of(manifest) is kind]
        if len(ours) <= number:
            continue
        whole = [manifest for manifest in ours if is_whole(folder, manifest)]
        gone += [str(manifest["name"]) for manifest in whole[: max(0, len(whole) - number)]]
    for name in gone:
        delete(folder, name)
    return tuple(gone)

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

DATA, MANIFEST, STATE = ".db", ".json", ".rkestate"
_UNVERIFIED = ".unverified"
_DIGEST = hashlib.sha256().digest_size
_PIECE = 1 << 20
_SPARE = 64 << 20
"""Bytes that stay free beside a snapshot: a full disk stops an etcd that shares it."""


def save(
    name: str, etcd: Etcd, about: Mapping[str, Any], folder: Path, keep: int = 0, state: bytes | None = None
) -> Manifest:
    """Take a snapshot of this host's member, verify it, and return its manifest.

    Args:
        name: What it is called.
        etcd: The member.
        about: What the caller knows: ``lineage``, ``kubernetes``, ``member``, ``time``, ``automatic``,
            ``encryption_keys``.
        folder: Where snapshots lie.
        keep: How many automatic ones of this cluster stay, the newest; 0 keeps all.
        state: The state to keep beside it, encrypted; None for none.

    Raises:
        ToolError: There is one of that name, no room, or it is not a whole and recent one.
    """
    os.chmod(folder, 0o700)  # a snapshot holds every Secret
    for left in folder.glob(f"*{_UNVERIFIED}*"):
        left.unlink()
    if (folder / (name + DATA)).exists():
        raise ToolError(f"there is a snapshot {name} already")
    before = etcd.member()
    _need_room(folder, before.size)
    path = folder / (name + _UNVERIFIED)
    etcd.save(path)
    os.chmod(path, 0o600)
    digest = digest_of(path)
    contents = etcd.contents(path)
    _check(path, contents, before, etcd.member(), _known(folder, about["lineage"]))
    manifest = {
        "version": 1,
        "name": name,
        **about,
        "cluster": before.cluster,
        "etcd": before.version,
        "revision": contents.revision,
        "keys": contents.keys,
        "hash": contents.digest,
        "sha256": digest,
        "size": path.stat().st_size,
        "state": hashlib.sha256(state).hexdigest() if state else None,
    }
    (folder / (name + STATE)).unlink(missing_ok=True)
    if state:
        _write(folder / (name + STATE), state)
    _write(folder / (name + MANIFEST), (json.dumps(manifest, indent=2) + "\n").encode())
    _sync(path)
    path.rename(folder / (name + DATA))
    _sync(folder)
    if keep:
        _prune(folder, about["lineage"], keep)
    return manifest


def manifests(folder: Path) -> tuple[Manifest, ...]:
    """Return the manifests of all verified snapshots, the oldest first; what cannot be read is none of ours."""
    found = (manifest_of(path.name.removesuffix(MANIFEST), folder) for path in folder.glob(f"*{MANIFEST}"))
    there = (manifest for manifest in found if manifest and (folder / f"{manifest['name']}{DATA}").exists())
    return tuple(sorted(there, key=lambda manifest: str(manifest["time"])))


def manifest_of(name: str, folder: Path) -> Manifest | None:
    """Return the manifest of a snapshot, None when there is none or it cannot be read."""
    try:
        manifest = json.loads((folder / (name + MANIFEST)).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and {"name", "lineage", "time"} <= manifest.keys() else None


def _need_room(folder: Path, size: int) -> None:
    disk = os.statvfs(folder)
    free, needed = disk.f_bavail * disk.f_frsize, size + _SPARE
    if free < needed:
        raise ToolError(f"{folder} has room for {free >> 20} MiB, and a snapshot needs {needed >> 20} MiB")


def digest_of(path: Path) -> str:
    """Return the SHA-256 that etcd put behind its database; raise ToolError when that is another one."""
    left = path.stat().st_size - _DIGEST
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while left > 0:
            piece = file.read(min(_PIECE, left))
            if not piece:
                break
            digest.update(piece)
            left -= len(piece)
        if left or file.read() != digest.digest():
            raise ToolError("the snapshot is not whole: its checksum does not fit its content")
    return digest.hexdigest()


def _check(path: Path, contents: Contents, before: Member, after: Member, known: tuple[Manifest, ...]) -> None:
    """Compare with what the member told around it, and with its own earlier snapshots."""
    size = path.stat().st_size - _DIGEST
    if size < min(before.size, after.size):
        raise ToolError(f"the snapshot has {size} bytes, and the database has {min(before.size, after.size)}")
    earlier = max((int(manifest["revision"]) for manifest in known if manifest["cluster"] == before.cluster), default=0)
    newest = max(before.revision, earlier)
    if contents.revision < newest:
        raise ToolError(f"the snapshot is of revision {contents.revision}, older than {newest}, which there was before")


def _known(folder: Path, lineage: str) -> tuple[Manifest, ...]:
    return tuple(manifest for manifest in manifests(folder) if manifest["lineage"] == lineage)


def _prune(folder: Path, lineage: str, keep: int) -> None:
    """Drop the oldest automatic snapshots of this cluster; those that somebody asked for stay."""
    automatic = [manifest for manifest in _known(folder, lineage) if manifest.get("automatic")]
    for manifest in automatic[:-keep]:
        for ending in (DATA, MANIFEST, STATE):
            (folder / f"{manifest['name']}{ending}").unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    new = path.with_name(path.name + _UNVERIFIED)
    new.touch(0o600)
    new.write_bytes(content)
    _sync(new)
    new.rename(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

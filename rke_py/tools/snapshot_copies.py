"""Snapshots between a host's folder and S3: the manifest goes last and comes first, so what has one there is whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rke_py.tools.errors import ToolError
from rke_py.tools.etcd_line import Manifest
from rke_py.tools.remote import Remote, RemoteFile
from rke_py.tools.snapshot_folder import (
    ARCHIVE,
    DATA,
    ENDINGS,
    MANIFEST,
    PIECE,
    STATE,
    UNVERIFIED,
    Digest,
    Kind,
    digest_of,
    is_whole,
    kind_of,
    locked,
    need_room,
    snapshot,
    sync,
    write,
)
from rke_py.tools.snapshot_folder import manifest_of as manifest_here

_LARGEST_MANIFEST = 1 << 20


def upload(folder: Path, name: str, remote: Remote) -> dict[str, Any]:
    """Copy a snapshot to S3, every byte compared with what its manifest says while it goes.

    Args:
        folder: Where snapshots lie.
        name: One that is verified, or an archive of RKE's.
        remote: Where to.

    Raises:
        ToolError: It is damaged, or S3 refused it; nothing that looks whole is there then.
    """
    kept = snapshot(folder, name)
    if kept.manifest:
        _refuse_foreign(remote, name, kept.manifest)
        expected = str(kept.manifest["sha256"])
        remote.put(name + DATA, _checked(kept.path, expected))
    else:
        remote.put(kept.path.name, _pieces(kept.path))
    arrived = remote.size(kept.path.name)
    if arrived != kept.path.stat().st_size:
        remote.delete([kept.path.name])
        raise ToolError(f"{remote.place}: {kept.path.name} has {arrived} bytes there, and {kept.size} here")
    state, archive = folder / (name + STATE), folder / (name + ARCHIVE)
    if state.exists():
        remote.write(state.name, state.read_bytes())
    if kept.manifest:
        if archive.exists():
            remote.put(archive.name, _pieces(archive))
        _refuse_foreign(remote, name, kept.manifest)  # data take their time
        remote.write(name + MANIFEST, (json.dumps(kept.manifest, indent=2) + "\n").encode())
        _prove(remote, name, kept.manifest)
    return {"name": name, "place": remote.place, "size": kept.size}


def _refuse_foreign(remote: Remote, name: str, manifest: Manifest) -> None:
    """Raise ToolError when another cluster has a snapshot of that name there."""
    if lineage_in(remote, name) not in (None, manifest["lineage"]):
        raise ToolError(f"{remote.place}: {name} is another cluster's there; give each cluster a folder of its own")


def _prove(remote: Remote, name: str, manifest: Manifest) -> None:
    """Raise ToolError unless what is there is what was brought: somebody else may have written meanwhile."""
    there, size = manifest_of(remote, name), remote.size(name + DATA)
    if (there["sha256"], size) != (manifest["sha256"], manifest["size"]):
        what = f"{remote.place}: somebody else wrote {name} at the same time; give each cluster a folder of its own"
        raise ToolError(what)


def fetch(folder: Path, name: str, remote: Remote) -> dict[str, Any]:
    """Copy a snapshot from S3 to a host's folder; it gets its name once it was found whole.

    One of that cluster that is whole stays, and gets the state that it lacks. One that is not, or has no manifest,
    makes room for the other.

    Raises:
        ToolError: S3 has none of that name, it is damaged, another cluster's is here, or there is no room.
    """
    with locked(folder):
        return _fetch(folder, name, remote)


def _fetch(folder: Path, name: str, remote: Remote) -> dict[str, Any]:
    there = {file.name: file for file in remote.files()}
    data = next((name + ending for ending in (DATA, ARCHIVE, "") if name + ending in there), "")
    if not data:
        raise ToolError(f"{remote.place} has no snapshot {name}")
    manifest = manifest_of(remote, name) if name + MANIFEST in there else None
    stays = _stays(folder, name, data, manifest)
    if not stays:
        _bring(folder, name, there[data], remote, manifest)
    if name + STATE in there and not (stays and (folder / (name + STATE)).exists()):
        write(folder / (name + STATE), b"".join(remote.read(name + STATE)))
    return {"name": name, "file": data, "size": there[data].size, "manifest": manifest}


def _stays(folder: Path, name: str, data: str, manifest: Manifest | None) -> bool:
    """Tell whether what is here is whole; raise ToolError when it is not, and what is there need not be better."""
    if not (folder / data).exists():
        return False
    here = manifest_here(name, folder) if data.endswith(DATA) else None
    if here and here["name"] == name and is_whole(folder, here):
        if manifest and here["lineage"] != manifest["lineage"]:
            raise ToolError(f"another cluster's snapshot {name} lies here, and is not written over")
        return True
    if manifest is None:
        raise ToolError(f"{data} lies here already, and no manifest tells whether {data} there is better")
    return False


def _bring(folder: Path, name: str, there: RemoteFile, remote: Remote, manifest: Manifest | None) -> None:
    """Copy the data and the manifest; the data get their name once they are known to be what it describes."""
    new = folder / f"{there.name}{UNVERIFIED}"
    new.unlink(missing_ok=True)  # of a fetch that was killed
    need_room(folder, there.size)
    try:
        new.touch(0o600)
        with new.open("wb") as file:
            pieces = _written(remote.read(there.name), file.write)
            digest = digest_of(pieces) if manifest else _read(pieces)
        if manifest and digest != manifest["sha256"]:
            raise ToolError(f"{remote.place}: {there.name} is not the one that its manifest describes")
    except (ToolError, OSError):
        new.unlink(missing_ok=True)  # etcd writes to this disk too
        raise
    sync(new)
    (folder / there.name).unlink(missing_ok=True)  # or it would have a manifest for a moment that is not its own
    if manifest:
        write(folder / (name + MANIFEST), (json.dumps(manifest, indent=2) + "\n").encode())
    new.rename(folder / there.name)
    sync(folder)


def remote_snapshots(remote: Remote) -> list[dict[str, Any]]:
    """Return every snapshot in S3, JSON-ready, as `Kept.told` tells of those on a host."""
    files = {file.name: file for file in remote.files()}
    found = (_told(remote, file, files) for file in files.values() if not file.name.endswith((MANIFEST, STATE)))
    return sorted(found, key=lambda told: (told["time"], told["name"]))


def lineage_in(remote: Remote, name: str) -> str | None:
    """Return which cluster's snapshot of that name is in S3; None when none is."""
    content = remote.find(name + MANIFEST, _LARGEST_MANIFEST)
    return None if content is None else str(_manifest(remote, name, content)["lineage"])


def whole_in(remote: Remote, name: str, lineage: str) -> bool:
    """Tell whether this cluster's snapshot of that name is in S3, with as many bytes as its manifest says."""
    content = remote.find(name + MANIFEST, _LARGEST_MANIFEST)
    if content is None:
        return False
    manifest = _manifest(remote, name, content)
    return str(manifest["lineage"]) == lineage and remote.size(name + DATA) == manifest["size"]


def manifest_of(remote: Remote, name: str) -> Manifest:
    """Return a snapshot's manifest from S3; raises ToolError when it cannot be read."""
    content = remote.find(name + MANIFEST, _LARGEST_MANIFEST)
    if content is None:
        raise ToolError(f"{remote.place}: there is no {name}{MANIFEST}")
    return _manifest(remote, name, content)


def _manifest(remote: Remote, name: str, content: bytes) -> Manifest:
    try:
        manifest = json.loads(content)
    except ValueError:
        raise ToolError(f"{remote.place}: {name}{MANIFEST} is no manifest") from None
    if not isinstance(manifest, dict) or not {"name", "lineage", "time", "sha256", "size"} <= manifest.keys():
        raise ToolError(f"{remote.place}: {name}{MANIFEST} is no manifest")
    return manifest


def verify_remote(remote: Remote, name: str) -> dict[str, Any]:
    """Read a snapshot in S3 to its end and compare it with its manifest; nothing of it is kept.

    Raises:
        ToolError: There is none, or it is not whole.
    """
    manifest = manifest_of(remote, name)
    digest = digest_of(remote.read(name + DATA))
    if digest != manifest["sha256"]:
        raise ToolError(f"its sha256 is {digest}, and its manifest says {manifest['sha256']}")
    keys = ("revision", "keys", "hash", "size", "time")
    return {"name": name, "file": name + DATA, "sha256": digest, "manifest": manifest} | {k: manifest[k] for k in keys}


def delete_remote(remote: Remote, name: str) -> tuple[str, ...]:
    """Delete a snapshot from S3, its manifest first, and no other that begins alike."""
    wanted = [f"{name}{ending}" for ending in (MANIFEST, DATA, STATE, ARCHIVE, "")]
    there = {file.name for file in remote.files()}
    gone = tuple(file for file in wanted if file in there)
    remote.delete(gone)
    return gone


def prune_remote(remote: Remote, lineage: str, keep: Mapping[Kind, int]) -> tuple[str, ...]:
    """Drop the oldest snapshots of a cluster from S3, each kind by its own count; only whole ones count."""
    ours = [told for told in remote_snapshots(remote) if told["verified"] and told["manifest"]["lineage"] == lineage]
    gone: list[str] = []
    for kind, number in keep.items():
        names = [str(told["name"]) for told in ours if kind_of(told["manifest"]) is kind]
        gone += names[: max(0, len(names) - number)]
    for name in gone:
        delete_remote(remote, name)
    return tuple(gone)


def _told(remote: Remote, file: RemoteFile, files: Mapping[str, RemoteFile]) -> dict[str, Any]:
    name = next((file.name.removesuffix(end) for end in ENDINGS if file.name.endswith(end)), file.name)
    manifest: Manifest = {}
    if file.name.endswith(DATA) and name + MANIFEST in files:
        try:
            manifest = manifest_of(remote, name)
        except ToolError:
            manifest = {}
    whole = bool(manifest) and manifest["size"] == file.size
    return {
        "name": name,
        "file": file.name,
        "size": file.size,
        "time": str(manifest.get("time", file.modified.isoformat(timespec="seconds"))),
        "verified": whole,
        "damaged": bool(manifest) and not whole,
        "kind": kind_of(manifest) if manifest else None,
        "manifest": manifest or None,
    }


def _checked(path: Path, expected: str) -> Iterator[bytes]:
    """Yield a file's content; raise ToolError before its last piece is given when it is not the expected one."""
    digest, held = Digest(), b""
    for piece in _pieces(path):
        if held:
            yield held
        digest.update(piece)
        held = piece
    if digest.embedded() != expected:
        raise ToolError(f"{path.name} is damaged: it is not the one that its manifest describes")
    yield held


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(PIECE), b"")


def _written(pieces: Iterator[bytes], take: Any) -> Iterator[bytes]:
    for piece in pieces:
        take(piece)
        yield piece


def _read(pieces: Iterator[bytes]) -> str:
    for _ in pieces:
        pass
    return ""

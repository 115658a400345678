"""What the tools container's commands on snapshots do to a simulated machine, and to the one bucket in S3."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rke_py.tools.__main__ import parser
from rke_py.tools.files import SNAPSHOTS
from rke_py.tools.snapshot_folder import Kind, kind_of

if TYPE_CHECKING:
    from .machine import KeptSnapshot, Machine

PLACE = "s3://bucket"


def list_(machine: Machine, words: Sequence[str], stdin: bytes | None) -> dict[str, object]:
    kept = _there(machine, words, stdin)
    return {"place": PLACE, "snapshots": [_told(name, one) for name, one in kept.items()]}


def verify(machine: Machine, words: Sequence[str], stdin: bytes | None) -> dict[str, object]:
    given = parser().parse_args(["verify-snapshot", *words])
    kept = _there(machine, words, stdin).get(given.name)
    if kept is None or not kept.whole:
        what = "the snapshot is not whole" if kept else f"there is no snapshot {given.name}"
        return {"error": what}
    told = {key: kept.manifest[key] for key in ("revision", "keys", "size", "sha256")}
    return told | ({"served_keys": 10} if given.deep else {})


def upload(machine: Machine, words: Sequence[str], stdin: bytes | None) -> dict[str, object]:
    _settings(stdin)
    if machine.world.bucket is None or machine.name in machine.world.without_s3:
        return {"error": f"{PLACE}: cannot write {words[0]}.db: Connection refused"}
    kept = machine.snapshots[f"{SNAPSHOTS}/{words[0]}"]
    machine.world.bucket[words[0]] = kept
    return {"name": words[0], "place": PLACE, "size": 1 << 20}


def fetch(machine: Machine, words: Sequence[str], stdin: bytes | None) -> dict[str, object]:
    kept = _bucket(machine, stdin).get(words[0])
    if kept is None:
        return {"error": f"{PLACE} has no snapshot {words[0]}"}
    if f"{SNAPSHOTS}/{words[0]}" in machine.snapshots:
        return {"error": f"there is a snapshot {words[0]} already"}
    machine.snapshots[f"{SNAPSHOTS}/{words[0]}"] = kept
    return {"name": words[0]}


def delete(machine: Machine, words: Sequence[str], stdin: bytes | None) -> dict[str, object]:
    if "--s3" in words:
        return {"deleted": [words[0]] if _bucket(machine, stdin).pop(words[0], None) else []}
    return {"deleted": [words[0]] if machine.snapshots.pop(f"{SNAPSHOTS}/{words[0]}", None) else []}


def prune(machine: Machine, words: Sequence[str], stdin: bytes | None) -> dict[str, object]:
    given = parser().parse_args(["prune-snapshots", *words])
    there = _there(machine, words, stdin)
    gone: list[str] = []
    for kind, _, number in (entry.partition("=") for entry in given.keep):
        ours = [name for name, kept in there.items() if kept.whole and _is(kept, given.lineage, Kind(kind))]
        gone += ours[: max(0, len(ours) - int(number))]
    for name in gone:
        if "--s3" in words:
            del _bucket(machine, stdin)[name]
        else:
            del machine.snapshots[f"{SNAPSHOTS}/{name}"]
    return {"deleted": gone}


def _is(kept: KeptSnapshot, lineage: str, kind: Kind) -> bool:
    return kept.manifest.get("lineage") == lineage and kind_of(dict(kept.manifest)) is kind


def _there(machine: Machine, words: Sequence[str], stdin: bytes | None) -> dict[str, KeptSnapshot]:
    if "--s3" in words:
        return dict(_bucket(machine, stdin))
    return {path.rpartition("/")[2]: kept for path, kept in machine.snapshots.items()}


def _bucket(machine: Machine, stdin: bytes | None) -> dict[str, KeptSnapshot]:
    _settings(stdin)
    return machine.world.bucket or {}


def _settings(stdin: bytes | None) -> Mapping[str, Any]:
    settings = json.loads(stdin or b"")
    if not settings["endpoint"] or not settings["bucket_name"]:
        raise AssertionError("the settings of S3 are not whole")
    return dict(settings)


def _told(name: str, kept: KeptSnapshot) -> dict[str, object]:
    manifest = dict(kept.manifest)
    return {
        "name": name,
        "file": f"{name}.db",
        "size": manifest.get("size", 5),
        "time": manifest.get("time", "2026-11-01T00:00:00+00:00"),
        "verified": bool(manifest) and kept.whole,
        "damaged": not kept.whole,
        "kind": kind_of(manifest) if manifest else None,
        "manifest": manifest or None,
    }


COMMANDS: Mapping[str, Callable[[Machine, Sequence[str], bytes | None], dict[str, object]]] = {
    "list-snapshots": list_,
    "verify-snapshot": verify,
    "upload-snapshot": upload,
    "fetch-snapshot": fetch,
    "delete-snapshot": delete,
    "prune-snapshots": prune,
}

"""What the tools container's commands on snapshots do to a simulated machine, and to the one bucket in S3."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rke_py.plan.files import FileSpec
from rke_py.tools.__main__ import parser
from rke_py.tools.files import SNAPSHOTS
from rke_py.tools.snapshot_folder import STATE, Kind, kind_of

if TYPE_CHECKING:
    from .machine import KeptSnapshot, Machine

PLACE = "s3://bucket"

Run = Callable[["Machine", Sequence[str], bytes | None], dict[str, object]]


class NoAnswer(Exception):
    """S3 cannot be asked from this machine."""


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
    _bucket(machine, stdin)[words[0]] = machine.snapshots[f"{SNAPSHOTS}/{words[0]}"]
    return {"name": words[0], "place": PLACE, "size": 1 << 20}


def fetch(machine: Machine, words: Sequence[str], stdin: bytes | None) -> dict[str, object]:
    kept = _bucket(machine, stdin).get(words[0])
    if kept is None:
        return {"error": f"{PLACE} has no snapshot {words[0]}"}
    here = machine.snapshots.get(f"{SNAPSHOTS}/{words[0]}")
    if here is not None and here.whole and here.manifest:
        kept = replace(here, state=here.state or kept.state)
    elif machine.disk_full:
        return {"error": f"{SNAPSHOTS} has room for 0 MiB, and a snapshot needs 257 MiB"}
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


def keep_state(machine: Machine, words: Sequence[str], stdin: bytes | None) -> dict[str, object]:
    given = parser().parse_args(["keep-state", *words])
    path = str(given.config.with_suffix(STATE))
    if machine.disk_full:
        return {"error": f"{path}: no space left on device"}
    machine.write({path: FileSpec(path=path, content=stdin or b"")}, machine.world.now)
    return {"kept": path}


def _is(kept: KeptSnapshot, lineage: str, kind: Kind) -> bool:
    return kept.manifest.get("lineage") == lineage and kind_of(dict(kept.manifest)) is kind


def _there(machine: Machine, words: Sequence[str], stdin: bytes | None) -> dict[str, KeptSnapshot]:
    if "--s3" in words:
        return dict(_bucket(machine, stdin))
    return {path.rpartition("/")[2]: kept for path, kept in machine.snapshots.items()}


def _bucket(machine: Machine, stdin: bytes | None) -> dict[str, KeptSnapshot]:
    _settings(stdin)
    if machine.world.bucket is None or machine.name in machine.world.without_s3:
        raise NoAnswer(f"{PLACE}: cannot list: Connection refused")
    return machine.world.bucket


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


def _answering(run: Run) -> Run:
    """Return a command that fails where S3 does not answer."""

    def ran(machine: Machine, words: Sequence[str], stdin: bytes | None) -> dict[str, object]:
        try:
            return run(machine, words, stdin)
        except NoAnswer as fault:
            return {"error": str(fault)}

    return ran


COMMANDS: Mapping[str, Run] = {
    "list-snapshots": _answering(list_),
    "verify-snapshot": _answering(verify),
    "upload-snapshot": _answering(upload),
    "fetch-snapshot": _answering(fetch),
    "delete-snapshot": _answering(delete),
    "prune-snapshots": _answering(prune),
    "keep-state": keep_state,
}

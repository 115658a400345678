"""``rke-py etcd snapshot list | verify``: which snapshots there are, and whether they are whole; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rke_py.cluster.backup_model import S3
from rke_py.errors import HostError, RolloutFailed, UsageError
from rke_py.plan.backup import line_of
from rke_py.stores.local_snapshots import local_snapshots
from rke_py.transport.parallel import for_each
from rke_py.workflows.context import Context
from rke_py.workflows.snapshot_places import Places, snapshot_places, words_of

IN_S3, LOCAL = "s3", "local"
_DEEP_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A snapshot in one place.

    Attributes:
        where: The host's name, ``s3``, or ``local``.
        time: When it was taken, ISO 8601, UTC.
        verified: It was verified where it was taken, and no byte is missing since.
        damaged: Bytes are missing.
        kind: Why it was taken; empty for one that is not ours.
        lineage: The cluster it is of; empty where nothing tells.
        state: Whether the state of that time lies beside it.
    """

    name: str
    where: str
    file: str
    size: int
    time: str
    verified: bool
    damaged: bool
    kind: str = ""
    lineage: str = ""
    member: str = ""
    revision: int = 0
    state: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Every copy that was found, the oldest snapshot first.

    Attributes:
        silent: Says of each place why it could not be asked.
        through: The member's host that reaches S3; empty where none does, or there is none.
    """

    copies: tuple[Copy, ...]
    silent: Mapping[str, str]
    lineage: str
    through: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The snapshots' names, the oldest first."""
        return tuple(dict.fromkeys(copy.name for copy in self.copies))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found of one copy, or why it is not known whether a place has one.

    Attributes:
        fault: Empty when it is whole.
        silent: The place could not be asked.
    """

    name: str
    where: str
    fault: str = ""
    silent: bool = False
    revision: int = 0
    keys: int = 0
    size: int = 0
    sha256: str = ""
    served_keys: int | None = None


def list_snapshots(context: Context, s3: S3 | None = None) -> Found:
    """Ask every member, S3 where cluster.yml names one, and the folder beside cluster.yml.

    Raises:
        UsageError: No cluster was made yet, or its etcd is the owner's own.
        RolloutFailed: No member answers.
    """
    with snapshot_places(context, s3) as places:
        return found_in(places, context)


def found_in(places: Places, context: Context) -> Found:
    """Return what all places have."""
    seen = for_each(places.hosts, lambda host: places.ask(host, ["list-snapshots"]))
    silent = {host: words_of(fault) for host, fault in seen.items() if isinstance(fault, HostError)}
    if len(silent) == len(places.hosts):
        raise RolloutFailed("no etcd host could be asked", [f for f in seen.values() if isinstance(f, HostError)])
    copies = [copy for host, told in seen.items() if isinstance(told, dict) for copy in _copies(host, told)]
    through = ""
    if places.cluster.backup.s3:
        try:
            through, listed = places.ask_s3(["list-snapshots"])
            copies += _copies(IN_S3, listed)
        except HostError as fault:
            silent[IN_S3] = words_of(fault)
    copies += _copies(LOCAL, {"snapshots": local_snapshots(context.snapshots_path)})
    taken: dict[str, str] = {}
    for copy in copies:
        taken[copy.name] = min(copy.time, taken.get(copy.name, copy.time))
    last = {IN_S3: 1, LOCAL: 2}
    ordered = sorted(copies, key=lambda copy: (taken[copy.name], copy.name, last.get(copy.where, 0), copy.where))
    return Found(copies=tuple(ordered), silent=silent, lineage=places.state.lineage, through=through)


def verify_snapshots(
    context: Context, name: str = "", *, deep: bool = False, s3: S3 | None = None
) -> tuple[Verdict, ...]:
    """Read snapshots where they lie, every copy of them; nothing is downloaded.

    On a member etcd's own program reads it from the first key to the last. Those in S3 pass through a member and are
    compared with their manifest. A place that could not be asked has a verdict too.

    Args:
        context: Where cluster.yml is.
        name: The snapshot's; empty for the newest.
        deep: Start an etcd from it on each member that has it, in a container that nobody reaches, and read it back.
        s3: Another folder in S3 than cluster.yml names.

    Raises:
        UsageError: There is no such snapshot.
    """
    with snapshot_places(context, s3) as places:
        found = found_in(places, context)
        asked = name or next((one.name for one in reversed(found.copies) if one.lineage == found.lineage), "")
        copies = [copy for copy in found.copies if copy.name == asked and copy.where != LOCAL]
        if not copies:
            raise missing(found, asked or "of this cluster")

        def verified(where: str) -> dict[str, Any]:
            command = ["verify-snapshot", asked, "--line", line_of(places.cluster)]
            if where == IN_S3:
                return places.ask(found.through, command, s3=True, timeout=_DEEP_SECONDS)
            command += ["--deep"] if deep else []
            return places.ask(where, command, network="none" if deep else "host", timeout=_DEEP_SECONDS)

        seen = for_each([copy.where for copy in copies], verified)
    unknown = (Verdict(name=asked, where=where, fault=why, silent=True) for where, why in found.silent.items())
    return (*(_verdict(asked, where, told) for where, told in seen.items()), *unknown)


def missing(found: Found, name: str, where: str = "") -> UsageError:
    """Return the error that no place has a snapshot; it names those that could not be asked."""
    evidence = [f"{place} could not be asked: {why}" for place, why in found.silent.items()]
    hint = "See which there are: rke-py etcd snapshot list"
    return UsageError(f"there is no snapshot {name}{where}", evidence=evidence, hint=hint)


def _verdict(name: str, where: str, told: dict[str, Any] | HostError) -> Verdict:
    if isinstance(told, HostError):
        return Verdict(name=name, where=where, fault=words_of(told))
    keys = ("revision", "keys", "size", "sha256")
    return Verdict(name=name, where=where, served_keys=told.get("served_keys"), **{key: told[key] for key in keys})


def _copies(where: str, told: Mapping[str, Any]) -> Iterator[Copy]:
    entries: Iterable[Mapping[str, Any]] = told["snapshots"]
    for entry in entries:
        manifest = entry.get("manifest") or {}
        yield Copy(
            name=str(entry["name"]),
            where=where,
            file=str(entry["file"]),
            size=int(entry["size"]),
            time=str(entry["time"]),
            verified=bool(entry["verified"]),
            damaged=bool(entry["damaged"]),
            kind=str(entry.get("kind") or ""),
            lineage=str(manifest.get("lineage", "")),
            member=str(manifest.get("member", "")),
            revision=int(manifest.get("revision", 0)),
            state=bool(manifest.get("state")),
        )

"""Recurring snapshots of a host's etcd member, taken on the host itself for as long as its container runs.

Time is cut into slots of one interval, the same on every member. A slot that has no snapshot gets one, on each member
a little later than on others; so neither a restart nor an ``up`` puts one off. Where snapshots are copied to S3, the
leader's is; the other members look a while later whether it is there, and copy theirs where it is not.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from rke_py.tools.errors import ToolError
from rke_py.tools.etcd_line import Etcd, Manifest
from rke_py.tools.remote import Remote
from rke_py.tools.sealed_state import kept_state
from rke_py.tools.snapshot_copies import prune_remote, upload, whole_in
from rke_py.tools.snapshot_folder import Kind, kind_of, manifests
from rke_py.tools.snapshots import save

_LARGEST_DELAY = 300
_SOONER = 10
"""By how much sooner a member takes its very first one: until then it has none."""

_TURN = timedelta(minutes=2)
_AGAIN, _LONGEST_AGAIN = timedelta(seconds=30), timedelta(minutes=15)
_LATE = timedelta(minutes=10)
_COPY_LATE = timedelta(minutes=30)
"""So long a snapshot may not be in S3: all members have had their turn by then, and a large one takes its time."""

_AHEAD = timedelta(minutes=1)
"""So far ahead of this moment a snapshot may be: clocks are set back by moments all the time."""


class RollingMember(Etcd, Protocol):
    """A member that also knows its place."""

    def place(self) -> int:
        """Return 0 for the leader, else its place among the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What the plan asks for.

    Attributes:
        interval: Between two snapshots.
        keep: How many stay, on the member and in S3.
        timeout: Seconds that one may take.
        about: What manifests say of the cluster.
        s3: Settings of S3, None for none.
        given: All of it, JSON.
    """

    interval: timedelta
    keep: int
    timeout: int
    about: Mapping[str, Any]
    s3: Mapping[str, Any] | None
    given: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Schedule:
        """Return what a file says; raises ToolError when it cannot be read."""
        try:
            given = json.loads(path.read_text("utf-8"))
            return cls(
                interval=timedelta(seconds=int(given["interval"])),
                keep=int(given["keep"]),
                timeout=int(given["timeout"]),
                about=given["about"],
                s3=given.get("s3"),
                given=given,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ToolError(f"{path} cannot be read: {error}") from None

    def slot(self, now: datetime) -> datetime:
        """Return when the slot began in which a time lies."""
        return datetime.fromtimestamp(now.timestamp() // self.interval.total_seconds() * self._seconds, UTC)

    @property
    def delay(self) -> timedelta:
        """How long after a slot's beginning this member takes its snapshot: each at another time."""
        told = sha256(f"{self.about['lineage']} {self.about['member']}".encode()).digest()
        return timedelta(seconds=int.from_bytes(told[:4], "big") % max(1, min(_LARGEST_DELAY, self._seconds // 10)))

    @property
    def _seconds(self) -> int:
        return int(self.interval.total_seconds())


@dataclass(slots=True)
class Record:
    """What happened since the container started, for metrics and for whoever asks how it goes."""

    began: datetime
    saved: int = 0
    failures: int = 0
    uploaded: int = 0
    upload_failures: int = 0
    seconds: float = 0
    error: str = ""
    upload_error: str = ""
    copied: str = ""
    copied_at: datetime | None = None
    uncopied_since: datetime | None = None


class Rolling:
    """Takes snapshots when they are due and copies them.

    Args:
        config: The file with the schedule; it is read anew each time.
        folder: Where snapshots lie.
        member: Makes the member of a schedule.
        remote: Makes the folder in S3 of a schedule.
        now: When it starts.
        say: Is told what happens, a line each.
    """

    def __init__(
        self,
        config: Path,
        folder: Path,
        member: Callable[[Schedule], RollingMember],
        remote: Callable[[Mapping[str, Any]], Remote],
        now: datetime,
        say: Callable[[str], None],
    ) -> None:
        self._config, self._folder, self._member, self._remote, self._say = config, folder, member, remote, say
        self._not_before = now
        self._upload_not_before = now
        self.record = Record(began=now)

    def look(self, now: datetime) -> None:
        """Do what is due."""
        schedule = Schedule.read(self._config)
        self._set_back(now)
        slot = schedule.slot(now)
        last = self.last(schedule, now)
        taken = bool(last) and _time(last) >= slot
        due = max(slot, self.record.began) + (schedule.delay if last else schedule.delay / _SOONER)
        if not taken and now >= max(due, self._not_before):
            self._save(schedule, slot, now)
            last = self.last(schedule, now)
        if not schedule.s3 or not last or self.record.copied == last["name"]:
            self.record.uncopied_since = None
            return
        self.record.uncopied_since = min(self.record.uncopied_since or now, now)
        if now >= self._upload_not_before:
            self._copy(schedule, schedule.s3, last, now)

    def _set_back(self, now: datetime) -> None:
        """Forget times that cannot be: the host's clock was ahead, and nothing would be due until it is that late."""
        self.record.began = min(self.record.began, now)
        self._not_before = min(self._not_before, now + _LONGEST_AGAIN)
        self._upload_not_before = min(self._upload_not_before, now + _LONGEST_AGAIN)

    def last(self, schedule: Schedule, now: datetime) -> Manifest:
        """Return the manifest of the newest recurring snapshot of this cluster, empty when there is none.

        One that is not of the past says nothing: the host's clock was ahead when it was taken.
        """
        ours = [
            m for m in manifests(self._folder) if m["lineage"] == schedule.about["lineage"] and _time(m) <= now + _AHEAD
        ]
        return next((m for m in reversed(ours) if kind_of(m) is Kind.RECURRING), {})

    def told(self, now: datetime) -> dict[str, Any]:
        """Return how it goes, JSON-ready: the last good snapshot, whether it or its copy is late, what failed last."""
        try:
            schedule = Schedule.read(self._config)
        except ToolError as error:
            return {"last": None, "late": True, "copy_late": False, "error": str(error)}
        last, record = self.last(schedule, now), self.record
        since = _time(last) if last else min(record.began, now)
        late = now - since > schedule.interval + schedule.delay + _LATE
        copy_late = bool(schedule.s3) and now - (record.uncopied_since or now) > _COPY_LATE
        return {
            "last": last.get("name"),
            "time": last.get("time"),
            "size": last.get("size"),
            "interval": int(schedule.interval.total_seconds()),
            "late": late,
            "copy_late": copy_late,
            "error": record.error,
            "s3": bool(schedule.s3),
            "copied": record.copied or None,
            "copy_error": record.upload_error,
        }

    def metrics(self, now: datetime) -> str:
        """Return the metrics, in the text form that Prometheus reads."""
        told, record = self.told(now), self.record
        last = datetime.fromisoformat(told["time"]).timestamp() if told.get("time") else 0
        values = {
            "last_success_timestamp_seconds": last,
            "last_size_bytes": told.get("size") or 0,
            "last_duration_seconds": record.seconds,
            "last_copy_timestamp_seconds": record.copied_at.timestamp() if record.copied_at else 0,
            "interval_seconds": told.get("interval", 0),
            "late": int(told["late"] or told["copy_late"]),
            "saved_total": record.saved,
            "failures_total": record.failures,
            "copied_total": record.uploaded,
            "copy_failures_total": record.upload_failures,
        }
        return "".join(
            f"# TYPE rke_py_etcd_snapshot_{name} {'counter' if name.endswith('_total') else 'gauge'}\n"
            f"rke_py_etcd_snapshot_{name} {value}\n"
            for name, value in values.items()
        )

    def _save(self, schedule: Schedule, slot: datetime, now: datetime) -> None:
        name = self._name(schedule, slot)
        about = {**schedule.about, "time": now.isoformat(timespec="seconds"), "automatic": True, "recurring": True}
        began = monotonic()
        try:
            state = kept_state(self._config, str(schedule.about["lineage"]))
            made = save(name, self._member(schedule), about, self._folder, schedule.keep, state)
        except (ToolError, OSError, subprocess.SubprocessError, ValueError) as error:
            self.record.failures += 1
            self.record.error = _words(error)
            self._not_before = now + min(_AGAIN * 2 ** min(self.record.failures, 6), _LONGEST_AGAIN)
            self._say(f"no snapshot {name}: {self.record.error}")
            return
        self.record.saved += 1
        self.record.seconds = round(monotonic() - began, 1)
        self.record.error = ""
        self._say(f"snapshot {name}: revision {made['revision']}, {made['keys']} keys, {made['size']} bytes, verified")

    def _name(self, schedule: Schedule, slot: datetime) -> str:
        """Return the name of a slot's snapshot, another one where a cluster that was on this host before has that."""
        name, lineage = f"{slot:%Y%m%dT%H%M%SZ}_etcd", str(schedule.about["lineage"])
        others = {str(m["name"]) for m in manifests(self._folder) if m["lineage"] != lineage}
        return f"{name}-{lineage[:8]}" if name in others else name

    def _copy(self, schedule: Schedule, s3: Mapping[str, Any], last: Manifest, now: datetime) -> None:
        """Copy the newest snapshot, in this member's turn, unless another member's is there."""
        name = str(last["name"])
        try:
            turn = _time(last) + self._member(schedule).place() * _TURN
            if now < turn:
                self._upload_not_before = turn
                return
            remote = self._remote(s3)
            lineage = str(schedule.about["lineage"])
            if not whole_in(remote, name, lineage):  # upload refuses to take another cluster's place
                upload(self._folder, name, remote)
                self.record.uploaded += 1
                prune_remote(remote, lineage, {Kind.RECURRING: schedule.keep})
                self._say(f"snapshot {name} is in {remote.place}")
        except (ToolError, OSError, subprocess.SubprocessError, ValueError) as error:
            self.record.upload_failures += 1
            self.record.upload_error = _words(error)
            self._upload_not_before = now + min(_AGAIN * 2 ** min(self.record.upload_failures, 6), _LONGEST_AGAIN)
            self._say(f"snapshot {name} could not be copied: {self.record.upload_error}")
            return
        self.record.upload_error, self.record.copied, self.record.copied_at = "", name, now
        self.record.uncopied_since = None


def _time(manifest: Manifest) -> datetime:
    return datetime.fromisoformat(str(manifest["time"]))


def _words(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return str(error.stderr or error).strip()[-500:]
    return str(error)

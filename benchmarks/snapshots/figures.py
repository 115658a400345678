"""What saving and restoring took, and the table that it makes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from benchmarks.results import Result
from benchmarks.spread import Spread, verdict
from benchmarks.timeline import Span
from rke_py.plan.restore.forward import START_API_SERVERS, STOP_CONTROL_PLANE

RATIO_TARGET, RESTORE_TARGET, MEMORY_TARGET = 1.3, 60.0, 200.0

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """A snapshot of every member, by etcd's own programs and by rke-py, right after each other.

    Attributes:
        by_programs: Seconds of ``etcdctl snapshot save`` and ``etcdutl snapshot status``, on all members at once.
        by_rke_py: Seconds of the whole command.
        stage: Of these, the seconds in which snapshots were taken and verified.
        peak: The most memory that the command had, MiB.
    """

    by_programs: float
    by_rke_py: float
    stage: float
    peak: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """One restore.

    Attributes:
        megabytes: Of the database.
        stages: Since it was agreed to.
        peak: The most memory that the command had, MiB.
        whole: Seconds of the whole command.
    """

    megabytes: float
    stages: Mapping[str, Span]
    peak: float
    whole: float

    @property
    def ready(self) -> float:
        """Seconds from when it was agreed to until all API servers were ready."""
        return self.stages[START_API_SERVERS].ended

    @property
    def away(self) -> float:
        """Seconds from when the first API server was stopped until all were ready."""
        return self.stages[START_API_SERVERS].ended - self.stages[STOP_CONTROL_PLANE].began


def result(
    saved: Sequence[Saving], size: float, small: Sequence[Restoring], large: Restoring, loads: Sequence[float]
) -> Result:
    """Return the table.

    Args:
        saved: Rounds with the large database.
        size: Its megabytes.
        small: Restores of a small database.
        large: One of the large one.
        loads: The machine's load average after each measurement; the lab itself is in it.
    """
    stages = dict.fromkeys(stage for restored in small for stage in restored.stages)
    little = f"{small[0].megabytes:.0f} MB"
    rows: list[Row] = [
        _row(f"save, {size:.0f} MB: etcdctl and etcdutl, all members at once", [one.by_programs for one in saved]),
        _row(f"save, {size:.0f} MB: rke-py", [one.by_rke_py for one in saved]),
        _row(f"save, {size:.0f} MB: rke-py, of it taken and verified", [one.stage for one in saved]),
        *(
            _row(f"restore, {little}: {stage}", [one.stages[stage].seconds for one in small if stage in one.stages])
            for stage in stages
        ),
        _row(f"restore, {little}: until all API servers are ready", [one.ready for one in small]),
        _row(f"restore, {little}: of it API servers away", [one.away for one in small]),
        _row(f"restore, {little}: whole command", [one.whole for one in small]),
        _row(f"restore, {large.megabytes:.0f} MB: until all API servers are ready", [large.ready]),
        _row(f"restore, {large.megabytes:.0f} MB: whole command", [large.whole]),
    ]
    return Result(
        name="7-snapshots",
        title="Snapshots of three members",
        what="Three hosts of the lab with all roles, whose members share this machine's disk and processors. Saved: by "
        "etcd's own programs in containers that stand ready, and by rke-py, whole process, in turns. Restored: from "
        "when it was agreed to, stage by stage, each proved healthy.",
        columns=("seconds", "min", "median", "max"),
        rows=rows,
        notes=(*_notes(saved, small, large), _load(loads)),
        measured={
            "megabytes": size,
            "loads": list(loads),
            "saved": [asdict(one) for one in saved],
            "restored": [asdict(one) for one in (*small, large)],
        },
    )


def _load(loads: Sequence[float]) -> str:
    return f"Load average of the machine meanwhile, the lab included: {min(loads):.0f} to {max(loads):.0f}."


def _row(title: str, values: Sequence[float]) -> Row:
    return (title, *Spread.of(values).cells())


def _notes(saved: Sequence[Saving], small: Sequence[Restoring], large: Restoring) -> tuple[str, ...]:
    ratio = Spread.of([one.by_rke_py / one.by_programs for one in saved]).middle
    ready = Spread.of([one.ready for one in small]).middle
    peak = max(large.peak, *(one.peak for one in saved))
    return (
        f"Target for saving: at most {RATIO_TARGET} times etcd's own programs. {ratio:.2f}: "
        f"{verdict(ratio, RATIO_TARGET)}.",
        f"Target for restoring less than 50 MB: at most {RESTORE_TARGET:.0f} s until all API servers are ready. "
        f"{ready:.0f} s: {verdict(ready, RESTORE_TARGET)}. RKE 1.7 took 126 s on such a lab, with all API servers away "
        "for 61 s; its save took 10 s and was not verified.",
        f"Target for rke-py's memory with the large database: less than {MEMORY_TARGET:.0f} MiB. {peak:.0f} MiB at "
        f"most: {verdict(peak, MEMORY_TARGET)}. Nothing of a snapshot is kept here when it is saved; when it is "
        "restored, it passes through here on its way from one member to the others.",
    )

"""One row from nothing: hosts, a cluster, its users, what is done to it, what is true then, and all of it away."""

from __future__ import annotations

import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.provenance import Provenance
from vagrant.lab.errors import LabError

from ..cluster import Cluster
from ..lab import Lab
from ..probe import CHANGES_OF_LEADER, Probe, Report
from ..scenarios.playing import do, prove
from ..scenarios.troubles import Trouble
from ..waiting import CommandFailed
from .results import FAILED, OK, Result
from .rows import Row

_LAB = "reliability"
_BROKEN = (AssertionError, CommandFailed, LabError, OSError, subprocess.SubprocessError)


class NotBegun(Exception):
    """There was no cluster to begin with, which tells nothing about the scenario."""


def performed(row: Row, folder: Path) -> Result:
    """Perform a row.

    Args:
        row: Which.
        folder: What the operator had is left there when the row fails, and the log of every run.

    Raises:
        NotBegun: The lab did not start, or the cluster could not be made on it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    try:
        lab = row.scenario.start(_LAB, folder / "hosts", row.small_disks)
    except subprocess.CalledProcessError as fault:
        raise NotBegun(f"the lab ended with status {fault.returncode}") from fault
    try:
        result = _on(lab, row, folder / "operator")
    finally:
        lab.down()
    if result.outcome == OK:
        shutil.rmtree(folder)
    return result


def _on(lab: Lab, row: Row, folder: Path) -> Result:
    cluster = _begun(lab, row, folder)
    trouble = row.drawn()
    probe = row.scenario.users.at_work(cluster)
    why, seconds = _played(row, cluster, probe, trouble)
    (folder / "shown").write_text("".join(cluster.operator.shown))
    report = _report(probe)
    noticed = _noticed(row, report, trouble)
    (folder / "noticed").write_text(str(report))
    commit = Provenance.of_here().commit
    return Result(
        commit=commit,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        row=row.name,
        scenario=row.scenario.name,
        trouble=f"{row.trouble} {row.third}".strip(),
        seed=row.seed,
        crash_point=trouble.happened if trouble else "",
        outcome=FAILED if why or noticed else OK,
        seconds=round(seconds, 1),
        probe=report.as_data() if report else None,
        why="; ".join(filter(None, (why, noticed))),
    )


def _begun(lab: Lab, row: Row, folder: Path) -> Cluster:
    try:
        cluster = row.scenario.make(lab, folder)
        row.scenario.prepare(cluster)
    except _BROKEN as fault:
        raise NotBegun(_short(fault)) from fault
    return cluster


def _played(row: Row, cluster: Cluster, probe: Probe, trouble: Trouble | None) -> tuple[str, float]:
    """Play the scenario and look at what is left; return what is wrong, and how long the moves took."""
    began = time.monotonic()
    try:
        with probe:
            began = time.monotonic()
            do(cluster, row.scenario.moves, trouble)
            took = time.monotonic() - began
        prove(row.scenario, cluster)
    except _BROKEN as fault:
        return _short(fault), time.monotonic() - began
    return "", took


def _report(probe: Probe) -> Report | None:
    try:
        return probe.report()
    except _BROKEN:
        return None


def _noticed(row: Row, report: Report | None, trouble: Trouble | None) -> str:
    """Return what users noticed beyond the budget."""
    if report is None:
        return "the cluster does not tell what was written to it"
    judged = set(row.scenario.budget) & set(trouble.judged if trouble else row.scenario.budget)
    figures = report.as_data()
    noticed = [name for name in row.scenario.budget if name in judged and figures[name]]
    if "failed_proxy" in judged and report.dropped_writes > CHANGES_OF_LEADER:
        noticed.append("dropped_writes")
    return ", ".join(f"{name}: {figures[name]}" for name in noticed)


def _short(fault: BaseException) -> str:
    """Return the gist of a fault: its first line and its last one."""
    lines = str(fault).strip().splitlines() or [type(fault).__name__]
    return " … ".join(dict.fromkeys((lines[0][:300], lines[-1][:900])))

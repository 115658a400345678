"""Rows of the report that are tests which exist anyway: closer looks on the lab, on the simulated fleet, on files."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.provenance import Provenance

from .results import FAILED, OK, Result

WITHOUT_HOSTS, ON_HOSTS = "simulated", "hosts"
"""The files of their results, and how their rows' names begin."""

_ROOT = Path(__file__).parents[3]
_PASSED = re.compile(r"^(\d+) passed", re.MULTILINE)
_WHY = re.compile(r"^E +(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One thing that is tried.

    Attributes:
        what: What happens and has to be true, in a few words for the report's page.
        test: The test, as pytest names it.
        report: The file of its results.
        cases: Some of its cases only, as pytest's ``-k`` takes them.
        part: Which of the rows that together are this thing; 0 where one row is all of it.
    """

    title: str
    what: str
    test: str
    report: str = WITHOUT_HOSTS
    cases: str = ""
    part: int = 0

    @property
    def name(self) -> str:
        """The name of its row."""
        return f"{self.report}/{self.title}-{self.part}" if self.part else f"{self.report}/{self.title}"


def _in_parts(parts: int, *, title: str, what: str, test: str) -> Iterator[Trial]:
    """Yield a row for each part of a test that takes hours, so that what was tried is not tried again."""
    for part in range(1, parts + 1):
        yield Trial(title=title, what=what, test=test, cases=f"{part}of{parts}", part=part)


_KILLED = "tests/workflows/test_killed.py::"
_RESTORE = "tests/workflows/test_restore.py::"
_CHECK = "tests/tools/test_snapshot_check.py::"
_CLOCKS = "tests/workflows/test_clocks.py"
_LAB = "tests/lab/"

TRIALS = (
    Trial(
        title="killed-at-a-step",
        what="each scenario killed before or after a drawn step; the next run gets there",
        test=_KILLED + "test_killed_at_a_step",
    ),
    Trial(
        title="killed-at-every-step",
        what="each scenario killed before and after every step; the next run gets there",
        test=_KILLED + "test_killed_at_every_step",
    ),
    Trial(
        title="limits",
        what="10,000 drawn runs of the scheduler: no limit and no order broken, always an end",
        test="tests/plan/test_schedule_model.py::test_no_law_is_broken_in_any_run",
        cases="10000",
    ),
    *_in_parts(
        10,
        title="members",
        what="10,000 drawn runs of changes to etcd members: the quorum is never lost by us, never two touched at once",
        test="tests/workflows/test_members_model.py::test_no_law_is_broken_and_the_next_run_gets_there",
    ),
    *_in_parts(
        5,
        title="years",
        what="1,000 drawn lives of a cluster: every command that changes it, killed anywhere, machines dying",
        test="tests/workflows/test_years_model.py::test_whatever_operators_do_the_cluster_gets_there",
    ),
    *_in_parts(
        5,
        title="years-after-rke",
        what="1,000 drawn lives of a cluster that RKE made: in its releases, on the way out of them, and after",
        test="tests/workflows/test_years_model.py::test_whatever_operators_do_a_cluster_of_rke_gets_there",
    ),
    Trial(title="clocks", what="clocks that are wrong, or set while a run is under way", test=_CLOCKS),
    Trial(
        title="damaged-state",
        what="10,000 state files damaged or cut off anywhere: a clear error, never a new CA",
        test="tests/workflows/test_damaged_state.py::test_damage_anywhere_is_refused_at_length",
    ),
    Trial(
        title="snapshot-cut-off",
        what="a snapshot cut off at 100 drawn places: found out",
        test=_CHECK + "test_cut_off_at_a_hundred_places_it_is_found_out_every_time",
    ),
    Trial(
        title="snapshot-flipped",
        what="1,000 drawn bits of a snapshot flipped, one at a time: found out",
        test=_CHECK + "test_with_one_of_a_thousand_bits_flipped_it_is_found_out_every_time",
    ),
    Trial(
        title="restore-refused",
        what="a restore of the wrong lineage, version or key, without room, with a member off: nothing is touched",
        test=_RESTORE + "test_what_speaks_against_it_is_found_before_anything_is_touched",
    ),
    Trial(
        title="restore-taken-back",
        what="restored data that do not become healthy: the old ones are put back",
        test=_RESTORE + "test_data_that_do_not_become_healthy_are_taken_back",
    ),
    Trial(
        title="restore-killed",
        what="a restore killed before and after every step, finished or taken back: the old data or the new",
        test=_RESTORE + "test_killed_at_every_step",
    ),
    Trial(
        title="restore-new-hosts",
        what="all hosts are gone: restored onto others",
        test=_RESTORE + "test_onto_new_hosts_when_all_old_ones_are_gone",
    ),
    Trial(
        title="snapshots",
        what="saved under a writer, recurring, in S3 with wrong keys, damaged, deleted; power lost in a restore",
        report=ON_HOSTS,
        test=_LAB + "test_94_snapshots.py",
        cases="not s3_that and not full_s3 and not slow_s3 and not upload_that",
    ),
    Trial(
        title="s3",
        what="S3 that is full, slow, away for a minute; an upload that is killed",
        report=ON_HOSTS,
        test=_LAB + "test_94_snapshots.py",
        cases="s3_that or full_s3 or slow_s3 or upload_that",
    ),
    Trial(
        title="restore",
        what="an older snapshot: objects of then with their UIDs, no controller on an old watch; two of three lost",
        report=ON_HOSTS,
        test=_LAB + "test_93_restore.py",
    ),
    Trial(
        title="lost-disks",
        what="one disk lost; all disks and the state lost, S3 is left; all power lost at drawn points of a restore",
        report=ON_HOSTS,
        test=_LAB + "test_94_lost_disks.py",
    ),
    Trial(
        title="restore-rotated",
        what="a snapshot from before another key of Secrets, and one from before another CA",
        report=ON_HOSTS,
        test=_LAB + "test_95_restore_rotated.py",
    ),
    Trial(
        title="new-machines",
        what="all machines gone: a snapshot and its key, other machines, another number of members",
        report=ON_HOSTS,
        test=_LAB + "test_93_new_machines.py",
    ),
    Trial(
        title="rke-snapshots",
        what="RKE's cluster lives on: a worker, arguments, another etcd, certificates; RKE's own archive is restored",
        report=ON_HOSTS,
        test=_LAB + "test_97_after_rke.py",
    ),
    Trial(
        title="rke-ended-certificates",
        what="RKE's certificates have ended and nothing answers: a rotation brings it back, pods go on",
        report=ON_HOSTS,
        test=_LAB + "test_98_ended_certificates.py",
    ),
    Trial(
        title="rke-ended-restored",
        what="they have ended, and etcd's data are lost on all members: RKE's own archive brings it back",
        report=ON_HOSTS,
        test=_LAB + "test_98_ended_restored.py",
    ),
    Trial(
        title="rke-ended-authorities",
        what="RKE's CAs have ended too: new ones bring it back",
        report=ON_HOSTS,
        test=_LAB + "test_98_ended_authorities.py",
    ),
    Trial(
        title="rke-put-back",
        what="the way to v1.33: a host that does not work there is put back, one whose pods cannot is left alone",
        report=ON_HOSTS,
        test=_LAB + "test_99_leave_rke.py",
    ),
    Trial(
        title="rke-guides",
        what="the guides for those who come from RKE, typed as they stand, from taking over to the newest release",
        report=ON_HOSTS,
        test=_LAB + "test_99_guides.py",
    ),
)


def tried(trial: Trial, folder: Path) -> Result:
    """Perform the test, in a process of its own; its crash point tells how many cases there were.

    Args:
        trial: Which.
        folder: What the test showed is left there when it fails: a drawn run is not found again soon.
    """
    words = (sys.executable, "-m", "pytest", "-q", "-m", "", "-p", "no:cacheprovider", trial.test)
    began = time.monotonic()
    done = subprocess.run(
        (*words, *(("-k", trial.cases) if trial.cases else ())), cwd=_ROOT, capture_output=True, text=True, check=False
    )
    passed, why = _PASSED.search(done.stdout), _WHY.search(done.stdout)
    well = done.returncode == 0 and passed is not None
    if not well:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "shown").write_text(done.stdout + done.stderr)
    return Result(
        commit=Provenance.of_here().commit,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        row=trial.name,
        scenario=trial.report,
        trouble="",
        seed=0,
        crash_point=f"{passed[1]} cases" if passed else "",
        outcome=OK if well else FAILED,
        seconds=round(time.monotonic() - began, 1),
        probe=None,
        why="" if well else why[1] if why else f"exit status {done.returncode}",
    )

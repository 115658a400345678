"""``python -m benchmarks.snapshots``: saving and restoring etcd on three hosts of the lab, small and large."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.commands import NotMeasured
from benchmarks.results import Result, publish, results_option
from tests.lab.lab import FULL, Lab, running, started
from tests.lab.operator import Operator
from tests.lab.operator import operator as make_operator
from vagrant.lab.errors import LabError

from .database import Programs, megabytes, write
from .figures import Restoring, Saving, result
from .measuring import measured

_LAB = "bench"
_SMALL, _LARGE = 30, 1000
"""Megabytes that are written."""

_SAVE, _RESTORE = ("etcd", "snapshot", "save", "--name"), ("etcd", "snapshot", "restore")


def measure(lab: Lab, folder: Path, rounds: int, large: int) -> Result:
    """Make a cluster, save and restore, and remove it."""
    person = make_operator(lab, folder, FULL, metrics=False)
    person.up()
    loads: list[float] = []
    try:
        write(lab, _SMALL, "small")
        measured(person, *_SAVE, "small")
        small = [_restored(person, "small", loads) for _ in range(rounds)]
        write(lab, large, "large")
        saved, size = _saved(person, rounds, loads), megabytes(lab)
        restored = _restored(person, f"large-{rounds}", loads)
        return result(saved, size, small, restored, loads)
    finally:
        person.remove()


def _saved(person: Operator, rounds: int, loads: list[float]) -> list[Saving]:
    programs = Programs(person.lab)
    programs.seconds()  # so that neither is the first to read the database from the disk
    done = []
    for number in range(1, rounds + 1):
        alone = programs.seconds()
        ours = measured(person, *_SAVE, f"large-{number}")
        loads.append(os.getloadavg()[0])
        (stage,) = ours.stages.values()
        done.append(Saving(by_programs=alone, by_rke_py=ours.seconds, stage=stage.seconds, peak=ours.peak))
        _say(f"save {number}: etcd's programs {alone:.1f} s, rke-py {ours.seconds:.1f} s")
        for host in FULL if number < rounds else ():
            person.lab.shell(host, f"rm -f /opt/rke/etcd-snapshots/large-{number}.*")
    programs.close()
    return done


def _restored(person: Operator, name: str, loads: list[float]) -> Restoring:
    size = megabytes(person.lab)
    done = measured(person, *_RESTORE, name, "--yes")
    loads.append(os.getloadavg()[0])
    restored = Restoring(megabytes=size, stages=done.stages, peak=done.peak, whole=done.seconds)
    _say(f"restore of {name}: all API servers ready after {restored.ready:.1f} s, away for {restored.away:.1f} s")
    for stage, span in done.stages.items():
        _say(f"  {stage}: {span.seconds:.1f} s")
    return restored


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Measure and publish."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.snapshots", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of each (default: %(default)s)")
    parser.add_argument("--megabytes", type=int, default=_LARGE, help="of the large database (default: %(default)s)")
    parser.add_argument("--on", metavar="LAB", help="a lab that runs and stays; without it one is started")
    results_option(parser)
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="rke-py-snapshots-") as folder:
            lab = running(options.on) if options.on else started(_LAB, Path(folder, "hosts"))
            try:
                found = measure(lab, Path(folder, "operator"), options.rounds, options.megabytes)
            finally:
                if not options.on:
                    lab.down()
    except (NotMeasured, LabError, AssertionError) as fault:
        print(f"Error: {fault}", file=sys.stderr)
        return 1
    publish(found, options.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())

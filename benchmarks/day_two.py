"""``python -m benchmarks.day_two``: what changes to a cluster of lab hosts take, beside what no order could spare.

One cluster, three hosts with all roles and a worker: an argument changed, a worker added, every certificate rotated,
and from one minor release to the next, etcd with it. Nobody uses the cluster meanwhile, so that only rke-py is timed;
that nobody notices is what the reliability report is about.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.lab.cluster import Cluster
from tests.lab.lab import ALL, SPARE, Lab, started
from tests.lab.operator import Run
from tests.lab.scenarios.nodes import ADD_WORKER
from tests.lab.scenarios.rotation import LEAVES
from tests.lab.scenarios.scenario import Move, editing
from tests.lab.scenarios.upgrade import UPGRADE
from vagrant.lab.errors import LabError

from .results import Result, publish, results_option
from .spread import verdict

_LAB = "bench"
_UNAVOIDABLE = ("restart ", "replace ", "start ", "cordon ")
"""How the titles of steps begin that make something go or come: components one after another, a node being emptied."""


def _more_words(config: dict[str, Any]) -> None:
    config["services"].setdefault("scheduler", {}).setdefault("extra_args", {})["v"] = "3"


_ARGUMENT = Move(words=("up",), steps=3, before=editing(_more_words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that was done.

    Attributes:
        seconds: Of the whole command, from the start of its process.
        unavoidable: Seconds of the steps in it that make components go and come, one after the other.
        by_rke: What RKE 1.7 took for it on such a lab; 0 where nobody measured that.
        times: At most so many times the unavoidable seconds are aimed at; 0 for no such aim.
        limit: At most so many seconds are aimed at; 0 for no such aim.
    """

    what: str
    seconds: float
    unavoidable: float
    by_rke: float = 0
    times: float = 0
    limit: float = 0

    @property
    def aim(self) -> str:
        """What is aimed at, and whether it was met."""
        if self.times:
            ratio = self.seconds / self.unavoidable
            return f"at most {self.times:.0f} times the restarts: {ratio:.1f}, {verdict(ratio, self.times)}"
        return f"at most {self.limit:.0f} s: {verdict(self.seconds, self.limit)}" if self.limit else ""


def unavoidable(run: Run) -> float:
    """Return the seconds of the steps that make something go or come."""
    ended = (event for event in run.events if event["event"] == "step-ended")
    return sum(float(event["seconds"]) for event in ended if event["step"].startswith(_UNAVOIDABLE))


def changes(lab: Lab, folder: Path) -> list[Change]:
    """Make a cluster and change it."""
    cluster = UPGRADE.make(lab, folder)
    argument, worker, leaves = (_done(cluster, move) for move in (_ARGUMENT, *ADD_WORKER.moves, LEAVES))
    cluster.kubectl.wait_nodes(*ALL, SPARE)
    upgrade = _done(cluster, *UPGRADE.moves)
    return [
        Change(what="an argument of kube-scheduler changed", by_rke=127, **argument),
        Change(what="a worker added, images present", by_rke=91, limit=20, **worker),
        Change(what="every certificate rotated", by_rke=39, times=3, **leaves),
        Change(what=f"{UPGRADE.what}, 5 hosts", **upgrade),
    ]


def _done(cluster: Cluster, move: Move) -> dict[str, float]:
    move.before(cluster)
    began = time.monotonic()
    run = cluster.operator.agreed(*move.words)
    return {"seconds": time.monotonic() - began, "unavoidable": unavoidable(run)}


def result(every: Sequence[Change]) -> Result:
    """Return the table: a row for each change."""
    return Result(
        name="6-day-two",
        title="Changes to four hosts of the lab",
        what="Three hosts with all roles and a worker, one run each, one after another on the same cluster, which "
        "nobody uses meanwhile. Unavoidable: the seconds of the steps that restart, replace or start a component or "
        "empty a node, one after the other. RKE: what RKE 1.7 took for it on such a lab, where it was measured; it "
        "rotated with all API servers and etcd members down together for 18 s.",
        columns=("change", "seconds", "unavoidable", "ratio", "RKE"),
        rows=[_row(change) for change in every],
        notes=tuple(f"Target for {change.what}: {change.aim}." for change in every if change.aim),
        measured={"changes": [asdict(change) for change in every]},
    )


def _row(change: Change) -> tuple[str, ...]:
    ratio = f"{change.seconds / change.unavoidable:.1f}" if change.unavoidable else ""
    rke = f"{change.by_rke:.0f}" if change.by_rke else ""
    return (change.what, f"{change.seconds:.1f}", f"{change.unavoidable:.1f}", ratio, rke)


def main() -> int:
    """Measure and publish."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.day_two", description=__doc__)
    results_option(parser)
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="rke-py-day-two-") as folder:
            lab = started(_LAB, Path(folder, "hosts"))
            try:
                every = changes(lab, Path(folder, "operator"))
            finally:
                lab.down()
    except (LabError, AssertionError) as fault:
        print(f"Error: {fault}", file=sys.stderr)
        return 1
    publish(result(every), options.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())

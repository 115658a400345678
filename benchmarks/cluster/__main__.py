"""Make a cluster of four lab hosts, by hand and with rke-py in turns, and compare the times."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.commands import NotMeasured
from benchmarks.hosts import removed, started
from benchmarks.results import publish, results_option
from vagrant.lab.errors import LabError

from .by_hand import by_hand
from .figures import Round, result
from .watch import LIMIT
from .with_rke_py import with_rke_py

_HOSTS = 4


def measured(rounds: int, lab: str, folder: Path) -> list[Round]:
    """Run all rounds, with new hosts for each cluster; none are left at the end."""
    done: list[Round] = []
    try:
        for number in range(1, rounds + 1):
            hand = by_hand(started(lab, folder / f"{number}-by-hand", _HOSTS))
            _say(f"round {number} by hand: four nodes Ready after {hand.ready:.1f} s, DNS after {hand.dns:.1f} s")
            ours = with_rke_py(started(lab, folder / f"{number}-rke-py", _HOSTS))
            _say(
                f"round {number} rke-py: four nodes Ready after {ours.ready:.1f} s, DNS after {ours.dns:.1f} s, "
                f"over after {ours.ended:.1f} s, second up {ours.second:.1f} s"
            )
            done.append(Round(by_hand=hand, with_rke_py=ours))
    finally:
        removed(lab)
    return done


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cluster", description=__doc__, epilog=f"A cluster is given up after {LIMIT:.0f} s."
    )
    parser.add_argument("--rounds", type=int, default=3, help="clusters of each kind (default: %(default)s)")
    parser.add_argument("--lab-name", default="bench", help="of the lab, which is replaced (default: %(default)s)")
    results_option(parser)
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="rke-py-cluster-") as folder:
            rounds = measured(options.rounds, options.lab_name, Path(folder))
    except (NotMeasured, LabError) as fault:
        print(f"Error: {fault}", file=sys.stderr)
        return 1
    publish(result(rounds, _HOSTS), options.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())

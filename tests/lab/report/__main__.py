"""``python -m tests.lab.report [ROW]``: perform rows of the reliability report, without hosts or one lab after another.

Without ROW every row of the matrix that never ended well is performed; stop at any time and go on later. With ROW, a
row's name or a pattern of names (``upgrade/*``), these are performed whether or not they were before.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from .perform import NotBegun, performed
from .results import OK, append, results
from .rows import Row, matrix, row
from .trials import TRIALS, Trial, tried

_FOLDER = Path(".lab").resolve()


def main() -> int:
    """Perform rows; return 1 when one of them failed or could not begin."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.report")
    parser.add_argument("row", nargs="?", default="", help="a row's name, or a pattern of names")
    parser.add_argument("--list", action="store_true", help="only say which they would be")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped; the row under way is not recorded"))
    rows = _chosen(options.row)
    if options.list:
        _say(*(each.name for each in rows))
        return 0
    return max([_try(each) if isinstance(each, Trial) else _perform(each) for each in rows], default=0)


def _chosen(name: str) -> Sequence[Row | Trial]:
    every = (*TRIALS, *matrix())
    if not name:
        well = {result.row for result in results() if result.outcome == OK}
        return [each for each in every if each.name not in well]
    found = [each for each in every if fnmatch(each.name, name)]
    return found or [row(name)]


def _try(trial: Trial) -> int:
    _say(f"{trial.name} …")
    result = tried(trial, _folder(trial.name))
    append(trial.report, result)
    _say(f"{trial.name}: {result.outcome} in {result.seconds} s; {result.crash_point} {result.why}".rstrip())
    return int(result.outcome != OK)


def _perform(each: Row) -> int:
    _say(f"{each.name} …")
    try:
        result = performed(each, _folder(each.name))
    except NotBegun as fault:
        _say(f"{each.name}: not begun: {fault}")
        return 1
    append(each.report, result)
    figures = ", ".join(f"{name} {value}" for name, value in (result.probe or {}).items())
    _say(f"{each.name}: {result.outcome} in {result.seconds} s; {figures} {result.why}".rstrip())
    return int(result.outcome != OK)


def _folder(name: str) -> Path:
    return _FOLDER / "report-{}".format(name.replace("/", "-"))


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

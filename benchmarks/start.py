"""``python -m benchmarks.start``: how long commands take that speak to nobody."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from .commands import RKE_PY, NotMeasured, seconds_of
from .results import Result, publish, results_option
from .spread import Spread, verdict

_VERSION, _VALIDATE, _PLAN = "rke-py --version", "rke-py config validate, 500 nodes", "rke-py plan --offline, 500 nodes"
TARGETS = {_VERSION: 0.150, _VALIDATE: 1.0, _PLAN: 3.0}
"""Seconds, by title."""


def cluster_yml(nodes: int) -> str:
    """Return a cluster.yml of three nodes with all roles and workers for the rest."""

    def node(number: int) -> dict[str, object]:
        roles = ["controlplane", "etcd", "worker"] if number < 3 else ["worker"]
        return {
            "address": f"10.1.{number // 250}.{1 + number % 250}",
            "hostname_override": f"node-{number + 1}",
            "user": "ubuntu",
            "role": roles,
            "labels": {"example.org/rack": f"r{number % 20}"},
        }

    content = {
        "cluster_name": "large",
        "kubernetes_version": "v1.34.4",
        "nodes": [node(number) for number in range(nodes)],
        "ingress": {"provider": "none"},
        "services": {"kube-controller": {"cluster_cidr": "10.128.0.0/10"}},  # the usual range is enough for 256 nodes
    }
    return yaml.safe_dump(content, sort_keys=False)


def commands(folder: Path) -> Mapping[str, Sequence[str]]:
    """Return what is timed, by its title; writes the files that are needed into the folder."""
    small, large = folder / "cluster-4.yml", folder / "cluster-500.yml"
    small.write_text(cluster_yml(4), encoding="utf-8")
    large.write_text(cluster_yml(500), encoding="utf-8")
    return {
        "python -c pass": (sys.executable, "-c", "pass"),
        _VERSION: (RKE_PY, "--version"),
        "rke-py --help": (RKE_PY, "--help"),
        "rke-py config validate, 4 nodes": (RKE_PY, "config", "validate", "--config", str(small)),
        _VALIDATE: (RKE_PY, "config", "validate", "--config", str(large)),
        _PLAN: (RKE_PY, "plan", "--offline", "--config", str(large)),
    }


def result(times: Mapping[str, Sequence[float]]) -> Result:
    """Return the table of times in seconds, by title."""
    spreads = {title: Spread.of(values) for title, values in times.items()}
    runs = max(map(len, times.values()))
    return Result(
        name="2-start",
        title="Commands that speak to nobody",
        what=f"Wall time of the whole process, {runs} runs each in turns, after one that is not counted. "
        "`python -c pass` is what the interpreter alone takes.",
        columns=("Command", "min ms", "median ms", "max ms"),
        rows=[(_shown(title), *_milliseconds(spread)) for title, spread in spreads.items()],
        notes=[_note(title, spreads[title].middle, target) for title, target in TARGETS.items() if title in spreads],
        measured={"seconds": {title: [round(value, 4) for value in values] for title, values in times.items()}},
    )


def _note(title: str, median: float, target: float) -> str:
    said = verdict(median, target)
    return f"Target for {_shown(title)}: under {target * 1000:.0f} ms. Median {median * 1000:.0f} ms: {said}."


def _shown(title: str) -> str:
    """Return a title with its command marked as one."""
    command, comma, rest = title.partition(",")
    return f"`{command}`{comma}{rest}"


def _milliseconds(spread: Spread) -> tuple[str, str, str]:
    return Spread(least=spread.least * 1000, middle=spread.middle * 1000, most=spread.most * 1000).cells(0)


def main() -> int:
    """Measure and publish."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="of each command (default: %(default)s)")
    results_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wanted = commands(Path(folder))
        try:
            for command in wanted.values():
                seconds_of(command)  # reads the files from the disk and compiles what was never run
            rounds = [{title: seconds_of(command) for title, command in wanted.items()} for _ in range(options.runs)]
        except NotMeasured as fault:
            print(f"Error: {fault}", file=sys.stderr)
            return 1
    publish(result({title: [times[title] for times in rounds] for title in wanted}), options.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())

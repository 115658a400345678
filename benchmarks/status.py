"""``python -m benchmarks.status``: ``status`` on fleets that are simulated, small and large.

Machines, etcd and the API are those of ``tests/sim``, as in ``benchmarks.simulated``; the cluster is made without
waiting for anything, and then every call takes as long as ``--latency`` says.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rke_py.workflows.context import Clock, Context
from rke_py.workflows.status import status
from tests.sim.clock import RealClock

from .results import Result, publish, results_option
from .simulated import Edges, prepared
from .spread import Spread, verdict
from .usage import measured

_TARGETS = {4: 2.0, 1000: 10.0}
"""Seconds that a look may take, by the number of hosts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Some looks at a fleet.

    Attributes:
        seconds: How long each took.
        processor_seconds: How much processor time each took, the simulation's included.
        calls: How many calls one makes to hosts and APIs.
    """

    hosts: int
    seconds: Sequence[float]
    processor_seconds: Sequence[float]
    calls: int


def looks(hosts: int, latency: float, times: int, folder: Path) -> Look:
    """Make a cluster and look at it."""
    person = prepared(hosts, None, folder)
    person.up()
    world = person.world
    world.time = world.calls.time = RealClock(latency)
    usages, calls = [], 0
    for _ in range(times):
        world.begin_run()
        before = len(world.calls.log)
        context = Context(config=person.path, clock=cast(Clock, world.time), edges=Edges(world))
        with measured() as usage:
            found = status(context)
        if not found.healthy or found.drift.steps:
            raise RuntimeError(f"the cluster is not as it should be: {found.drift.steps[:3]}")
        usages.append(usage)
        calls = len(world.calls.log) - before
    return Look(
        hosts=hosts,
        seconds=[usage.seconds for usage in usages],
        processor_seconds=[usage.processor_seconds for usage in usages],
        calls=calls,
    )


def result(every: Sequence[Look], latency: float) -> Result:
    """Return the table: a row for each fleet."""
    targets = {look.hosts: _TARGETS.get(look.hosts) for look in every}
    return Result(
        name="5-status",
        title=f"`status`, {latency * 1000:.0f} ms a call",
        what="`status` on simulated fleets of three hosts with all roles and workers for the rest, which are as "
        f"cluster.yml wants them. Every call to a host or an API takes {latency * 1000:.0f} ms. The simulation runs in "
        "the same process: its processor time is in the figures.",
        columns=("hosts", "least, s", "middle, s", "most, s", "processor time, s", "calls"),
        rows=[_row(look) for look in every],
        notes=tuple(
            f"Target for {look.hosts:,} hosts: {target:.0f} s, "
            f"{verdict(Spread.of(look.seconds).middle, target)} in the middle."
            for look in every
            if (target := targets[look.hosts])
        ),
        measured={"latency": latency, "looks": [_data(look) for look in every]},
    )


def _row(look: Look) -> tuple[str, ...]:
    processor = f"{Spread.of(look.processor_seconds).middle:.2f}"
    return (f"{look.hosts:,}", *Spread.of(look.seconds).cells(2), processor, str(look.calls))


def _data(look: Look) -> Mapping[str, object]:
    return {
        "hosts": look.hosts,
        "seconds": [round(one, 3) for one in look.seconds],
        "processor_seconds": [round(one, 3) for one in look.processor_seconds],
        "calls": look.calls,
    }


def main() -> int:
    """Measure and publish."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.status", description=__doc__)
    parser.add_argument("--hosts", type=int, action="append", help="how many (default: 4 and 1000)")
    parser.add_argument("--latency", type=float, default=0.02, help="seconds that a call takes (default: %(default)s)")
    parser.add_argument("--times", type=int, default=5, help="how often to look (default: %(default)s)")
    results_option(parser)
    options = parser.parse_args()
    every = []
    for hosts in options.hosts or list(_TARGETS):
        with tempfile.TemporaryDirectory() as folder:
            every.append(looks(hosts, options.latency, options.times, Path(folder)))
    publish(result(every, options.latency), options.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())

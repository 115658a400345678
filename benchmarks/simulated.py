"""``python -m benchmarks.simulated``: ``up`` on a large fleet that is simulated, so that rke-py's own share shows.

Machines, etcd and the API are those of ``tests/sim``; they live in this process, take their share of its processor time
and of its memory, and every call to one of them takes as long as ``--latency`` says.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, astuple, dataclass, field
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self, cast

from rke_py.cluster.model import Cluster
from rke_py.kube.interface import ClusterAccess
from rke_py.pki.model import Bundle
from rke_py.progress import Event, Finished, StageEnded, StageStarted
from rke_py.transport.interface import Fleet, HostConnection
from rke_py.workflows.context import Clock, Context
from rke_py.workflows.loading import load_cluster
from rke_py.workflows.up import up
from tests.sim.engine import PULL_SECONDS, STOP_SECONDS, TOOL_SECONDS
from tests.sim.fleet import SimulatedEdges, SimulatedFleet
from tests.sim.operator import Operator, node, operator
from tests.sim.world import World

from .results import Result, publish, results_option
from .timeline import Timeline
from .usage import Usage, measured

_CONNECTING_AT_ONCE = 48
"""As rke_py/transport/fleet.py does."""

_CONTROL_PLANES = 3


@dataclass(slots=True)
class Watcher:
    """A Reporter that keeps when each stage began and ended, and how many steps were done."""

    began: float = field(default_factory=time.monotonic)
    timeline: Timeline = field(default_factory=Timeline)
    steps: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def report(self, event: Event) -> None:
        """Keep what is of use of an event."""
        with self._lock:
            at = time.monotonic() - self.began
            if isinstance(event, StageStarted):
                self.timeline.start(event.stage, at)
            elif isinstance(event, StageEnded):
                self.timeline.end(event.stage, at)
            elif isinstance(event, Finished):
                self.steps = event.changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of ``up``.

    Attributes:
        title: What the table calls it.
        calls: How many calls it made to hosts and APIs.
    """

    title: str
    usage: Usage
    timeline: Timeline
    steps: int
    calls: int


class AtOnce:
    """A Fleet whose hosts are connected to in parallel, as over real SSH; the simulation's own goes one by one."""

    def __init__(self, world: World, cluster: Cluster) -> None:
        self._each = {host.name: SimulatedFleet(world, (host,)) for host in cluster.hosts}

    def __enter__(self) -> Self:
        with ThreadPoolExecutor(_CONNECTING_AT_ONCE) as pool:
            tuple(pool.map(SimulatedFleet.__enter__, self._each.values()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for fleet in self._each.values():
            fleet.__exit__(kind, error, trace)

    def __getitem__(self, name: str) -> HostConnection:
        return self._each[name][name]

    @property
    def reachable(self) -> tuple[str, ...]:
        """Names of the hosts that answered."""
        return tuple(name for name, fleet in self._each.items() if fleet.reachable)

    @property
    def faults(self) -> Mapping[str, Exception]:
        """Why the others did not."""
        return MappingProxyType({name: fault for fleet in self._each.values() for name, fault in fleet.faults.items()})


class Edges:
    """The Edges of ``workflows.edges``: the simulation's, connected to in parallel."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._simulated = SimulatedEdges(world)

    def fleet(self, cluster: Cluster, context: Context) -> Fleet:
        """Return the fleet of the cluster's hosts."""
        return AtOnce(self._world, cluster)

    def access(self, cluster: Cluster, fleet: Fleet, bundle: Callable[[], Bundle]) -> ClusterAccess:
        """Return the ways into the cluster's APIs."""
        return self._simulated.access(cluster, fleet, bundle)


def prepared(hosts: int, latency: float | None, folder: Path) -> Operator:
    """Return who runs ``up`` on new machines that have all images; without a latency nobody waits for anything.

    One machine more is there, for ``one_worker_more``.
    """
    roles = ["ecw"] * min(hosts, _CONTROL_PLANES) + ["w"] * (hosts - _CONTROL_PLANES) + [""]
    # The usual range has addresses for 256 nodes.
    services = {"kube-controller": {"cluster_cidr": "10.128.0.0/10"}}
    person = operator(folder, *roles, latency=latency, services=services)
    images = set(astuple(load_cluster(person.path).cluster.images))
    for machine in person.world.machines.values():
        machine.images |= images
    return person


def one_worker_more(person: Operator) -> None:
    """Let cluster.yml ask for the machine that is not part of the cluster yet."""
    nodes = person.config["nodes"]
    person.edit(nodes=[*nodes, node(len(nodes) + 1, "w")])


def run(title: str, person: Operator) -> Run:
    """Run ``up`` once and measure it."""
    world = person.world
    world.begin_run()
    before = len(world.calls.log)
    watcher = Watcher()
    context = Context(
        config=person.path,
        reporter=watcher,
        consent=lambda _question, _costs: True,
        clock=cast(Clock, world.time),
        edges=Edges(world),
    )
    with measured() as usage:
        up(context)
    calls = len(world.calls.log) - before
    return Run(title=title, usage=usage, timeline=watcher.timeline, steps=watcher.steps, calls=calls)


def result(runs: Sequence[Run], hosts: int, latency: float) -> Result:
    """Return the table: a column for each run."""
    stages = tuple(dict.fromkeys(stage for run in runs for stage in run.timeline.stages))
    rows: list[tuple[str, ...]] = [
        ("wall time, s", *(f"{run.usage.seconds:.1f}" for run in runs)),
        ("· until the first stage: connect, look, plan, s", *(f"{_until_stages(run):.1f}" for run in runs)),
        *((f"· stage {stage}, s", *(_stage(run, stage) for run in runs)) for stage in stages),
        ("processor time, s", *(f"{run.usage.processor_seconds:.1f}" for run in runs)),
        ("peak memory, MiB", *(f"{run.usage.megabytes:.0f}" for run in runs)),
        ("of it before the run, MiB", *(f"{run.usage.megabytes_before:.0f}" for run in runs)),
        ("threads at once", *(str(run.usage.threads) for run in runs)),
        ("steps", *(str(run.steps) for run in runs)),
        ("calls to hosts and APIs", *(str(run.calls) for run in runs)),
    ]
    return Result(
        name="3-simulated",
        title=f"{hosts:,} simulated hosts, {latency * 1000:.0f} ms a call",
        what=f"`up` on a simulated fleet: {min(hosts, _CONTROL_PLANES)} hosts with all roles, workers for the rest, "
        f"images present. Every call to a host or an API takes {latency * 1000:.0f} ms, a tools container "
        f"{TOOL_SECONDS} s, stopping a container {STOP_SECONDS} s, a pull {PULL_SECONDS} s. The simulation runs in "
        "the same process: its processor time and memory are in the figures.",
        columns=("", *(run.title for run in runs)),
        rows=rows,
        notes=("Stages overlap; threads include one of the measurement.",),
        measured={"hosts": hosts, "latency": latency, "runs": [_data(run) for run in runs]},
    )


def _stage(run: Run, stage: str) -> str:
    span = run.timeline.stages.get(stage)
    return f"{span.seconds:.1f}" if span else ""


def _until_stages(run: Run) -> float:
    return run.timeline.whole.began if run.timeline.stages else run.usage.seconds


def _data(run: Run) -> Mapping[str, object]:
    usage = {name: round(value, 3) for name, value in asdict(run.usage).items()}
    stages = {stage: asdict(span) for stage, span in run.timeline.stages.items()}
    return {"title": run.title, **usage, "stages": stages, "steps": run.steps, "calls": run.calls}


def main() -> int:
    """Measure and publish."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulated", description=__doc__)
    parser.add_argument("--hosts", type=int, default=1000, help="how many (default: %(default)s)")
    parser.add_argument("--latency", type=float, default=0.02, help="seconds that a call takes (default: %(default)s)")
    results_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        person = prepared(options.hosts, options.latency, Path(folder))
        runs = [run("first `up`", person), run("second `up`", person)]
        one_worker_more(person)
        runs.append(run("one worker added", person))
    publish(result(runs, options.hosts, options.latency), options.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``python -m benchmarks.connections``: many real SSH connections at once, to the sshd of one host of the lab."""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from rke_py.cluster.model import Cluster
from rke_py.observe.hosts import look_at_hosts
from rke_py.transport.fleet import SshFleet, SshOptions, open_fleet
from rke_py.workflows.loading import load_cluster
from vagrant.lab.errors import LabError

from .commands import NotMeasured
from .hosts import Hosts, removed, started
from .results import Result, publish, results_option
from .usage import Usage, measured

_USUAL_DESCRIPTORS = 1024
"""What a login shell may have open; rke-py raises it as far as it needs."""


def cluster_of(hosts: int, config: Path) -> Cluster:
    """Return a cluster of so many hosts, all of which are the one host of a cluster.yml."""
    cluster = load_cluster(config).cluster
    (only,) = cluster.hosts
    return replace(cluster, hosts=tuple(replace(only, name=f"n{number + 1}") for number in range(hosts)))


def measure(hosts: int, machine: Hosts) -> tuple[Mapping[str, Usage], Mapping[str, int]]:
    """Connect, look, close; return what each part used, and counts of the run as a whole."""
    cluster = cluster_of(hosts, machine.folder / "cluster.yml")
    _set_soft_limit(_USUAL_DESCRIPTORS)
    (before,) = machine.handshakes()
    fleet = open_fleet(cluster, options=SshOptions(), now=lambda: datetime.now(UTC))
    with measured() as connecting:
        fleet.__enter__()
    try:
        with measured() as looking:
            _look(cluster, fleet)
    finally:
        with measured() as closing:
            fleet.__exit__(None, None, None)
    (after,) = machine.handshakes()
    counts = {"handshakes": after - before, "descriptor limit": resource.getrlimit(resource.RLIMIT_NOFILE)[0]}
    return {"connect": connecting, "look": looking, "close": closing}, counts


def _set_soft_limit(descriptors: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = descriptors if hard == resource.RLIM_INFINITY else min(descriptors, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _look(cluster: Cluster, fleet: SshFleet) -> None:
    faults = [seen.fault for seen in look_at_hosts(cluster.hosts, fleet).values() if seen.fault]
    for fault in faults:
        raise NotMeasured(f"{len(faults)} hosts cannot be looked at; the first: {fault}")


def result(hosts: int, parts: Mapping[str, Usage], counts: Mapping[str, int]) -> Result:
    """Return the table: a row for each part."""
    titles = {"connect": "connect, reach Docker", "look": "look at each", "close": "close"}
    rows: Sequence[Sequence[str]] = [
        (
            titles[part],
            f"{usage.seconds:.1f}",
            f"{usage.processor_seconds:.1f}",
            f"{usage.megabytes_before:.0f}",
            f"{usage.megabytes:.0f}",
            str(usage.threads),
            str(usage.descriptors),
        )
        for part, usage in parts.items()
    ]
    return Result(
        name="4-connections",
        title=f"{hosts} SSH connections",
        what=f"{hosts} hosts, each with a connection of its own, verified and with a key, all to one host of the "
        "lab: rke-py shares the processor with that host's sshd and Docker.",
        columns=("", "wall s", "processor s", "MiB before", "peak MiB", "threads", "descriptors"),
        rows=rows,
        notes=(
            f"SSH handshakes counted at sshd: {counts['handshakes']} for {hosts} hosts.",
            f"Soft limit of descriptors: {_USUAL_DESCRIPTORS} before, {counts['descriptor limit']} after.",
            "Processor time is this process's alone; threads include one of the measurement.",
        ),
        measured={"hosts": hosts, **counts, "parts": {part: asdict(usage) for part, usage in parts.items()}},
    )


def main() -> int:
    """Measure and publish."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.connections", description=__doc__)
    parser.add_argument("--hosts", type=int, default=300, help="how many (default: %(default)s)")
    parser.add_argument("--lab-name", default="bench", help="of the lab, which is replaced (default: %(default)s)")
    results_option(parser)
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="rke-py-connections-") as folder:
            try:
                parts, counts = measure(options.hosts, started(options.lab_name, Path(folder) / "lab", 1))
            finally:
                removed(options.lab_name)
    except (NotMeasured, LabError) as fault:
        print(f"Error: {fault}", file=sys.stderr)
        return 1
    publish(result(options.hosts, parts, counts), options.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())

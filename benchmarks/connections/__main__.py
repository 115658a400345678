"""Connect to many hosts through rke_py.transport.fleet, ask Docker of each for its facts, and count what that took."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import yaml

from benchmarks.commands import NotMeasured
from benchmarks.results import Result, publish, results_option
from benchmarks.usage import Usage, measured
from rke_py.cluster.model import Cluster
from rke_py.transport.fleet import SshFleet, SshOptions, open_fleet
from rke_py.transport.parallel import for_each
from rke_py.workflows.loading import load_cluster

from .sshd import Sshd, serving

_USUAL_DESCRIPTORS = 1024
"""What a login shell may have open; rke-py raises it as far as it needs."""


def cluster_of(hosts: int, server: Sshd, docker_socket: Path, folder: Path) -> Cluster:
    """Return a cluster of so many hosts, all of which are one server."""
    node = {
        "address": server.address,
        "port": server.port,
        "user": server.user,
        "ssh_key_path": str(server.key),
        "host_key": server.host_key,
        "docker_socket": str(docker_socket),
        "role": ["controlplane", "etcd", "worker"],
    }
    path = folder / "cluster.yml"
    path.write_text(yaml.safe_dump({"nodes": [node]}))
    cluster = load_cluster(path).cluster
    (first,) = cluster.hosts
    return replace(cluster, hosts=tuple(replace(first, name=f"n{number + 1}") for number in range(hosts)))


@contextmanager
def docker_api(folder: Path) -> Iterator[Path]:
    """Run what stands for the hosts' Docker; gives its socket."""
    socket = folder / "docker.sock"
    command = [sys.executable, "-m", "benchmarks.connections.docker_api", str(socket)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            if process.stdout is None or process.stdout.readline() != b"ready\n":
                raise NotMeasured("what stands for Docker does not start")
            yield socket
        finally:
            process.terminate()


def measure(hosts: int, folder: Path) -> tuple[Mapping[str, Usage], Mapping[str, int]]:
    """Connect, look, close; return what each part used, and counts of the run as a whole."""
    with docker_api(folder) as socket, serving(folder, hosts) as server:
        cluster = cluster_of(hosts, server, socket, folder)
        _set_soft_limit(_USUAL_DESCRIPTORS)
        before = server.handshakes()
        fleet = open_fleet(cluster, options=SshOptions(user=server.user), now=lambda: datetime.now(UTC))
        with measured() as connecting:
            fleet.__enter__()
        try:
            with measured() as looking:
                _look(fleet)
        finally:
            with measured() as closing:
                fleet.__exit__(None, None, None)
        counts = {
            "handshakes": server.handshakes() - before,
            "descriptor limit": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        }
        return {"connect": connecting, "look": looking, "close": closing}, counts


def _set_soft_limit(descriptors: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = descriptors if hard == resource.RLIM_INFINITY else min(descriptors, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _look(fleet: SshFleet) -> None:
    for name, fault in fleet.faults.items():
        raise NotMeasured(f"{len(fleet.faults)} hosts cannot be reached; {name}: {fault}")
    for name, facts in for_each(fleet.reachable, lambda name: fleet[name].engine.facts()).items():
        if isinstance(facts, Exception):
            raise NotMeasured(f"Docker of {name} cannot be asked: {facts}")


def result(hosts: int, parts: Mapping[str, Usage], counts: Mapping[str, int]) -> Result:
    """Return the table: a row for each part."""
    titles = {"connect": "connect, reach Docker", "look": "ask Docker of each for its facts", "close": "close"}
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
        what=f"{hosts} hosts, each with a connection of its own, verified and with a key, to one sshd on the loopback: "
        "rke-py shares the processor with it. Docker's API is answered by a small process.",
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
    results_option(parser)
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="rke-py-connections-") as folder:
            parts, counts = measure(options.hosts, Path(folder))
    except NotMeasured as fault:
        print(f"Error: {fault}", file=sys.stderr)
        return 1
    publish(result(options.hosts, parts, counts), options.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())

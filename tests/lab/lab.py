"""The hosts of the tests: started by the lab's program, broken and mended through it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vagrant.lab import docker, faults, hosts
from vagrant.lab.cache import Cache

from .waiting import until

FULL, WORKER = ("n1", "n2", "n3"), "n4"
"""The hosts with all roles, and the one that only works."""

ALL = (*FULL, WORKER)
SPARE = "n5"
"""A host that is in no cluster unless a test takes it."""

WITH_CLIENT = "n1"
"""The one host that has Docker's client program."""

SMALL_DISK = "/var/log"
"""A folder of the worker with a disk of its own, which a test fills."""

_LIFE = 5400
_ENGINE = "/usr/local/libexec/lab/docker"
"""Docker's client program as the lab keeps it on every host, away from the path."""


@dataclass(frozen=True, slots=True)
class Lab:
    """Hosts that run.

    Attributes:
        folder: Their key, known_hosts and cluster.yml.
    """

    name: str
    folder: Path

    @property
    def kubectl(self) -> Path:
        """The kubectl that the lab built."""
        return Cache.of_user().root / "bin" / "kubectl"

    @property
    def key(self) -> Path:
        """The operator's private key."""
        return self.folder / "key"

    @property
    def engine(self) -> str:
        """Docker's client program on every host."""
        return _ENGINE

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names of all hosts."""
        return tuple(host.name for host in hosts.of_lab(self.name))

    def address(self, host: str) -> str:
        """Return the address of a host."""
        return self._host(host).address

    def run(self, host: str, *command: str, stdin: str | None = None) -> str:
        """Run a command on a host as root and return what it printed."""
        return docker.execute(self._container(host), *command, stdin=stdin)

    def shell(self, host: str, script: str) -> str:
        """Run shell text on a host as root and return what it printed."""
        return self.run(host, "bash", "-euo", "pipefail", "-c", script)

    def succeeds(self, host: str, *command: str) -> bool:
        """Tell whether a command on a host ends with status 0."""
        words = ("docker", "exec", self._container(host), *command)
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def docker(self, host: str, *words: str) -> str:
        """Run Docker's client on a host, for the host's own engine."""
        return self.run(host, _ENGINE, *words)

    def attempt(self, host: str, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run Docker's client on a host and return how it ended."""
        interactive = ("-i",) if stdin else ()  # docker exec may lose the end of an empty input
        command = ("docker", "exec", *interactive, self._container(host), _ENGINE, *words)
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)

    def inspect(self, host: str, *names: str) -> Sequence[Mapping[str, Any]]:
        """Return what ``docker inspect`` says of containers of a host; of all when none is named."""
        chosen = names or tuple(self.docker(host, "ps", "-aq").split())
        return json.loads(self.docker(host, "inspect", *chosen)) if chosen else ()

    def containers(self, host: str) -> tuple[str, ...]:
        """Return the names of a host's containers, stopped ones too, but those of pods that run in Docker."""
        names = self.docker(host, "ps", "-a", "--format", "{{.Names}}").split()
        return tuple(sorted(name for name in names if not name.startswith("k8s_")))

    def service(self, host: str, action: str, name: str) -> None:
        """Start, stop, restart or reload ssh, docker or containerd of a host."""
        self.run(host, "timeout", "60", "lab-service", action, name)

    def answers(self, host: str) -> None:
        """Wait until ssh, docker and containerd of a host answer."""
        self.run(host, "timeout", "60", "lab-service", "wait")

    def kill(self, *names: str) -> None:
        """Cut the power of hosts in the same moment."""
        faults.kill(*map(self._host, names))

    def start(self, *names: str) -> None:
        """Switch hosts on and wait for their services."""
        faults.start(*map(self._host, names))

    def reboot(self, *names: str) -> None:
        """Shut hosts down and switch them on again."""
        faults.reboot(*map(self._host, names))

    def fill(self, host: str, folder: str) -> None:
        """Take all space of a small disk."""
        faults.fill(self._host(host), folder)

    def unfill(self, host: str, folder: str) -> None:
        """Give it back."""
        faults.unfill(self._host(host), folder)

    def slow_disk(self, host: str, milliseconds: int) -> None:
        """Delay every write of etcd to disk; 0 ends it."""
        faults.slow_disk(self._host(host), milliseconds)

    def down(self) -> None:
        """Remove the lab."""
        _program("down", "--name", self.name)

    @contextmanager
    def partitioned(self, host: str, other: str) -> Iterator[None]:
        """Cut a host off from another one, or from the ``registry``, while entered."""
        faults.partition(self._host(host), other)
        try:
            yield
        finally:
            faults.heal(self._host(host), other)

    @contextmanager
    def listening(self, host: str, port: int, address: str = "127.0.0.1") -> Iterator[None]:
        """Let a program of somebody else's hold a port of a host while entered."""
        listener = f"TCP-LISTEN:{port},bind={address},reuseaddr,fork"
        subprocess.run(["docker", "exec", "-d", self._container(host), "socat", listener, "PIPE"], check=True)
        until(lambda: f":{port} " in self.run(host, "ss", "-ltnH"), f"port {port} of {host} is held", seconds=30)
        try:
            yield
        finally:
            self.run(host, "pkill", "-f", f"TCP-LISTEN:{port}")

    @contextmanager
    def forwarding(self, host: str, port: int, to: int, address: str = "127.0.0.1") -> Iterator[None]:
        """Lead a port on all addresses of a host to another, of its loopback unless told otherwise, while entered."""
        listener = f"TCP-LISTEN:{port},reuseaddr,fork"
        target = f"TCP:{address}:{to}"
        subprocess.run(["docker", "exec", "-d", self._container(host), "socat", listener, target], check=True)
        until(lambda: f":{port} " in self.run(host, "ss", "-ltnH"), f"port {port} of {host} leads on", seconds=30)
        try:
            yield
        finally:
            self.run(host, "pkill", "-f", listener)

    def _host(self, name: str) -> hosts.Host:
        return hosts.named(self.name, name)

    def _container(self, host: str) -> str:
        return hosts.container_of(self.name, host)


def started(
    name: str,
    folder: Path,
    *,
    hosts: int = len((*ALL, SPARE)),
    small_disks: Sequence[str] = (f"{WORKER}:{SMALL_DISK}:400",),
) -> Lab:
    """Start the hosts anew, images present; what an earlier run of the tests left over is removed."""
    return _started(name, folder, "--hosts", str(hosts), "--docker-cli", WITH_CLIENT, *_disks(small_disks))


def started_as(name: str, folder: Path, addresses: Mapping[str, str], small_disks: Sequence[str] = ()) -> Lab:
    """Start hosts of these names and addresses, and build what a cluster as RKE makes it needs.

    One lab at a time can have them.
    """
    names = ("--names", ",".join(addresses), "--addresses", ",".join(addresses.values()))
    lab = _started(name, folder, *names, *_disks(small_disks))
    _program("build", "--with", "rke")
    return lab


def _disks(small: Sequence[str]) -> Iterator[str]:
    return (word for disk in small for word in ("--small-disk", disk))


def _started(name: str, folder: Path, *options: str) -> Lab:
    where = ("--folder", str(folder), "--seconds", str(_LIFE))
    _program("up", "--name", name, *where, *options, "--preload", "--replace")
    return Lab(name, folder)


def running(name: str) -> Lab:
    """Return a lab that somebody started, with the options above, and keeps."""
    (labels,) = docker.networks(f"{docker.LAB}={name}").values()
    return Lab(name, Path(labels[hosts.FOLDER]))


def _program(*words: str) -> None:
    checkout = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(checkout), os.environ.get("PYTHONPATH", "")))}
    subprocess.run([sys.executable, "-m", "vagrant.lab", *words], check=True, env=environment)

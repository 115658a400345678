"""Hosts of the lab to measure with: new ones for every run, with all images present."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.commands import NotMeasured
from benchmarks.provenance import CHECKOUT
from vagrant.lab import docker
from vagrant.lab.hosts import Host, of_lab

_LIFE = 1800
_SSHD_LOG = "/var/log/sshd.log"
_AT_ONCE = 1024
_SETTINGS = f"""
printf '%s\\n' 'LogLevel VERBOSE' 'MaxStartups {_AT_ONCE}' > /etc/ssh/sshd_config.d/benchmark.conf
: > {_SSHD_LOG}
lab-service reload ssh
until grep -q "Server listening" {_SSHD_LOG}; do sleep 0.05; done
"""
"""Only so does sshd write of every connection, and take that many at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """Hosts without a cluster.

    Attributes:
        folder: Their key, known_hosts and cluster.yml.
        hosts: In the order of their names: up to three with all roles, then workers.
    """

    folder: Path
    hosts: tuple[Host, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Their addresses."""
        return tuple(host.address for host in self.hosts)

    def handshakes(self) -> tuple[int, ...]:
        """Return how many connections each host's sshd has taken so far."""
        return tuple(len(lines) for lines in self.connections().values())

    def connections(self) -> Mapping[str, tuple[str, ...]]:
        """Return what each host's sshd wrote about the connections it has taken so far."""
        command = ("sh", "-c", f"grep '^Connection from' {_SSHD_LOG} || true")
        return {host.name: tuple(docker.execute(host.container, *command).splitlines()) for host in self.hosts}


def started(lab: str, folder: Path, count: int) -> Hosts:
    """Start the hosts anew; those of an earlier run are removed."""
    _lab(
        *("up", "--name", lab, "--hosts", str(count), "--folder", str(folder), "--seconds", str(_LIFE)),
        *("--preload", "--replace"),
    )
    hosts = Hosts(folder=folder, hosts=of_lab(lab))
    for host in hosts.hosts:
        docker.execute(host.container, "bash", "-euc", _SETTINGS)
    return hosts


def removed(lab: str) -> None:
    """Remove the hosts and all they left."""
    _lab("down", "--name", lab)


def _lab(*words: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        [sys.executable, "-m", "vagrant.lab", *words], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        raise NotMeasured(f"lab {words[0]}: {done.stderr}")

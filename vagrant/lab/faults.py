"""What can happen to a host: it stops, dies, hangs, reboots, is cut off, becomes slow, runs full."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from . import docker, hosts, registry
from .commands import attempt, run
from .errors import LabError
from .hosts import Host

REGISTRY = "registry"
"""What the registry is called where a host's name is expected."""


def stop(*chosen: Host) -> None:
    """Shut hosts down in order: their containers are stopped first."""
    run("docker", "stop", *(host.container for host in chosen))


def kill(*power_cut: Host) -> None:
    """Cut the power of hosts, all in the same moment."""
    run("docker", "kill", *(host.container for host in power_cut))


def pause(*chosen: Host) -> None:
    """Freeze all processes of hosts: they answer nothing, though the kernel still takes connections."""
    run("docker", "pause", *(host.container for host in chosen))


def unpause(*chosen: Host) -> None:
    """Let frozen hosts go on."""
    run("docker", "unpause", *(host.container for host in chosen))


def start(*stopped: Host) -> None:
    """Switch hosts on and wait until their services answer."""
    run("docker", "start", *(host.container for host in stopped))
    with ThreadPoolExecutor(len(stopped)) as pool:
        list(pool.map(hosts.wait_ready, [host.container for host in stopped]))


def reboot(*chosen: Host) -> None:
    """Shut hosts down in order and switch them on again; what was below /run is gone."""
    stop(*chosen)
    start(*chosen)


def partition(host: Host, other: str) -> None:
    """Cut a host off from another one, or from the registry; all else still reaches both.

    Packets are dropped where they arrive, on both sides, so both wait instead of being refused.
    """
    for target, address in _ends(host, other):
        docker.execute(target, "lab-fault", "cut", address)


def heal(host: Host, other: str = "") -> None:
    """Undo `partition`; without another host's name all of this host's."""
    if other:
        for target, address in _ends(host, other):
            docker.execute(target, "lab-fault", "heal", address)
        return
    docker.execute(host.container, "lab-fault", "heal")
    for peer in hosts.of_lab(host.lab):
        if peer.name != host.name and peer.state == "running":
            docker.execute(peer.container, "lab-fault", "heal", host.address)


def _ends(host: Host, other: str) -> tuple[tuple[str, str], ...]:
    if other == REGISTRY:
        return ((host.container, registry.address(hosts.network_of(host.lab))),)
    peer = hosts.named(host.lab, other)
    return ((host.container, peer.address), (peer.container, host.address))


def slow_network(host: Host, milliseconds: int) -> None:
    """Delay all packets that a host sends; 0 ends it.

    Raises:
        LabError: The kernel has no netem.
    """
    done = attempt("docker", "exec", host.container, "lab-fault", "delay", str(milliseconds))
    if done.returncode:
        raise LabError(
            f"{host.name}: cannot delay packets",
            evidence=done.stderr,
            hint="the kernel of this machine needs the module sch_netem: modprobe sch_netem",
        )


def slow_disk(host: Host, milliseconds: int, process: str = "etcd") -> None:
    """Delay every fsync and fdatasync of the processes of a name that run now; 0 ends it."""
    docker.execute(host.container, "lab-fault", "slow-disk", str(milliseconds), process)


def fill(host: Host, folder: str) -> None:
    """Take all free space of a disk that has a size of its own (``lab up --small-disk``).

    Raises:
        LabError: The folder is on the disk of the machine, which the lab does not fill.
    """
    mounted = docker.execute(host.container, "df", "--output=source", folder).splitlines()[-1]
    if not mounted.startswith(("/dev/loop", "lab-small-disk")):
        raise LabError(f"{host.name}: {folder} has no disk of its own", hint="lab up --small-disk HOST:FOLDER")
    docker.execute(host.container, "lab-fault", "fill", folder)


def unfill(host: Host, folder: str) -> None:
    """Give back the space that `fill` took."""
    docker.execute(host.container, "lab-fault", "unfill", folder)

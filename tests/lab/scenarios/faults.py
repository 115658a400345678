"""What can happen to hosts while rke-py works on them; each is over when it is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

from vagrant.lab.images import REGISTRY

from ..breaking import disk_full
from ..lab import Lab

_DATA = "/var/lib/etcd"
_SLOW = 100
"""Milliseconds of every write to disk: ten times what etcd's authors want at most."""


def _nothing(_: Lab) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that happens to a host.

    Attributes:
        name: As rows of the report name it.
        what: A few words for the report's page.
        on: Lets it happen to a host, an etcd member with another one, when it is entered, and be over when it is left.
        arranged: What has to be so before the run.
        small_disk: Of the second member, which it then happens to: a folder with a disk of its own, and its megabytes.
    """

    name: str
    what: str
    on: Callable[[Lab, str, str], AbstractContextManager[None]]
    arranged: Callable[[Lab], object] = _nothing
    small_disk: str = ""


@contextmanager
def _off(lab: Lab, host: str, _: str) -> Iterator[None]:
    lab.kill(host)
    try:
        yield
    finally:
        lab.start(host)


@contextmanager
def _rebooted(lab: Lab, host: str, _: str) -> Iterator[None]:
    lab.reboot(host)
    yield


@contextmanager
def _cut(lab: Lab, host: str, other: str) -> Iterator[None]:
    with lab.partitioned(host, other):
        yield


@contextmanager
def _logged_out(lab: Lab, host: str, _: str) -> Iterator[None]:
    lab.succeeds(host, "pkill", "-KILL", "-f", "^sshd-session: ")
    yield


@contextmanager
def _docker_restarted(lab: Lab, host: str, _: str) -> Iterator[None]:
    lab.service(host, "restart", "docker")
    yield


@contextmanager
def _slow(lab: Lab, host: str, _: str) -> Iterator[None]:
    lab.slow_disk(host, _SLOW)
    try:
        yield
    finally:
        lab.slow_disk(host, 0)


@contextmanager
def _no_registry(lab: Lab, _: str, __: str) -> Iterator[None]:
    with ExitStack() as cut:
        for name in lab.hosts:
            cut.enter_context(lab.partitioned(name, "registry"))
        yield


@contextmanager
def _out_of_memory(lab: Lab, host: str, _: str) -> Iterator[None]:
    """Kill the API server as the kernel does, not as Docker would: it is started again by itself."""
    lab.succeeds(host, "pkill", "-KILL", "-x", "kube-apiserver")
    yield


def _unpulled(lab: Lab) -> None:
    """Take the registry's images that no container uses from all hosts, so that they have to be pulled again."""
    for name in lab.hosts:
        for image in lab.docker(name, "images", "--format", "{{.Repository}}:{{.Tag}}").split():
            if image.startswith(f"{REGISTRY}/"):
                lab.attempt(name, "rmi", image)  # refused where a container uses it


FAULTS = (
    Fault(name="host-off", what="a host loses power and comes back after the run", on=_off),
    Fault(name="reboot", what="a host reboots", on=_rebooted),
    Fault(
        name="disk-full",
        what="the disk of an etcd member runs full",
        on=lambda lab, host, _: disk_full(lab, host, _DATA),
        small_disk=f"{_DATA}:1500",
    ),
    Fault(name="network-cut", what="two etcd members do not reach each other", on=_cut),
    Fault(name="ssh-dropped", what="a host's SSH connections break", on=_logged_out),
    Fault(name="docker-restarted", what="a host's Docker restarts", on=_docker_restarted),
    Fault(name="slow-disk", what=f"every write of an etcd member takes {_SLOW} ms more", on=_slow),
    Fault(name="registry-down", what="no host reaches the registry", on=_no_registry, arranged=_unpulled),
    Fault(name="api-server-killed", what="an API server is killed for memory", on=_out_of_memory),
)
"""Every one; an upgrade and a move out of RKE's releases have to get over each in each of their thirds."""

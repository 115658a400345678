"""The whole simulation: machines, the etcd clusters that ever were, faults, and the laws that must not be broken."""

from __future__ import annotations

import copy
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from . import etcd, kubelets, programs
from .calls import Calls
from .clock import SimulatedClock, Time
from .laws import Laws
from .machine import IMAGE_ENV, KeptSnapshot, Machine

if TYPE_CHECKING:
    from .container import Container


@dataclass(slots=True)
class Faults:
    """What does not work as it should, beside what is set on single machines.

    Attributes:
        missing_images: References that no registry has.
        registry_down: Nothing can be pulled.
        registry_busy: So many pulls are refused for now, by machine.
        blocked: Pairs of machine names: the first cannot reach the second.
        stuck_addons: Add-ons that are applied, and workloads that are restarted, and never work.
        budgets: By node, what the API says of the disruption budget that forbids to empty it.
        sick_pods: Why pods of the system are not ready, by their app, or by node and app: ``n1/canal``.
        lost_packets: Pairs of machine names between which the pod network carries nothing.
        lost_large: Pairs between which it carries only small packets.
        without_services: Machines on which Services do not work.
        slow_disks: Seconds that a write of etcd takes, by machine.
        not_in_containerd: Images that containerd does not have and cannot pull.
        stays_down: Why pods do not come back once their runtime is another one, by ``namespace/name``.
        on_start: Say why a container's program ends at its start; empty when it does not.
        on_check: Say why a container that runs is not healthy; empty when it is.
    """

    missing_images: set[str] = field(default_factory=set)
    registry_down: bool = False
    registry_busy: dict[str, int] = field(default_factory=dict)
    blocked: set[tuple[str, str]] = field(default_factory=set)
    stuck_addons: set[str] = field(default_factory=set)
    budgets: dict[str, str] = field(default_factory=dict)
    sick_pods: dict[str, str] = field(default_factory=dict)
    lost_packets: set[tuple[str, str]] = field(default_factory=set)
    lost_large: set[tuple[str, str]] = field(default_factory=set)
    without_services: set[str] = field(default_factory=set)
    slow_disks: dict[str, float] = field(default_factory=dict)
    not_in_containerd: set[str] = field(default_factory=set)
    stays_down: dict[str, str] = field(default_factory=dict)
    on_start: list[Callable[[Container], str]] = field(default_factory=list)
    on_check: list[Callable[[Container], str]] = field(default_factory=list)

    def exits(self, container: Container) -> str:
        """Say why the container ends at once."""
        return next(filter(None, (say(container) for say in self.on_start)), "")

    def ails(self, container: Container) -> str:
        """Say why the container is not healthy."""
        return next(filter(None, (say(container) for say in self.on_check)), "")


@dataclass(slots=True)
class World:
    """Machines and everything on them. One lock guards all of it; nobody pauses while holding it.

    Attributes:
        groups: Every etcd cluster that was ever made, in that order.
        files: Snapshots that were ever taken, by their content: what is in a file follows from its bytes.
        bucket: The snapshots in S3; None while it answers nobody.
        without_s3: The machines that do not reach it.
        run: Counts the processes of rke-py.
    """

    time: Time = field(default_factory=SimulatedClock)
    machines: dict[str, Machine] = field(default_factory=dict)
    groups: list[etcd.Group] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    laws: Laws = field(default_factory=Laws)
    image_env: tuple[str, ...] = IMAGE_ENV
    files: dict[bytes, KeptSnapshot] = field(default_factory=dict)
    bucket: dict[str, KeptSnapshot] | None = field(default_factory=dict)
    without_s3: set[str] = field(default_factory=set)
    run: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(0xA1))
    _addresses: dict[str, Machine] = field(default_factory=dict)
    _carriers: dict[str, dict[Machine, None]] = field(default_factory=dict)
    calls: Calls = field(init=False)

    def __post_init__(self) -> None:
        self.calls = Calls(self.time)

    @property
    def now(self) -> datetime:
        """The simulation's time."""
        return self.time.peek()

    def add(self, machine: Machine) -> None:
        """Add a machine."""
        self.machines[machine.name] = machine
        self._addresses[machine.address] = self._addresses[machine.internal_address] = machine

    def at(self, address: str) -> Machine | None:
        """Return the machine with an address, None when there is none or its power is off."""
        machine = self._addresses.get(address)
        return machine if machine is not None and machine.powered else None

    def machine_at(self, address: str) -> Machine | None:
        """Return the machine with an address, whether it is on or off."""
        return self._addresses.get(address)

    def at_url(self, url: str) -> Machine | None:
        """Return the machine that a URL leads to."""
        return self.at(url.rpartition(":")[0].removeprefix("https://").strip("[]"))

    def new_id(self) -> str:
        """Return a hexadecimal id that was never given before."""
        return f"{next(self._numbers):x}"

    def with_etcd_data(self) -> Sequence[Machine]:
        """Return the machines that hold an etcd member's data."""
        return [machine for machine in self._carriers.get("etcd", ()) if machine.etcd_data is not None]

    def api_servers(self) -> Iterator[Container]:
        """Yield the API servers that are ready."""
        for machine in self._carriers.get("kube-apiserver", ()):
            if server := programs.api_server(machine):
                yield server

    def carries(self, machine: Machine, name: str) -> None:
        """Remember that a machine was given a container of that name: in a large fleet few carry an API server."""
        self._carriers.setdefault(name, {})[machine] = None

    def before_change(self, machine: Machine) -> None:
        """Let the machine's kubelet report once more before something on the machine changes."""
        server = next(self.api_servers(), None) if machine.running("kubelet") else None
        group = server.program.storage(server) if server else None
        if group is not None:
            kubelets.report(machine, group.store)

    def elect(self) -> None:
        """Let the members notice now who is gone: an election takes its time from this moment."""
        for group in self.groups:
            etcd.elect(group, self)

    def copy(self) -> World:
        """Return a world of its own that is just like this one; nobody may be at work in it."""
        self.time.revive()
        locks = {id(self.lock): threading.RLock(), **self.time.locks(), **self.calls.locks()}
        return copy.deepcopy(self, locks)

    def begin_run(self) -> None:
        """Begin a new process of rke-py."""
        self.run += 1
        self.time.revive()

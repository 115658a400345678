"""A simulated fleet: machines that behave as real ones do, for tests of whole workflows and for measuring.

``simulated(4)`` gives four machines with power and Docker and nothing else on them. Its ``edges`` go into a workflow's
Context, its ``time`` is the Context's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType, TracebackType
from typing import Self

from rke_py.cluster.model import Cluster, Host
from rke_py.errors import HostError, Unreachable
from rke_py.kube.interface import ClusterAccess
from rke_py.pki.model import Bundle
from rke_py.transport.interface import Fleet, HostConnection, PortState, Stream
from rke_py.workflows.context import Context

from .access import SimulatedAccess
from .clock import RealClock, SimulatedClock
from .engine import SimulatedEngine
from .machine import Machine
from .services import API_SERVICE, services_work
from .world import World


def simulated(hosts: int, *, latency: float | None = None) -> World:
    """Return a world of machines ``n1``, ``n2`` and so on, with addresses ``address(1)`` and on.

    Args:
        hosts: How many.
        latency: Seconds that every call really takes; None for a simulated clock, which nobody waits for.
    """
    world = World(time=SimulatedClock() if latency is None else RealClock(latency))
    for number in range(1, hosts + 1):
        name = f"n{number}"
        world.add(Machine(name=name, address=address(number), internal_address=internal_address(number), world=world))
    return world


def address(number: int) -> str:
    """Return the address of the n-th machine by which the operator reaches it."""
    return f"192.0.{2 + number // 250}.{1 + number % 250}"


def internal_address(number: int) -> str:
    """Return the address by which the other machines reach it."""
    return f"10.0.{number // 250}.{1 + number % 250}"


class SimulatedEdges:
    """The Edges of ``workflows.edges`` that lead into a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def fleet(self, cluster: Cluster, context: Context) -> Fleet:
        """Return the fleet of the cluster's hosts, without those that this run does without."""
        hosts = tuple(host for host in cluster.every if host.name not in context.skip)
        return SimulatedFleet(self._world, hosts)

    def access(self, cluster: Cluster, fleet: Fleet, bundle: Callable[[], Bundle]) -> ClusterAccess:
        """Return the ways into the cluster's APIs."""
        machines = {name: machine_of(self._world, fleet[name].host) for name in fleet.reachable}
        return SimulatedAccess(self._world, cluster, machines, bundle)


class SimulatedFleet:
    """Connections to the machines of a cluster's hosts."""

    def __init__(self, world: World, hosts: tuple[Host, ...]) -> None:
        self._world = world
        self._hosts = hosts
        self._connections: dict[str, SimulatedHost] = {}
        self._faults: dict[str, Exception] = {}

    def __enter__(self) -> Self:
        for host in self._hosts:
            with self._world.calls(host.name, "connect"):
                fault = self._connect(host)
            if fault is not None:
                self._faults[host.name] = fault
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def __getitem__(self, name: str) -> HostConnection:
        if name in self._faults:
            raise self._faults[name]
        return self._connections[name]

    @property
    def reachable(self) -> tuple[str, ...]:
        return tuple(self._connections)

    @property
    def faults(self) -> Mapping[str, Exception]:
        return MappingProxyType(self._faults)

    def _connect(self, host: Host) -> HostError | None:
        machine = machine_of(self._world, host)
        if not (machine.powered and machine.reachable):
            return Unreachable(host.name, "no SSH connection could be made: timed out")
        if not machine.docker:
            return Unreachable(host.name, "Docker does not answer on /var/run/docker.sock")
        self._connections[host.name] = SimulatedHost(machine, host)
        return None


class SimulatedHost:
    """A connection to one machine."""

    def __init__(self, machine: Machine, host: Host) -> None:
        self._machine = machine
        self._host = host
        self._engine = SimulatedEngine(machine, host.name)
        self._offset = machine.skew

    @property
    def host(self) -> Host:
        return self._host

    @property
    def engine(self) -> SimulatedEngine:
        return self._engine

    @property
    def clock_offset(self) -> timedelta:
        return self._offset

    @property
    def operating_system(self) -> str:
        return self._machine.docker_facts().operating_system

    def dial(self, address: str, port: int, timeout: float) -> Stream:
        raise ConnectionRefusedError(f"{self._host.name} to {address} port {port}: streams are not simulated")

    def port(self, address: str, port: int, timeout: float) -> PortState:
        machine, world = self._machine, self._machine.world
        with world.calls(self._host.name, "port", f"{address}:{port}"), world.lock:
            if address == API_SERVICE:
                return PortState.OPEN if services_work(machine) else PortState.TIMED_OUT
            target = world.at(address)
            if target is None or (machine.name, target.name) in world.faults.blocked:
                return PortState.TIMED_OUT
            listener = target.listener(port)
            return PortState.OPEN if listener or port in target.foreign_ports else PortState.REFUSED

    def close(self) -> None:
        pass


def machine_of(world: World, host: Host) -> Machine:
    """Return the machine that a host of a cluster is."""
    machine = world.machine_at(host.address)
    if machine is None:
        raise AssertionError(f"there is no machine with the address {host.address}")
    return machine

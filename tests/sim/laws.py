"""What must never happen, whatever fails: looked at with every change, told at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from rke_py.catalog.order import minor_of, version_in_tag

from . import etcd, programs, secrets, shown, tls
from .kubelets import PODS_IN_DOCKER, RUNTIME, runtime_of

if TYPE_CHECKING:
    from .calls import Call
    from .machine import Machine
    from .world import World

_ON_NODES = frozenset({"kubelet", "kube-proxy", "haproxy", "nginx-proxy"})
_PROXIES = ("haproxy", "nginx-proxy")
"""One takes the other's place where a cluster leaves RKE's releases."""

_CORE = frozenset({"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"})
_SMALL = 3
"""Fewer voters have none to spare."""

_JUST_NOW = timedelta(seconds=1)
"""How old a look may be on which taking a member down rests."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was so before a change."""

    quorum: etcd.Group | None = None


@dataclass(slots=True)
class Laws:
    """Notes what was broken.

    Attributes:
        violations: One sentence each.
        workers_down: The most machines at once, of those that are only workers, on which a component was down that had
            run before.
        core_down: The same for the others.
    """

    violations: list[str] = field(default_factory=list)
    workers_down: int = 0
    core_down: int = 0
    _carried: dict[Machine, set[str]] = field(default_factory=dict)
    _down: set[Machine] = field(default_factory=set)

    def broken(self, what: str) -> None:
        """Note a violation."""
        self.violations.append(what)

    def before(self, world: World, machine: Machine, name: str) -> Before:
        """Look before something on the machine changes."""
        if name in _ON_NODES:
            world.before_change(machine)
        group = etcd.group_of(machine)
        return Before(quorum=group if group and etcd.has_quorum(group, world) and _believed(group, world) else None)

    def after(self, world: World, machine: Machine, before: Before, call: Call) -> None:
        """Look after it changed."""
        group = before.quorum
        if etcd.group_of(machine) is not None:
            world.elect()
        used = any(other.running("kube-apiserver") for other in world.machines.values())
        lost = used and group is not None and len(group.voters) >= _SMALL and not etcd.has_quorum(group, world)
        if group is not None and lost and not _seen_to_be_spare(world, machine, group):
            self.broken(f"etcd lost its quorum by: {call.verb} {call.name} on {call.host}")
        if call.name == "kube-apiserver" and call.verb in ("stop", "remove"):
            self._look_at_proxies(world)
        if call.name == "kube-apiserver":
            self.violations += secrets.unreadable(world)
        if call.name in _ON_NODES | _CORE:
            self._count(machine, call.name)
        self._look_at_pods(machine)
        if call.name == "kubelet" and call.verb == "start":
            self._look_at_versions(machine)

    def _look_at_proxies(self, world: World) -> None:
        """Note the API proxies that lead to nobody although somebody is there."""
        if next(world.api_servers(), None) is None:
            return
        for machine in world.machines.values():
            proxied = machine.running("haproxy") or machine.running("nginx-proxy")
            if proxied and machine.running("kubelet") and programs.api_storage(machine) is None:
                self.broken(f"the API proxy of {machine.name} leads to no API server, though one is ready")

    def _look_at_versions(self, machine: Machine) -> None:
        """Note a kubelet that is newer than an API server it may come to."""
        kubelet = machine.running("kubelet")
        ours = minor_of(version_in_tag(kubelet.spec.image)) if kubelet else None
        for server in programs.api_servers_for(machine):
            theirs = minor_of(version_in_tag(server.spec.image))
            if ours and theirs and ours > theirs:
                self.broken(f"the kubelet of {machine.name} is newer than the API server of {server.machine.name}")

    def _look_at_pods(self, machine: Machine) -> None:
        """Note two runtimes of pods at once: those of one that is gone, or their addresses, beside a kubelet's own."""
        kubelet = machine.running("kubelet")
        if kubelet is None:
            return
        docker = {name: one for name, one in machine.containers.items() if name.startswith(PODS_IN_DOCKER)}
        of_rke = "-rancher" in kubelet.spec.image
        own = runtime_of(kubelet.spec) if of_rke else "containerd"
        others = [name for name, one in docker.items() if one.spec.labels.get(RUNTIME, own) != own]
        if others or (machine.addresses and not of_rke) or machine.addresses - {one.id for one in docker.values()}:
            self.broken(f"{machine.name} has pods, or their addresses, of another runtime beside {own}'s: {others}")

    def _count(self, machine: Machine, name: str) -> None:
        carried = self._carried.setdefault(machine, set())
        if machine.running(name):
            carried -= set(_PROXIES) if name in _PROXIES else set()
            carried.add(name)
        if all(machine.running(other) for other in carried):
            self._down.discard(machine)
            return
        self._down.add(machine)
        core = sum(bool(self._carried[other] & _CORE) for other in self._down)
        self.core_down = max(self.core_down, core)
        self.workers_down = max(self.workers_down, len(self._down) - core)


def _believed(group: etcd.Group, world: World) -> bool:
    """Tell whether a client believes a member of those that have the quorum: not once certificates or CA have ended."""
    up = etcd.serving(group, world)
    members = (m.listener(2379) for m in etcd.machines_of(group, world) if m.etcd_data and m.etcd_data.member_id in up)
    shows = ((shown.clients_ca(member), shown.served_with(member)) for member in members if member is not None)
    return any(not tls.outlived(trusted, certificate, world.now) for trusted, certificate in shows)


def _seen_to_be_spare(world: World, machine: Machine, group: etcd.Group) -> bool:
    """Tell whether the others held quorum when they were looked at just now: what dies after that, nobody can know."""
    if group.looked is None or machine.etcd_data is None:
        return False
    when, healthy = group.looked
    others = {member.id for member in group.voters} & healthy - {machine.etcd_data.member_id}
    return world.now - when <= _JUST_NOW and len(others) >= group.quorum

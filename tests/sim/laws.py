"""What must never happen, whatever fails: looked at with every change, told at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import etcd

if TYPE_CHECKING:
    from .calls import Call
    from .machine import Machine
    from .world import World

NODE_COMPONENTS = frozenset({"kubelet", "kube-proxy", "haproxy"})
_SMALL = 3
"""Fewer voters have none to spare."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was so before a change."""

    quorum: etcd.Group | None = None


@dataclass(slots=True)
class Laws:
    """Notes what was broken.

    Attributes:
        violations: One sentence each.
        most_down: The most machines at once, of those without etcd and API server, on which a component of the node
            was down that had run before.
    """

    violations: list[str] = field(default_factory=list)
    most_down: int = 0
    _served: set[Machine] = field(default_factory=set)
    _down: set[Machine] = field(default_factory=set)

    def broken(self, what: str) -> None:
        """Note a violation."""
        self.violations.append(what)

    def before(self, world: World, machine: Machine, name: str) -> Before:
        """Look before something on the machine changes."""
        if name in NODE_COMPONENTS:
            world.before_change(machine)
        group = etcd.group_of(machine)
        return Before(quorum=group if group and etcd.has_quorum(group, world) else None)

    def after(self, world: World, machine: Machine, before: Before, call: Call) -> None:
        """Look after it changed."""
        group = before.quorum
        if group is not None and len(group.voters) >= _SMALL and not etcd.has_quorum(group, world):
            self.broken(f"etcd lost its quorum by: {call.verb} {call.name} on {call.host}")
        if call.name in NODE_COMPONENTS:
            self._count(machine)

    def _count(self, machine: Machine) -> None:
        if any(name in machine.containers for name in ("etcd", "kube-apiserver")):
            return
        up = all(machine.running(name) for name in NODE_COMPONENTS)
        if up:
            self._served.add(machine)
            self._down.discard(machine)
        elif machine in self._served:
            self._down.add(machine)
        self.most_down = max(self.most_down, len(self._down))

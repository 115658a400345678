"""A cluster that RKE made, put onto simulated machines as its inspections and its files tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rke_py.plan.containers import FoundContainer
from rke_py.plan.files import FoundFile

from .etcd import Group, Member, MemberData
from .machine import Machine
from .probe import CNI_PLUGINS
from .store import Node
from .world import World

_PEER_PORT = 2380


def machine(world: World, name: str, address: str) -> Machine:
    """Add a machine with Docker and nothing else."""
    made = Machine(name=name, address=address, internal_address=address, world=world)
    world.add(made)
    return made


def restore(
    world: World,
    containers: Mapping[str, Iterable[FoundContainer]],
    files: Mapping[str, FoundFile],
    nodes: Iterable[Node],
) -> None:
    """Put a cluster of machines with all roles onto them and let it run.

    Args:
        world: Where the machines are.
        containers: Those of each machine, by its name.
        files: Those below /etc/kubernetes, the same on every machine.
        nodes: The Node objects.
    """
    group = Group(id=world.new_id(), token="etcd-cluster-1")
    world.groups.append(group)
    for name, found in containers.items():
        there = world.machines[name]
        url = f"https://{there.internal_address}:{_PEER_PORT}"
        member = Member(id=world.new_id(), peer_url=url, name=f"etcd-{name}")
        group.members[member.id] = member
        there.etcd_data = MemberData(group, member.id)
        there.cni = set(CNI_PLUGINS)
        there.files = {path: replace(file, modified=there.now) for path, file in files.items()}
        for container in found:
            there.images.add(container.spec.image)
            made = there.create(container.spec)
            if container.running:
                made.start()
    group.store.nodes = {node.name: node for node in nodes}
    group.store.addons = {"flannel": {}}

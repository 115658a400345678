"""Changes of a cluster's hosts: which roles machines have before and after, one word of letters a machine."""

from __future__ import annotations

from tests.sim.expect import faults_of
from tests.sim.operator import Operator, node

Roles = tuple[str, ...]

CHANGES: dict[str, tuple[Roles, Roles]] = {
    "add a worker": (("ecw", "", ""), ("ecw", "w", "")),
    "one member to three": (("ecw", "", ""), ("ecw", "ecw", "ecw")),
    "one member to three, and a worker": (("ecw", "", "", "w"), ("ecw", "ecw", "ecw", "w")),
    "three to five": (("ecw", "ecw", "ecw", "w", "", ""), ("ecw", "ecw", "ecw", "w", "ec", "ec")),
    "five to three": (("ecw", "ecw", "ecw", "w", "ec", "ec"), ("ecw", "", "ecw", "w", "", "ec")),
    "three to one": (("ecw", "ecw", "ecw", "w"), ("ecw", "", "", "w")),
    "three to one, the first ones go": (("ecw", "ecw", "ecw", "w"), ("", "", "ecw", "w")),
    "a worker goes": (("ecw", "ecw", "ecw", "w", "w"), ("ecw", "ecw", "ecw", "w", "")),
    "all workers go": (("ecw", "ecw", "ecw", "w", "w"), ("ecw", "ecw", "ecw", "", "")),
    "one for another": (("ecw", "ecw", "ecw", "w", ""), ("", "ecw", "ecw", "w", "ecw")),
    "all control planes at once": (("ec", "ec", "ec", "w", "", "", ""), ("", "", "", "w", "ec", "ec", "ec")),
    "everybody is another": (
        ("ecw", "w", "w", "", "", ""),
        ("", "", "", "ecw", "w", "w"),
    ),
    "worker and member change places": (("ecw", "ecw", "ecw", "w"), ("ecw", "ecw", "w", "ecw")),
    "workers become everything": (("ecw", "w", "w"), ("ecw", "ecw", "ecw")),
    "members become workers": (("ecw", "ecw", "ecw"), ("ecw", "w", "w")),
    "the only control plane moves": (("e", "e", "e", "c", "w"), ("e", "e", "e", "w", "c")),
    "the only member moves": (("ec", "w", "w"), ("c", "e", "w")),
    "a host loses its work": (("ecw", "ecw", "ecw"), ("ec", "ecw", "ecw")),
    "roles apart": (("ecw", "ecw", "ecw"), ("e", "c", "ecw")),
}


def wants(person: Operator, *roles: str) -> None:
    """Let cluster.yml ask for these roles of the machines, none for an empty word."""
    person.edit(nodes=[node(number, letters) for number, letters in enumerate(roles, start=1) if letters])


def dead(person: Operator, name: str) -> None:
    """Let a machine die, and time pass until everybody noticed."""
    person.world.machines[name].power_off()
    person.world.time.pass_time(60)


def give(person: Operator, number: int, letters: str) -> None:
    """Let cluster.yml ask for other roles of one machine, as long as there are members and a control plane."""
    others = [entry for entry in person.config["nodes"] if entry["hostname_override"] != f"n{number}"]
    nodes = [*others, node(number, letters)] if letters else others
    roles = {role for entry in nodes for role in entry["role"]}
    if {"etcd", "controlplane"} <= roles and f"n{number}" in person.world.machines:
        person.edit(nodes=sorted(nodes, key=lambda entry: entry["hostname_override"]))


def all_on(person: Operator) -> None:
    """Switch on every machine that is off, and let time pass until everybody noticed."""
    for machine in person.world.machines.values():
        if not machine.powered:
            machine.power_on()
    person.world.time.pass_time(60)


def clean_forgotten(person: Operator) -> None:
    """Clean the hosts that left while they were dead, once they are on, as every run says of them."""
    for name in [name for name, record in person.state.hosts.items() if record.forgotten]:
        person.clean(name)


def another_machine(person: Operator, name: str, spare: str) -> None:
    """Let cluster.yml have a spare machine under the name of a node, whose own machine goes on as ``old-NAME``."""
    machines = person.world.machines
    old, new = machines.pop(name), machines.pop(spare)
    old.name, new.name = f"old-{name}", name
    machines[old.name], machines[name] = old, new
    place = {"address": new.address, "internal_address": new.internal_address}
    nodes = [{**each, **place} if each["hostname_override"] == name else each for each in person.config["nodes"]]
    person.edit(nodes=nodes)


def assert_settled(person: Operator) -> None:
    """Expect a cluster without a fault, and that another run finds nothing to do."""
    assert faults_of(person) == []
    person.next_script()
    person.up()
    assert person.script.started == ()

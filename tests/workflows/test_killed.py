"""rke-py killed before or after every step, and run again: it reaches the cluster with nothing lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from rke_py.pki.rotation import Kind, Phase
from rke_py.workflows.encryption import Wish
from tests.sim.calls import When
from tests.sim.expect import faults_of
from tests.sim.operator import Operator
from tests.workflows.changes import CHANGES, dead, wants

pytestmark = pytest.mark.thorough

ROLES = ("ecw", "ecw", "ecw", "w")
SEED = 20261121
ENOUGH = 10_000
EVERY_ARGUMENT = {
    "etcd": {"extra_args": {"snapshot-count": "20000"}},
    **{
        name: {"extra_args": {"v": "4"}}
        for name in ("kube-api", "kube-controller", "scheduler", "kubelet", "kubeproxy")
    },
}
ENCRYPTED = {"enabled": True}
SIDES = pytest.mark.parametrize("when", When)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A run that is going to be killed.

    Attributes:
        before: Roles of the machines of the cluster that is up already; none for a new cluster.
        edit: What happens right before the run.
        run: What is killed.
        again: What is run after that; ``up`` unless it is a rotation.
        steps: So many steps it has at least, where ``plan`` does not tell.
        keeps: False when the cluster's CA is another one afterwards.
    """

    before: tuple[str, ...] = ROLES
    version: str = "v1.34.4"
    edit: Callable[[Operator], None] = lambda _: None
    run: Callable[[Operator], object] = Operator.up
    again: Callable[[Operator], object] = Operator.up
    steps: int = 0
    keeps: bool = True


def rotated(kind: Kind) -> Callable[[Operator], None]:
    """Rotate to the end, beginning anew where a run was killed."""

    def rotate(person: Operator) -> None:
        if person.state.rotation is None or person.state.rotation.phase is not Phase.DROP:
            person.rotate(kind)
        if person.state.rotation is not None:
            person.rotate(finish=True)

    return rotate


def rotation(kind: Kind, steps: int, *, keeps: bool = True) -> Scenario:
    return Scenario(run=rotated(kind), again=rotated(kind), steps=steps, keeps=keeps)


def encrypting(*sections: Mapping[str, object]) -> Callable[[Operator], None]:
    """Return an edit; where there are several, all but the last are made so first."""

    def edit(person: Operator) -> None:
        for number, section in enumerate(sections, start=1):
            person.edit(services={"kube-api": {"secrets_encryption_config": section}})
            if number < len(sections):
                person.up()

    return edit


def change(before: tuple[str, ...], after: tuple[str, ...]) -> Scenario:
    return Scenario(before=before, edit=lambda person: wants(person, *after))


def without_n3(person: Operator) -> None:
    dead(person, "n3")
    wants(person, "ecw", "ecw", "", "w", "w", "ecw")


SCENARIOS: Mapping[str, Scenario] = {
    "a new cluster": Scenario(before=()),
    "everything replaced": Scenario(edit=lambda person: person.edit(services=EVERY_ARGUMENT)),
    "upgrade": Scenario(version="v1.33.13", edit=lambda person: person.edit(kubernetes_version="v1.34.4")),
    "rotate certificates": rotation(Kind.LEAVES, 20),
    "rotate the CAs": rotation(Kind.AUTHORITIES, 60, keeps=False),
    "rotate the service-account key": rotation(Kind.SERVICE_ACCOUNT, 20),
    "encrypt Secrets": Scenario(edit=encrypting(ENCRYPTED), steps=23),
    "encrypt Secrets no more": Scenario(edit=encrypting(ENCRYPTED, {"enabled": False}), steps=23),
    "rotate the key of Secrets": Scenario(
        edit=encrypting(ENCRYPTED, ENCRYPTED), run=lambda person: person.encrypt(Wish.ROTATE_KEY), steps=23
    ),
    "replace a dead host": Scenario(
        before=("ecw", "ecw", "ecw", "w", "w", ""),
        edit=without_n3,
        run=lambda person: person.replace("n3", "n6"),
    ),
    **{name: change(before, after) for name, (before, after) in CHANGES.items()},
}
EVERY = pytest.mark.parametrize("name", SCENARIOS)
MOST = pytest.mark.parametrize("name", ["a new cluster", "everything replaced"])

Begin = Callable[[str], Operator]


@pytest.fixture
def begin(operator, running) -> Begin:
    """Make the operator right before the run that is going to be killed."""

    def make(name: str) -> Operator:
        scenario = SCENARIOS[name]
        if not scenario.before:
            return operator(*ROLES)
        person = running(*scenario.before, kubernetes_version=scenario.version)
        person.world.laws.core_down = 0
        scenario.edit(person)
        return person

    return make


@dataclass(frozen=True)
class Kept:
    """What has to be the same after a run that was killed; nothing of a cluster that had no state yet."""

    lineage: str
    authority: str


def kept_of(person: Operator) -> Kept | None:
    state = person.state if person.has_state else None
    return Kept(state.lineage, state.bundle["kube-ca"].certificate) if state else None


def assert_the_next_run_gets_there(person: Operator, name: str, when: str = "") -> None:
    """Run twice more: the first one reaches the cluster, the second one finds nothing to do."""
    scenario, kept = SCENARIOS[name], kept_of(person)
    person.world.time.pass_time(1)
    scenario.again(person)
    assert faults_of(person) == [], when
    assert name in CHANGES or not scenario.before or person.world.laws.core_down <= 1, when
    assert person.state.rotation is None
    assert person.state.encryption_change is None
    after = kept_of(person)
    assert kept is None or kept.lineage == after.lineage
    assert kept is None or kept.authority == after.authority or not scenario.keeps
    assert after.authority.count("BEGIN CERTIFICATE") == 1
    mark = len(person.world.calls.log)
    assert person.up().plan.empty, when
    assert [call for call in person.world.calls.since(mark) if call.changing and call.verb != "write_copy"] == []


def seeded(count: int, most: int) -> list[int]:
    """Draw some numbers from one on, the same ones in every run."""
    return sorted(random.Random(SEED).sample(range(1, most + 1), count))


@EVERY
def test_killed_at_a_step(begin, name):
    person, scenario, drawn = begin(name), SCENARIOS[name], random.Random(f"{SEED} {name}")
    steps = scenario.steps or len(tuple(person.plan().steps))
    step, when = drawn.randint(1, steps), drawn.choice(list(When))
    assert person.killed(lambda: scenario.run(person), step, when)
    assert_the_next_run_gets_there(person, name, f"killed {when} step {step}")


@MOST
@SIDES
@pytest.mark.parametrize("call", seeded(3, 400))
def test_killed_at_a_call(begin, name, call, when):
    person = begin(name)
    assert person.killed_at_call(call, when)
    assert_the_next_run_gets_there(person, name)


@MOST
@pytest.mark.parametrize("step", seeded(2, 24))
def test_killed_and_every_host_rebooted(begin, name, step):
    person = begin(name)
    assert person.killed_up(step, When.BEFORE)
    for machine in person.world.machines.values():
        machine.reboot()
    assert_the_next_run_gets_there(person, name)


@MOST
@pytest.mark.parametrize("step", seeded(2, 24))
def test_killed_twice(begin, name, step):
    person = begin(name)
    person.killed_up(step, When.AFTER)
    person.killed_up(step // 2 + 1, When.BEFORE)
    assert_the_next_run_gets_there(person, name)


@pytest.mark.long
@EVERY
@SIDES
def test_killed_at_every_step(begin, name, when):
    scenario = SCENARIOS[name]
    for step in range(1, ENOUGH):
        person = begin(name)
        if not person.killed(lambda person=person: scenario.run(person), step, when):
            assert step > scenario.steps
            return
        assert_the_next_run_gets_there(person, name, f"killed {when} step {step}")


@pytest.mark.long
@MOST
@SIDES
def test_killed_at_every_call(begin, name, when):
    for call in range(1, ENOUGH):
        person = begin(name)
        if not person.killed_at_call(call, when):
            return
        assert_the_next_run_gets_there(person, name)


@pytest.mark.long
@MOST
def test_killed_at_every_step_and_every_host_rebooted(begin, name):
    for step in range(1, ENOUGH):
        person = begin(name)
        if not person.killed_up(step, When.BEFORE):
            return
        for machine in person.world.machines.values():
            machine.reboot()
        assert_the_next_run_gets_there(person, name)

"""Years in the life of a cluster: every command that changes it, drawn in any order, killed anywhere, machines dying.

What one command leaves under way another one meets: a rotation a restore, an encryption change a host that leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rke_py.errors import RkeError
from rke_py.pki.rotation import Kind, Phase
from rke_py.workflows.encryption import Wish
from tests.sim import secrets
from tests.sim.calls import When
from tests.sim.expect import faults_of
from tests.sim.operator import Operator
from tests.workflows.changes import all_on, clean_forgotten, give

BEGINNINGS = (
    ("ecw", "ecw", "ecw", "w", ""),
    ("ecw", "w", ""),
    ("ec", "ec", "ec", "w", "w"),
)
LETTERS = ("ecw", "ec", "c", "w", "")
OLDER, NEWER = "v1.33.13", "v1.34.4"
EDITS: dict[str, Callable[[int], dict[str, Any]]] = {
    "kube-api": lambda count: {"services": {"kube-api": {"extra_args": {"v": str(count % 4)}}}},
    "etcd": lambda count: {"services": {"etcd": {"extra_args": {"snapshot-count": str(20_000 + count)}}}},
    "kubelet": lambda count: {"services": {"kubelet": {"extra_args": {"v": str(count % 4)}}}},
    "dns": lambda count: {"dns": {"reversecidrs": [f"10.{count % 200}.0.0/16"]}},
    "metrics": lambda count: {"monitoring": {"provider": "none" if count % 2 else "metrics-server"}},
    "encrypted": lambda _: {"services": {"kube-api": {"secrets_encryption_config": {"enabled": True}}}},
    "not encrypted": lambda _: {"services": {"kube-api": {"secrets_encryption_config": {"enabled": False}}}},
    "newer": lambda _: {"kubernetes_version": NEWER},
}
_DAY = 86_400
_NOTICED = 60
_FORGOTTEN = 130
"""Seconds after which what a killed run left that only looked is gone."""

_RUNS = 8
KILLED = st.one_of(st.just(0), st.integers(1, 250))
"""The call to the fleet at which a run is killed; 0 for one that is not."""


class Years(RuleBasedStateMachine):
    """A cluster's years."""

    def __init__(self, running: Callable[..., Operator]) -> None:
        super().__init__()
        self.make = running
        self.edits = 0
        self.snapshots: list[str] = []

    @initialize(roles=st.sampled_from(BEGINNINGS))
    def made(self, roles: tuple[str, ...]) -> None:
        self.begin(*roles, kubernetes_version=OLDER)

    def begin(self, *roles: str, **config: Any) -> None:
        """Make the cluster; there is a Secret in it."""
        self.person = self.make(*roles, **config)
        self.world = self.person.world
        self.person.preload()
        secrets.write(next(self.world.api_servers()), "first")

    # what operators do

    @rule(edits=st.sets(st.sampled_from(sorted(EDITS)), min_size=1, max_size=3))
    def somebody_edits(self, edits: set[str]) -> None:
        self.edits += 1
        for name in sorted(edits):
            self.merge(EDITS[name](self.edits))

    @rule(number=st.integers(1, 5), letters=st.sampled_from(LETTERS))
    def somebody_edits_nodes(self, number: int, letters: str) -> None:
        give(self.person, number, letters)

    @rule(killed=KILLED)
    def up(self, killed: int) -> None:
        self.perform(self.person.up, killed)

    @rule(killed=KILLED)
    def a_rotation_is_given_up(self, killed: int) -> None:
        self.perform(partial(self.person.rotate, abandon=True), killed)

    @rule(kind=st.sampled_from(Kind), finish=st.booleans(), killed=KILLED)
    def certificates_rotate(self, kind: Kind, finish: bool, killed: int) -> None:
        self.perform(partial(self.person.rotate, kind, finish=finish, restart_workloads=True), killed)

    @rule(wish=st.sampled_from(Wish), killed=KILLED)
    def encryption_changes(self, wish: Wish, killed: int) -> None:
        self.perform(partial(self.person.encrypt, wish), killed)

    @rule(killed=KILLED)
    def a_snapshot_is_taken(self, killed: int) -> None:
        name = f"s{len(self.snapshots)}"
        self.snapshots.append(name)
        self.perform(partial(self.person.snapshot, name), killed)

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data(), back=st.integers(0, 4).map(lambda chance: chance == 4), killed=KILLED)
    def a_snapshot_is_restored(self, data: st.DataObject, back: bool, killed: int) -> None:
        name = data.draw(st.sampled_from(self.snapshots))
        self.perform(partial(self.person.restore, name, back=back), killed)

    # what happens

    @precondition(lambda self: all(machine.powered for machine in self.world.machines.values()))
    @rule(number=st.integers(1, 5))
    def a_machine_dies(self, number: int) -> None:
        if machine := self.world.machines.get(f"n{number}"):
            machine.power_off()
            self.world.time.pass_time(_NOTICED)

    @rule()
    def machines_come_back(self) -> None:
        all_on(self.person)

    @rule(seconds=st.sampled_from((3600, _DAY, 100 * _DAY)))
    def time_passes(self, seconds: int) -> None:
        self.world.time.pass_time(seconds)

    # what must hold

    @invariant()
    def the_laws_hold(self) -> None:
        if hasattr(self, "world"):
            assert not self.judged(self.world.laws.violations)

    def judged(self, told: Iterable[str]) -> list[str]:
        """Leave out what nobody promises where no API server is to spare."""
        return [one for one in told if not one.startswith("the API proxy")]

    def merge(self, change: dict[str, Any]) -> None:
        """Put a change beside what cluster.yml says."""
        services = change.pop("services", {})
        given = self.person.config.get("services", {})
        merged = {name: {**given.get(name, {}), **section} for name, section in services.items()}
        self.person.edit(**change, **({"services": {**given, **merged}} if services else {}))

    def perform(self, workflow: Callable[[], object], killed: int) -> None:
        """Run a command, killed at one of its calls or not; it may refuse, and it may fail."""
        try:
            if killed:
                self.person.killed_at_call(killed, When.AFTER if killed % 2 else When.BEFORE, workflow)
            else:
                workflow()
        except RkeError:
            pass

    def teardown(self) -> None:
        """Whatever happened: once machines are back, what is under way comes to its end, and then nothing is left."""
        if not hasattr(self, "world"):
            return
        all_on(self.person)
        told: list[str] = []
        for _ in range(_RUNS):
            try:
                self.go_on()
            except RkeError as error:
                told.append(str(error))
            self.world.time.pass_time(_FORGOTTEN)
            if self.is_over():
                break
        faults = self.judged(faults_of(self.person))
        assert not faults, (faults, told)
        assert self.is_over(), told

    def go_on(self) -> None:
        """Do what the tool says is to be done: a restore first, then what cluster.yml says, then a rotation's rolls."""
        if (restore := self.person.state.restore) is not None:
            self.person.restore(restore.asked)
            return
        self.person.up()
        clean_forgotten(self.person)
        if (rotation := self.person.state.rotation) is not None:
            last = rotation.phase is Phase.DROP or (rotation.phase is Phase.ISSUE and rotation.reached)
            back = rotation.phase is Phase.ABANDON
            self.person.rotate(rotation.kind, finish=last, abandon=back, restart_workloads=True, force=True)

    def is_over(self) -> bool:
        state = self.person.state
        try:
            return state.restore is None and state.rotation is None and self.person.plan().empty
        except RkeError:
            return False

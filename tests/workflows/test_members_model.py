"""A cluster under a model check: hosts change roles and arguments, runs are taken apart step by step, machines die.

The plans, the schedule and the deeds are the product's own; only who goes next, what dies and when is drawn. What must
hold is judged from the plan, from what was begun, and by the simulation's laws with every call to a host.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import floor

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rke_py.errors import PreflightError, RkeError
from rke_py.plan.model import Turn
from rke_py.plan.steps import (
    BootstrapEtcd,
    CreateContainer,
    JoinEtcd,
    ProveNode,
    RemoveContainer,
    RemoveEtcdMember,
    ReplaceContainer,
    RestartContainer,
    StartContainer,
    Step,
)
from tests.sim.clock import Crash
from tests.sim.container import Container
from tests.sim.expect import faults_of
from tests.sim.operator import Operator
from tests.sim.stepping import Stepping
from tests.workflows.changes import all_on, clean_forgotten, give

pytestmark = pytest.mark.thorough

BEGINNINGS = (
    ("ecw", "ecw", "ecw", "w", "w", ""),
    ("ec", "w", "w", "w", ""),
    ("e", "e", "e", "c", "c", "w", "w"),
)
LETTERS = ("ecw", "ec", "e", "c", "w", "")
ARGUMENTS = {
    "etcd": "snapshot-count",
    **dict.fromkeys(("kube-api", "kube-controller", "scheduler", "kubelet", "kubeproxy"), "v"),
}
ORDER = ("lost members", "etcd", "control plane", "nodes", "workers")
"""In a cluster that is used these stages follow one another."""

_ON_CONTAINERS = (CreateContainer, ReplaceContainer, StartContainer, RestartContainer, RemoveContainer)
_ON_MEMBERS = (BootstrapEtcd, JoinEtcd, RemoveEtcdMember)
FEW = 12
PARTS = [pytest.param(1_000, id=f"{part}of10", marks=pytest.mark.long) for part in range(1, 11)]
"""10,000 runs, so that each part can be repeated by itself."""

_RUNS = 2
_NOTICED = 60
"""Seconds after which everybody knows that a machine died."""


class Life(RuleBasedStateMachine):
    """Days in the life of a cluster."""

    def __init__(self, running: Callable[..., Operator]) -> None:
        super().__init__()
        self.make = running
        self.run: Stepping | None = None
        self.edits = 0

    @initialize(roles=st.sampled_from(BEGINNINGS), limit=st.sampled_from(("10%", "50%", "2")))
    def made(self, roles: tuple[str, ...], limit: str) -> None:
        self.person = self.make(*roles, upgrade_strategy={"max_unavailable_worker": limit})
        self.world, self.limit = self.person.world, limit
        self.machines = sorted(self.world.machines)
        self.begun: dict[str, Turn] = {}
        self.touching = ""
        self.spare = True
        self.stopped: list[Container] = []

    # what operators do

    @precondition(lambda self: self.run is None)
    @rule(
        roles=st.lists(st.tuples(st.integers(1, 7), st.sampled_from(LETTERS)), max_size=3),
        keys=st.sets(st.sampled_from(sorted(ARGUMENTS))),
        skips=st.booleans(),
    )
    def a_run_begins(self, roles: list[tuple[int, str]], keys: set[str], skips: bool) -> None:
        """After an edit, with or without the hosts that do not answer; what the checks refuse is refused."""
        for number, letters in roles:
            give(self.person, number, letters)
        self.change(keys)
        wanted = {entry["hostname_override"] for entry in self.person.config["nodes"]}
        silent = frozenset(name for name, machine in self.world.machines.items() if not machine.powered)
        self.person.skip = silent & wanted if skips else frozenset()
        try:
            self.run = Stepping(self.person)
        except RkeError:
            return
        self.begun, self.touching = {}, ""
        self.count_api_servers()
        self.planned()

    def change(self, keys: set[str]) -> None:
        """Change an argument of some components."""
        self.edits += 1
        values = {"v": str(1 + self.edits % 4), "snapshot-count": str(20_000 + self.edits)}
        new = {key: {"extra_args": {ARGUMENTS[key]: values[ARGUMENTS[key]]}} for key in sorted(keys)}
        self.person.edit(services={**self.person.config.get("services", {}), **new})

    @precondition(lambda self: self.run and self.run.ready)
    @rule(data=st.data(), every=st.booleans())
    def turns_begin(self, data: st.DataObject, every: bool) -> None:
        """All that may begin, as in a rollout, or one of them."""
        for turn in self.run.ready if every else (one_of(data, self.run.ready),):
            self.judge(turn)
            self.begun[turn.key] = turn
            self.run.begin(turn)

    @precondition(lambda self: self.run and self.run.running)
    @rule(data=st.data(), steps=st.integers(1, 6))
    def a_turn_goes_on(self, data: st.DataObject, steps: int) -> None:
        turn = one_of(data, self.run.running)
        for _ in range(steps):
            if turn.key in self.run.schedule.running:
                self.touch(turn)
                self.run.step(turn)
        self.let_go(turn)

    @precondition(lambda self: self.run is not None)
    @rule(killed=st.integers(0, 4).map(lambda chance: chance == 4))
    def the_run_may_end_here(self, killed: bool) -> None:
        """It is over, or somebody kills it between two steps."""
        if killed or self.run.schedule.over:
            self.end()

    def end(self) -> None:
        self.run.close()
        self.run = None

    @precondition(lambda self: self.run and self.run.running)
    @rule(data=st.data(), call=st.integers(1, 30))
    def the_run_is_killed_in_a_step(self, data: st.DataObject, call: int) -> None:
        turn = one_of(data, self.run.running)
        calls = self.world.calls

        def die() -> None:
            self.world.time.kill()
            raise Crash

        last = len(calls.log) + call
        calls.on(lambda seen: seen.changing and seen.number >= last, die)
        self.touch(turn)
        try:
            self.run.step(turn)
        except Crash:
            self.run.close()
            self.run = None
        finally:
            calls.forget()
        self.let_go(turn)

    # what machines do

    @precondition(lambda self: all(machine.powered for machine in self.world.machines.values()))
    @rule(data=st.data(), member=st.booleans())
    def a_machine_dies(self, data: st.DataObject, member: bool) -> None:
        members = [name for name in self.machines if self.is_member(name)]
        self.world.machines[data.draw(st.sampled_from(members if member else self.machines))].power_off()
        self.world.time.pass_time(_NOTICED)
        self.count_api_servers()

    @precondition(lambda self: not all(machine.powered for machine in self.world.machines.values()))
    @rule()
    def it_comes_back(self) -> None:
        all_on(self.person)

    @precondition(lambda self: self.run is None)
    @rule(data=st.data(), name=st.sampled_from(("etcd", "kubelet", "kube-apiserver")))
    def somebody_stops_a_container(self, data: st.DataObject, name: str) -> None:
        """One member at most, as only so many can be spared."""
        down = [m for m in self.world.machines.values() if "etcd" in m.containers and not m.running("etcd")]
        carriers = [machine.name for machine in self.world.machines.values() if machine.running(name)]
        if carriers and not (name == "etcd" and down):
            container = self.world.machines[data.draw(st.sampled_from(carriers))].containers[name]
            container.stop()
            self.stopped.append(container)
            self.world.elect()
            self.world.time.pass_time(_NOTICED)

    # what must hold

    @invariant()
    def the_laws_hold(self) -> None:
        violations = self.judged_violations() if hasattr(self, "world") else []
        assert not violations, violations

    def judged_violations(self) -> list[str]:
        """Return what was broken; without an API server to spare nobody promised that each proxy leads to one."""
        return [told for told in self.world.laws.violations if self.spare or not told.startswith("the API proxy")]

    def count_api_servers(self) -> None:
        """Note that there was none to spare of those that stay: a plan asks before the only one is interrupted."""
        staying = {e["hostname_override"] for e in self.person.config["nodes"] if "controlplane" in e["role"]}
        serving = [server for server in self.world.api_servers() if server.machine.name in staying]
        self.spare = self.spare and len(serving) > 1

    def planned(self) -> None:
        """Judge a plan as a whole: whoever leads etcd goes last of the members that serve."""
        stage = self.run.schedule.plan.stage("etcd")
        members = {member.name: member for member in self.run.prepared.observed.etcd.members}
        serving = [t.host for t in stage.turns if (m := members.get(f"etcd-{t.host}")) and m.healthy] if stage else []
        leading = [host for host in serving if members[f"etcd-{host}"].leader]
        assert serving[-1:] == leading or not leading, f"the leader is not the last of {serving}"

    def judge(self, turn: Turn) -> None:
        """Tell whether a turn may begin beside and after what was begun."""
        running = {other.key for other in self.run.running}
        if turn.stage in ORDER and self.run.prepared.desired.configuration:
            place = ORDER.index(turn.stage)
            late = [key for key, other in self.begun.items() if other.stage in ORDER[place + 1 :]]
            beside = [key for key in running if self.begun[key].stage in ORDER[:place]]
            assert not late + beside, f"{turn.key} begins beside or after {late + beside}"
        if turn.stage == "workers" and turn.disrupts:
            assert self.workers_down() < self.most(), f"{turn.key} begins while {self.workers_down()} workers are down"
        if turn.stage in ("nodes", "etcd"):
            alone = [key for key in running if self.begun[key].stage == turn.stage and self.begun[key].disrupts]
            assert not (turn.disrupts and alone), f"{turn.key} begins beside {alone}"

    def workers_down(self) -> int:
        """Count the workers that were down before and are not mended, are being changed, or failed."""
        observed, schedule = self.run.prepared.observed, self.run.schedule
        workers = [e["hostname_override"] for e in self.person.config["nodes"] if e["role"] == ["worker"]]
        before = {
            name
            for name in workers
            if not (observed.nodes[name].ready if name in observed.nodes else observed.hosts[name].reachable)
        }
        ours = schedule.running | schedule.failed
        turns = [turn for turn in self.begun.values() if turn.stage == "workers"]
        mine = {turn.host for turn in turns if turn.key in ours and turn.disrupts}
        mended = {turn.host for turn in turns if turn.key in schedule.succeeded and proves(turn)}
        return len(before - mended | mine)

    def most(self) -> int:
        workers = sum(entry["role"] == ["worker"] for entry in self.person.config["nodes"])
        share = self.limit.endswith("%")
        return max(1, floor(workers * int(self.limit.removesuffix("%")) / 100) if share else int(self.limit))

    def touch(self, turn: Turn) -> None:
        """Note that a turn does something to a member, which no other turn may be doing."""
        if self.touches_member(self.run.next_step(turn)):
            assert self.touching in ("", turn.key), f"{turn.key} touches a member beside {self.touching}"
            self.touching = turn.key

    def let_go(self, turn: Turn) -> None:
        if self.touching == turn.key and (self.run is None or turn.key not in self.run.schedule.running):
            self.touching = ""

    def touches_member(self, step: Step) -> bool:
        on_member = isinstance(step, _ON_CONTAINERS) and step.name == "etcd" and self.is_member(step.host)
        return on_member or isinstance(step, _ON_MEMBERS)

    def is_member(self, host: str) -> bool:
        (group,) = self.world.groups
        data = self.world.machines[host].etcd_data
        return data is not None and data.member_id in group.members

    def teardown(self) -> None:
        """Whatever happened: once machines and members are back, runs reach the cluster, and then nothing is left.

        Without an API server hosts leave, and nodes are labelled, in the run after the one that brings it back.
        """
        if self.run is not None:
            self.end()
        if not hasattr(self, "world"):
            return
        all_on(self.person)
        for container in self.stopped:
            if container.spec.name == "etcd" and container in container.machine.containers.values():
                container.start()
        self.world.time.pass_time(_NOTICED)
        self.person.skip = frozenset()
        self.count_api_servers()
        for _ in range(_RUNS):
            self.up()
            clean_forgotten(self.person)
            left = self.person.plan()
            if left.empty:
                break
        self.world.laws.violations[:] = self.judged_violations()
        faults = faults_of(self.person)
        assert not faults, faults
        assert left.empty, [(step.host, step.title, step.why) for step in left.steps]

    def up(self) -> None:
        """Run it; where it says that a member has to be started before others can leave, do that as it says."""
        try:
            self.person.up()
        except PreflightError as refused:
            if "only does not run" not in "".join(problem.hint for problem in refused.problems):
                raise
            asked = self.person.config["nodes"]
            letters = {e["hostname_override"]: "".join(role[0] for role in e["role"]) for e in asked}
            for name in self.world.machines:
                if self.is_member(name):
                    give(self.person, int(name[1:]), "e" + letters.get(name, "").replace("e", ""))
            self.person.up()
            self.person.edit(nodes=asked)
            self.person.up()


def proves(turn: Turn) -> bool:
    return any(isinstance(step, ProveNode) for step in turn.steps)


def one_of(data: st.DataObject, turns: tuple[Turn, ...]) -> Turn:
    key = data.draw(st.sampled_from([turn.key for turn in turns]))
    return next(turn for turn in turns if turn.key == key)


@pytest.mark.parametrize("runs", [FEW, *PARTS])
def test_no_law_is_broken_and_the_next_run_gets_there(running, runs):
    check = settings(
        max_examples=runs,
        stateful_step_count=50,
        derandomize=runs <= FEW,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(partial(Life, running), settings=check)

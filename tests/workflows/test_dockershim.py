"""From dockershim to cri-dockerd within RKE's releases: host by host, with every pod, and back where it fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rke_py.errors import ApiError, ApiUnavailable, EngineError, PreflightError, RolloutFailed, WorkersFailed
from rke_py.plan.rke.runtime import through_cri_dockerd
from rke_py.plan.steps import LeaveDockershim
from rke_py.workflows.adoption import adoption
from tests.sim.calls import When
from tests.sim.clock import Crash
from tests.sim.container import Container
from tests.sim.engine import SimulatedEngine
from tests.sim.expect import store_of
from tests.sim.kubelets import PODS_IN_DOCKER, RUNTIME, report
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator
from tests.workflows.changes import assert_settled
from tests.workflows.migrating import BACK, breaks, mend, stopped_after

ROLES = ("ecw", "ecw", "ecw", "w", "w")
SMALL = ("ecw", "w")
HOSTS = ("n1", "n2", "n3", "n4", "n5")
OLD, NEW = "v1.23.16-rancher2-3", "v1.24.17-rancher1-1"
MOVE, DRAIN = "move the node and its pods to cri-dockerd", "cordon and drain the node"
ALONE, HOP = {"enable_cri_dockerd": True}, {"kubernetes_version": NEW}
WAYS = pytest.mark.parametrize("edit", [ALONE, HOP], ids=["switched on", "with v1.24"])
ENOUGH = 10_000


def going(folder: Path, *roles: str, **edit: object) -> Operator:
    """Return the operator of a cluster with dockershim, right before it leaves that."""
    person = made_by_rke(folder, *roles, kubernetes_version=OLD)
    person.up()
    person.edit(**edit)
    person.next_script()
    person.asked.clear()
    return person


def moved(person: Operator) -> list[str]:
    return [host for host, step in person.script.started if step == MOVE]


def on_cri_dockerd(person: Operator) -> list[str]:
    """Return the hosts whose kubelet runs with it; no host has pods of another runtime than its kubelet's."""
    assert person.world.laws.violations == []
    kubelets = {name: machine.running("kubelet") for name, machine in person.world.machines.items()}
    return [name for name, kubelet in kubelets.items() if kubelet and through_cri_dockerd(kubelet.spec)]


def pods_of(person: Operator, name: str) -> dict[str, str]:
    """Return the pods' containers of a host with their ids."""
    found = person.world.machines[name].containers.items()
    return {container: one.id for container, one in found if container.startswith(PODS_IN_DOCKER)}


def settles(person: Operator, down: int = 1) -> None:
    assert on_cri_dockerd(person) == list(person.world.machines)
    for machine in person.world.machines.values():
        pods = {one for name, one in machine.containers.items() if name.startswith(PODS_IN_DOCKER)}
        assert {one.spec.labels[RUNTIME] for one in pods} == {"cri-dockerd"}
        assert machine.addresses == {one.id for one in pods}
    assert not any(node.unschedulable for node in store_of(person).nodes.values())
    assert person.world.laws.core_down <= 1
    assert person.world.laws.workers_down <= down
    assert_settled(person)


def kubelet_on(machine: str) -> Callable[[Container], str]:
    """Let the new kubelet of a machine end at once."""

    def says(container: Container) -> str:
        mine = container.machine.name == machine and container.spec.name == "kubelet"
        return "cri-dockerd: command not found" if mine and through_cri_dockerd(container.spec) else ""

    return says


def never_ready(person: Operator, name: str) -> list[str]:
    """Let a host's new kubelet make its pods, and its node not become Ready for it once; return who made the pods."""
    machine = person.world.machines[name]
    made: list[str] = []

    def stays_away() -> None:
        report(machine, store_of(person))
        made.extend(one.spec.labels[RUNTIME] for one in machine.containers.values() if RUNTIME in one.spec.labels)
        raise ApiError(f"{name} is not Ready")

    person.world.calls.on(
        lambda call: (call.verb, call.name) == ("wait", name) and name in on_cri_dockerd(person), stays_away, times=1
    )
    return made


def silent_until_others_arrived(person: Operator) -> None:
    """Let n5 be silent until a run has moved all others."""
    person.edit(upgrade_strategy={"max_unavailable_worker": "2"})
    person.world.machines["n5"].power_off()
    person.world.time.pass_time(60)
    with pytest.raises(WorkersFailed):
        person.up()
    person.world.machines["n5"].power_on()
    person.world.time.pass_time(60)


@pytest.fixture(params=[ALONE, HOP], ids=["switched on", "with v1.24"])
def person(request: pytest.FixtureRequest, folder: Path) -> Operator:
    return going(folder, *ROLES, **request.param)


def test_every_host_goes_over_in_order(person: Operator) -> None:
    person.up()
    assert moved(person) == list(HOSTS)
    steps = person.script.started
    assert all(host in ("n1", "n2", "n3") for host, step in steps if step == "replace kube-apiserver")
    for host in HOSTS:
        mine = [step for on, step in steps if on == host]
        assert mine.index(DRAIN) < mine.index(MOVE) < mine.index(BACK) < mine.index("uncordon the node")
    settles(person)


def test_the_plan_tells_what_becomes_of_the_pods(person: Operator) -> None:
    plan = person.plan()
    assert any("from dockershim to cri-dockerd on n1, n2, n3, n4, n5" in cost for cost in plan.outages)
    assert [step.host for step in plan.steps if step.title == MOVE] == list(HOSTS)
    assert person.script.started == ()


def test_pods_that_something_is_lost_with_stay_unless_a_drain_is_asked_for(folder: Path) -> None:
    person = going(folder, *SMALL, **ALONE)
    spares = [getattr(step, "spare") for step in person.plan().steps if step.title == DRAIN]  # noqa: B009
    assert spares == [True, True]
    person.edit(upgrade_strategy={"drain": True})
    assert not any(getattr(step, "spare") for step in person.plan().steps if step.title == DRAIN)  # noqa: B009


def test_a_single_host_is_not_drained(folder: Path) -> None:
    person = going(folder, "ecw", **HOP)
    before = pods_of(person, "n1")
    person.up()
    assert DRAIN not in [step for _, step in person.script.started]
    assert pods_of(person, "n1").keys() == before.keys()
    assert not set(pods_of(person, "n1").values()) & set(before.values())
    settles(person)


def test_no_pod_ends_whose_sandbox_could_not_be_made_anew(folder: Path) -> None:
    person = going(folder, *SMALL, **HOP)
    (pause,) = {step.pause for step in person.plan().steps if isinstance(step, LeaveDockershim)}
    before = pods_of(person, "n1")
    person.world.faults.missing_images.add(pause)
    with pytest.raises(PreflightError, match=f"n1: .*{pause}"):
        person.up()
    assert pods_of(person, "n1") == before
    assert moved(person) == []


def test_pods_that_rke_let_cri_dockerd_take_over_are_made_anew(folder: Path) -> None:
    person = going(folder, *SMALL, **HOP)
    (new,) = (step.spec for step in person.plan().steps if isinstance(step, LeaveDockershim) and step.host == "n2")
    machine = person.world.machines["n2"]
    before = pods_of(person, "n2")
    engine = SimulatedEngine(machine, "n2")
    engine.set_restart("kubelet", "no")
    engine.stop("kubelet", 0)
    engine.rename("kubelet", "old-kubelet")
    machine.images.add(new.image)
    person.world.time.pass_time(60)
    machine.create(new).start()
    person.up()
    assert not set(pods_of(person, "n2").values()) & set(before.values())
    person.world.laws.violations.clear()  # until then they were with two runtimes, as RKE had left them
    settles(person)


def test_half_way_it_is_told_what_is_left(person: Operator) -> None:
    stopped_after(person, "n2", MOVE)
    assert on_cri_dockerd(person) == ["n1", "n2"]
    shown = person.status()
    assert shown.healthy
    assert [found.host for found in shown.drift.steps if found.step == MOVE] == ["n3", "n4", "n5"]
    person.world.time.pass_time(86_400)
    person.next_script()
    person.up()
    assert moved(person) == ["n3", "n4", "n5"]
    assert person.script.started[0] != ("n2", MOVE)
    settles(person)


@pytest.mark.thorough
def test_the_pods_that_stayed_are_proved_by_the_next_run(person: Operator) -> None:
    person.world.faults.stays_down = {"shop/web": "CreateContainerError"}
    with pytest.raises(RolloutFailed) as raised:
        person.up()
    assert "shop/web: CreateContainerError" in str(raised.value.failures[0])
    assert moved(person) == ["n1"]
    assert store_of(person).nodes["n1"].unschedulable
    person.next_script()
    with pytest.raises(RolloutFailed):
        person.up()
    assert moved(person) == []
    person.world.faults.stays_down.clear()
    person.next_script()
    person.up()
    assert moved(person) == ["n2", "n3", "n4", "n5"]
    settles(person)


def test_a_worker_that_does_not_work_with_cri_dockerd_is_put_back(person: Operator) -> None:
    breaks(person, kubelet_on("n4"))
    with pytest.raises(WorkersFailed) as raised:
        person.up()
    (fault,) = raised.value.failures
    assert "the old kubelet was put back" in str(fault)
    assert "either" not in str(fault)
    assert any("command not found" in line for line in fault.evidence)
    assert on_cri_dockerd(person) == ["n1", "n2", "n3"]
    assert store_of(person).nodes["n4"].kubelet_version == "v1.23.16"
    assert not store_of(person).nodes["n4"].unschedulable
    mend(person)
    person.next_script()
    person.up()
    assert moved(person) == ["n4", "n5"]
    settles(person)


def test_a_core_node_that_does_not_work_with_it_stops_the_run(person: Operator) -> None:
    breaks(person, kubelet_on("n2"))
    with pytest.raises(RolloutFailed):
        person.up()
    assert moved(person) == ["n1", "n2"]
    assert on_cri_dockerd(person) == ["n1"]
    mend(person)
    person.up()
    settles(person)


def test_a_node_that_does_not_become_ready_is_put_back_without_pods_of_cri_dockerd(person: Operator) -> None:
    machine = person.world.machines["n4"]
    made = never_ready(person, "n4")
    with pytest.raises(WorkersFailed) as raised:
        person.up()
    assert made == ["cri-dockerd", "cri-dockerd"]
    assert "the old kubelet was put back" in str(raised.value.failures[0])
    person.world.time.pass_time(60)
    person.status()
    assert on_cri_dockerd(person) == ["n1", "n2", "n3"]
    pods = [one.spec.labels[RUNTIME] for one in machine.containers.values() if RUNTIME in one.spec.labels]
    assert pods == ["dockershim", "dockershim"]
    person.up()
    settles(person)


def test_a_node_that_is_not_ready_with_the_old_kubelet_either_stays_closed(person: Operator) -> None:
    breaks(person, kubelet_on("n4"))

    def not_ready() -> None:
        raise ApiError("n4 is not Ready")

    person.world.calls.on(lambda call: (call.verb, call.name) == ("wait", "n4"), not_ready, times=ENOUGH)
    with pytest.raises(WorkersFailed) as raised:
        person.up()
    told = str(raised.value.failures[0])
    assert "the old kubelet was put back, but its node did not become Ready" in told
    assert store_of(person).nodes["n4"].unschedulable
    mend(person)
    person.world.calls.forget()
    person.up()
    settles(person)


@pytest.mark.parametrize("killed", ["remove", "run"])
def test_a_run_that_was_killed_while_it_put_a_node_back_leaves_no_address(person: Operator, killed: str) -> None:
    made = never_ready(person, "n4")
    what = f"{PODS_IN_DOCKER}POD_pod-n4" if killed == "remove" else "release-addresses"

    def die() -> None:
        person.world.time.kill()
        raise Crash

    person.world.calls.on(
        lambda call: bool(made) and (call.host, call.verb, call.name) == ("n4", killed, what),
        die,
        when=When.BEFORE,
        times=1,
    )
    with pytest.raises(Crash):
        person.up()
    person.world.time.pass_time(1)
    person.up()
    settles(person)


def test_addresses_that_cannot_be_given_back_leave_the_node_as_it_was(person: Operator) -> None:
    def refuse() -> None:
        raise EngineError("n4", "no space left on device")

    person.world.calls.on(lambda call: (call.host, call.name) == ("n4", "release-addresses"), refuse, times=1)
    with pytest.raises(WorkersFailed) as raised:
        person.up()
    assert "the old kubelet was put back" in str(raised.value.failures[0])
    person.status()
    assert "n4" not in on_cri_dockerd(person)
    person.up()
    settles(person)


def test_an_api_that_is_away_undoes_no_node_that_works(person: Operator) -> None:
    def away() -> None:
        raise ApiUnavailable("no API server answers")

    person.world.calls.on(
        lambda call: (call.verb, call.name) == ("wait", "n4") and "n4" in on_cri_dockerd(person), away, times=ENOUGH
    )
    with pytest.raises(WorkersFailed):
        person.up()
    assert "n4" in on_cri_dockerd(person)
    person.world.calls.forget()
    person.status()
    person.next_script()
    before = pods_of(person, "n4")
    assert before
    person.up()
    assert moved(person) == ["n4", "n5"]
    assert ("n4", DRAIN) not in person.script.started
    assert pods_of(person, "n4") == before
    settles(person)


def test_a_worker_that_is_silent_goes_over_once_it_is_back(person: Operator) -> None:
    silent_until_others_arrived(person)
    person.up()
    settles(person, down=2)


def test_a_late_worker_is_not_held_for_pods_that_were_unready_before(person: Operator) -> None:
    silent_until_others_arrived(person)
    store_of(person).unready_pods = {"shop/web": "n5"}
    person.world.faults.stays_down = {"shop/web": "CrashLoopBackOff"}
    person.up()
    settles(person, down=2)


@pytest.mark.thorough
def test_the_pods_of_a_late_worker_are_proved_by_the_next_run(person: Operator) -> None:
    silent_until_others_arrived(person)
    person.world.faults.stays_down = {"shop/web": "CreateContainerError"}
    for _ in range(2):
        with pytest.raises(WorkersFailed) as raised:
            person.up()
        assert "shop/web: CreateContainerError" in str(raised.value.failures[0])
        assert store_of(person).nodes["n5"].unschedulable
    person.world.faults.stays_down.clear()
    person.up()
    settles(person, down=2)


def test_half_way_a_snapshot_is_restored_as_on_any_other_cluster(person: Operator) -> None:
    name = person.snapshot()
    stopped_after(person, "n4", MOVE)
    person.restore(name)
    person.world.laws.core_down = 0
    person.next_script()
    person.up()
    assert moved(person) == ["n5"]
    settles(person)


@pytest.mark.parametrize("within", [False, True])
def test_half_way_a_cluster_is_removed_with_all_its_pods(person: Operator, within: bool) -> None:
    def die() -> None:
        person.world.time.kill()
        raise Crash

    if within:
        started = ("n1", "start", "kubelet")
        person.world.calls.on(lambda call: (call.host, call.verb, call.name) == started, die, when=When.AFTER)
        with pytest.raises(Crash):
            person.up()
        person.world.calls.forget()
    else:
        stopped_after(person, "n1", MOVE)
    person.remove()
    for machine in person.world.machines.values():
        assert machine.containers == {}
        assert not machine.addresses


@WAYS
def test_before_it_is_taken_over_it_is_told_what_would_go(folder: Path, edit: dict[str, object]) -> None:
    person = made_by_rke(folder, *SMALL, kubernetes_version=OLD)
    person.edit(**edit)
    found = adoption(person.context())
    assert [step.host for step in found.drift.steps if step.step == MOVE] == ["n1", "n2"]
    assert found.ready
    person.up()
    settles(person)


@WAYS
def test_one_host_goes_alone(folder: Path, edit: dict[str, object]) -> None:
    person = going(folder, *ROLES, **edit)
    stopped_after(person, "n3", "uncordon the node")
    person.next_script()
    person.only = frozenset({"n5"})
    person.up()
    person.only = frozenset()
    assert moved(person) == ["n5"]
    assert on_cri_dockerd(person) == ["n1", "n2", "n3", "n5"]
    person.up()
    settles(person)


@WAYS
def test_nobody_goes_back(folder: Path, edit: dict[str, object]) -> None:
    person = going(folder, *SMALL, **edit)
    stopped_after(person, "n1", MOVE)
    person.edit(enable_cri_dockerd=False)
    with pytest.raises(PreflightError) as raised:
        person.up()
    (problem,) = (one for one in raised.value.problems if one.where == "enable_cri_dockerd")
    assert "through cri-dockerd on n1, and do not go back to dockershim" in problem.what
    assert problem.hint == "Write enable_cri_dockerd: true."
    person.edit(enable_cri_dockerd=True)
    person.up()
    settles(person)


def test_nobody_goes_back_who_arrived(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", kubernetes_version=OLD, enable_cri_dockerd=True)
    person.up()
    person.edit(enable_cri_dockerd=False)
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert "do not go back to dockershim" in str(raised.value.problems)


def test_a_version_without_dockershim_is_not_gone_to_without_cri_dockerd(folder: Path) -> None:
    person = going(folder, "ecw", **HOP, enable_cri_dockerd=False)
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert "no dockershim from Kubernetes v1.24 on" in str(raised.value.problems)
    assert person.script.started == ()


@pytest.mark.parametrize(("edit", "tools"), [(ALONE, "v0.1.77"), (HOP, "v0.1.80")])
def test_tools_without_the_cri_dockerd_that_is_needed_are_refused(
    folder: Path, edit: dict[str, object], tools: str
) -> None:
    person = going(folder, *SMALL, **edit, system_images={"kubernetes_services_sidecar": f"rancher/rke-tools:{tools}"})
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert f"rancher/rke-tools:{tools} has no cri-dockerd to which the pods of n1, n2 could go" in str(
        raised.value.problems
    )
    assert person.script.started == ()


@WAYS
@pytest.mark.parametrize("drain", [False, True])
@pytest.mark.parametrize("prefix", ["", "/opt/rke"])
def test_whatever_the_cluster_has_goes_over(folder: Path, edit: dict[str, object], drain: bool, prefix: str) -> None:
    person = made_by_rke(folder, *SMALL, kubernetes_version=OLD, **({"prefix_path": prefix} if prefix else {}))
    person.up()
    person.edit(**edit, upgrade_strategy={"drain": drain})
    person.up()
    settles(person)


@pytest.mark.thorough
@WAYS
@pytest.mark.parametrize("when", When)
def test_killed_at_every_step(edit: dict[str, object], when: When, tmp_path: Path) -> None:
    for step in range(1, ENOUGH):
        folder = tmp_path / str(step)
        folder.mkdir()
        person = going(folder, *SMALL, **edit)
        if not person.killed_up(step, when):
            return
        person.world.time.pass_time(1)
        person.up()
        settles(person)


@pytest.mark.long
@pytest.mark.parametrize("reboots", [False, True])
@pytest.mark.parametrize("when", When)
def test_killed_at_every_call(when: When, reboots: bool, tmp_path: Path) -> None:
    for call in range(1, ENOUGH):
        folder = tmp_path / str(call)
        folder.mkdir()
        person = going(folder, *SMALL, **ALONE)
        if not person.killed_at_call(call, when):
            return
        for machine in person.world.machines.values() if reboots else ():
            machine.reboot()
        person.world.time.pass_time(30 if reboots else 1)
        person.world.laws.core_down = person.world.laws.workers_down = 0
        person.up()
        settles(person)


@pytest.mark.thorough
@pytest.mark.parametrize("when", When)
def test_killed_again_and_again_while_a_node_is_put_back(folder: Path, when: When) -> None:
    person = going(folder, *SMALL, **ALONE)
    breaks(person, kubelet_on("n2"))
    with pytest.raises(WorkersFailed):
        person.up()
    mark = len(person.world.calls.log)
    with pytest.raises(WorkersFailed):
        person.up()
    calls = len(person.world.calls.log) - mark
    for call in range(5, calls, 17):
        assert person.killed_at_call(call, when)
    mend(person)
    person.world.time.pass_time(1)
    person.up()
    settles(person)

"""A replacement that does not work is taken back, and what that means for the rest of the run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

import pytest

from rke_py.errors import ApiError, EngineError, RolloutFailed, WorkersFailed
from tests.sim.calls import When
from tests.sim.container import Container
from tests.sim.expect import faults_of
from tests.sim.operator import Operator

BAD = "=99"
ALL = tuple(f"n{number}" for number in range(1, 10))


def start_fault(person: Operator, hosts: Collection[str] = ALL) -> None:
    """Let what is started with the bad argument end at once."""
    person.world.faults.on_start.append(lambda container: "unknown flag: --v" if _bad(container, hosts) else "")


def check_fault(person: Operator, hosts: Collection[str] = ALL) -> None:
    """Let what is started with the bad argument never become healthy."""
    person.world.faults.on_check.append(lambda container: "[-]hook failed" if _bad(container, hosts) else "")


def _bad(container: Container, hosts: Collection[str]) -> bool:
    return any(word.endswith(BAD) for word in container.spec.command) and container.machine.name in hosts


FAULTS = pytest.mark.parametrize("fault", [start_fault, check_fault], ids=["it ends", "it is never healthy"])


def edit(person: Operator, service: str) -> None:
    argument = "snapshot-count" if service == "etcd" else "v"
    person.edit(services={service: {"extra_args": {argument: "99"}}})


@FAULTS
@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("kube-api", "kube-apiserver"),
        ("kube-controller", "kube-controller-manager"),
        ("scheduler", "kube-scheduler"),
        ("etcd", "etcd"),
    ],
)
def test_a_control_plane_that_does_not_work_is_put_back_and_stops_the_run(running, service, name, fault):
    person = running("ecw", "ecw", "ecw", "w")
    fault(person)
    edit(person, service)
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert not isinstance(caught.value, WorkersFailed)
    assert [step for _, step in person.script.changes] == [f"replace {name}"]
    assert "was put back" in str(caught.value.failures[0])
    person.world.time.pass_time(10)
    assert faults_of(person) == []


@FAULTS
@pytest.mark.parametrize(("service", "name"), [("kubelet", "kubelet"), ("kubeproxy", "kube-proxy")])
def test_a_worker_that_does_not_work_is_put_back_and_counts(running, service, name, fault):
    person = running("ec", "w", "w", "w")
    fault(person, {"n2", "n3", "n4"})
    edit(person, service)
    with pytest.raises(WorkersFailed) as caught:
        person.up()
    assert len(caught.value.failures) == 1, "one of three may be down, so the run stops with the first"
    assert "was put back" in str(caught.value.failures[0])
    person.world.time.pass_time(10)
    assert faults_of(person) == []


@pytest.mark.parametrize("host", ["n2", "n4"])
def test_a_kubelet_whose_node_is_not_ready_is_put_back(running, host):
    person = running("ecw", "ecw", "ecw", "w")
    machine = person.world.machines[host]

    def not_ready() -> None:
        raise ApiError(f"the node {host} is not Ready", evidence=("NetworkPluginNotReady",))

    person.world.calls.on(
        lambda call: (call.verb, call.name) == ("wait", host) and _bad(machine.containers["kubelet"], ALL), not_ready
    )
    edit(person, "kubelet")
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    (fault,) = caught.value.failures
    assert fault.what == f"the node {host} is not Ready; the old kubelet was put back"
    assert "NetworkPluginNotReady" in fault.evidence
    assert not _bad(machine.containers["kubelet"], ALL)
    assert faults_of(person) == []


@pytest.mark.parametrize("name", ["kubelet", "kube-apiserver", "etcd"])
def test_what_works_stays_though_the_old_one_cannot_be_removed(running, name):
    person = running("ecw", "ecw", "ecw", "w")
    machine, old = person.world.machines["n2"], f"old-{name}"

    def busy() -> None:
        raise EngineError("n2", f"removing {old}: device or resource busy")

    proved = lambda call: (call.host, call.verb, call.name) == ("n2", "remove", old)  # noqa: E731
    person.world.calls.on(proved, busy)
    edit(person, {"kube-apiserver": "kube-api"}.get(name, name))
    person.up()
    assert _changed(machine.containers[name])
    assert old in machine.containers
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


def _changed(container: Container) -> bool:
    return any(word.endswith(BAD) for word in container.spec.command)


def test_a_journal_that_cannot_be_written_does_not_keep_the_old_one_from_coming_back(running):
    person = running("ecw", "w")
    journal = person.context().journal_path
    start_fault(person)

    def full() -> None:
        kept = journal.read_bytes()
        journal.unlink()
        journal.mkdir()
        (journal / "kept").write_bytes(kept)

    edit(person, "scheduler")
    person.world.calls.on(lambda call: call.verb == "start", full)
    with pytest.raises(RolloutFailed):
        person.up()
    assert faults_of(person) == []


def test_a_failed_worker_does_not_stop_the_others_while_the_limit_holds(running):
    person = running("ec", "w", "w", "w", "w", upgrade_strategy={"max_unavailable_worker": "2"})
    start_fault(person, {"n2"})
    edit(person, "kubelet")
    with pytest.raises(WorkersFailed) as caught:
        person.up()
    assert [fault.where for fault in caught.value.failures] == ["n2"]
    new = {m.name for m in person.world.machines.values() if "--v=99" in m.containers["kubelet"].spec.command}
    assert new == {"n1", "n3", "n4", "n5"}
    assert person.world.laws.workers_down <= 2


def test_what_was_put_back_is_tried_again_by_the_next_run(running):
    person = running("ecw", "w")
    start_fault(person)
    edit(person, "kubelet")
    with pytest.raises(RolloutFailed):
        person.up()
    person.world.faults.on_start.clear()
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_the_last_words_of_what_failed_are_the_evidence(running):
    person = running("ecw")
    start_fault(person)
    edit(person, "kube-api")
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert "unknown flag: --v" in caught.value.failures[0].evidence


ADMISSION = "/etc/kubernetes/admission.yaml"


def fault_of_restricted(person: Operator, hosts: Collection[str]) -> None:
    """Let an API server that reads the new document end at once."""
    person.world.faults.on_start.append(
        lambda container: (
            "unable to load admission configuration"
            if b"restricted" in container.loaded.get(ADMISSION, b"") and container.machine.name in hosts
            else ""
        )
    )


def test_a_restart_for_a_file_that_does_not_work_puts_the_file_back(running):
    person = running("ecw", "ecw", "ecw", services={"kube-api": {"pod_security_configuration": "baseline"}})
    before = person.world.machines["n1"].files[ADMISSION].content
    fault_of_restricted(person, ALL)
    person.edit(services={"kube-api": {"pod_security_configuration": "restricted"}})
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert f"{ADMISSION} was put back and kube-apiserver restarted" in str(caught.value.failures[0])
    assert person.world.machines["n1"].files[ADMISSION].content == before
    assert {host for host, _ in person.script.changes} == {"n1"}, "the others never saw it"
    assert all(machine.running("kube-apiserver") for machine in person.world.machines.values())
    person.world.faults.on_start.clear()
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_a_file_is_put_back_with_the_container_that_was_replaced(running):
    person = running("ecw", services={"kube-api": {"pod_security_configuration": "baseline"}})
    before = person.world.machines["n1"].files[ADMISSION].content
    fault_of_restricted(person, ALL)
    person.edit(services={"kube-api": {"pod_security_configuration": "restricted", "extra_args": {"v": "4"}}})
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert "the old kube-apiserver was put back" in str(caught.value.failures[0])
    assert person.world.machines["n1"].files[ADMISSION].content == before
    assert person.world.machines["n1"].running("kube-apiserver")


def test_the_old_container_starts_though_its_files_cannot_be_written(running):
    person = running("ecw", services={"kube-api": {"pod_security_configuration": "baseline"}})
    machine = person.world.machines["n1"]
    fault_of_restricted(person, ALL)
    person.edit(services={"kube-api": {"pod_security_configuration": "restricted", "extra_args": {"v": "4"}}})

    def fill() -> None:
        machine.disk_full = True

    person.script.at(lambda event, _: event.step == "replace kube-apiserver", fill)
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert "its files could not be put back" in str(caught.value.failures[0].evidence)
    machine.disk_full = False
    person.world.faults.on_start.clear()
    assert machine.containers["kube-apiserver"].spec.restart == "always"
    person.world.time.pass_time(60)
    assert machine.running("kube-apiserver")


def during_the_proof(person: Operator, happens: Callable[[], None]) -> None:
    """Let something happen once the new kube-apiserver of n1 runs and is looked at."""
    started = ("n1", "start", "kube-apiserver")
    person.world.calls.on(lambda call: (call.host, call.verb, call.name) == started, happens, when=When.AFTER)


def test_a_line_that_is_lost_for_a_while_puts_nothing_back(running):
    person = running("ecw")
    machine = person.world.machines["n1"]
    back = datetime.max.replace(tzinfo=UTC)

    def lose() -> None:
        nonlocal back
        machine.reachable = False
        back = person.world.time.peek() + timedelta(seconds=20)

    def find_again() -> None:
        machine.reachable = machine.reachable or person.world.time.peek() >= back

    during_the_proof(person, lose)
    person.world.calls.on(lambda call: call.host == "n1", find_again, times=10_000)
    person.edit(services={"kube-api": {"extra_args": {"v": "4"}}})
    person.up()
    assert "--v=4" in machine.containers["kube-apiserver"].spec.command
    assert person.up().plan.empty


def test_the_sleep_of_the_operators_machine_is_no_waiting(running):
    person = running("ecw")
    machine = person.world.machines["n1"]
    slow = iter([True] * 20)
    person.world.faults.on_check.append(
        lambda container: "not yet" if container.spec.name == "kube-apiserver" and next(slow, False) else ""
    )
    during_the_proof(person, lambda: person.world.time.pass_time(3600))
    person.edit(services={"kube-api": {"extra_args": {"v": "4"}}})
    person.up()
    assert "--v=4" in machine.containers["kube-apiserver"].spec.command


def test_a_host_that_goes_in_a_proof_ends_the_run_with_what_the_next_one_does(running):
    person = running("ecw")
    machine = person.world.machines["n1"]

    def go() -> None:
        machine.reachable = False

    during_the_proof(person, go)
    person.edit(services={"kube-api": {"extra_args": {"v": "4"}}})
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert "the SSH connection was lost" in str(caught.value.failures[0])
    assert caught.value.failures[0].hint == "The next run finishes or undoes it."
    machine.reachable = True
    person.up()
    assert person.up().plan.empty
    assert "--v=4" in machine.containers["kube-apiserver"].spec.command


def test_a_file_that_does_not_fit_leaves_the_one_that_was_there(running):
    person = running("ecw", services={"kube-api": {"pod_security_configuration": "baseline"}})
    machine = person.world.machines["n1"]
    before = machine.files[ADMISSION]
    person.edit(services={"kube-api": {"pod_security_configuration": "restricted"}})
    machine.disk_room = 0
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert "no space left on device" in str(caught.value.failures[0])
    assert machine.files[ADMISSION] == before
    machine.disk_room = None
    person.up()
    assert b"restricted" in machine.files[ADMISSION].content


def test_files_that_cannot_be_put_back_are_named(running):
    person = running("ecw", services={"kube-api": {"pod_security_configuration": "baseline"}})
    machine = person.world.machines["n1"]
    person.edit(services={"kube-api": {"pod_security_configuration": "restricted"}})
    machine.disk_full = True
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert f"{ADMISSION} could not be put back" in str(caught.value.failures[0].evidence)
    machine.disk_full = False
    person.up()
    assert b"restricted" in machine.files[ADMISSION].content


@pytest.mark.parametrize("roles", [("ecw",), ("ecw", "ecw", "ecw")], ids=["one member", "three"])
def test_the_last_etcd_of_a_newer_release_stays_since_the_old_one_would_not_start(running, roles):
    person = running(*roles, kubernetes_version="v1.33.13")
    person.edit(kubernetes_version="v1.34.4")
    replaced: list[str] = []

    def never_healthy(container: Container) -> str:
        newer = container.spec.name == "etcd" and ":v3.6." in container.spec.image
        if newer and container.machine.name not in replaced:
            replaced.append(container.machine.name)
        return "no answer" if newer and len(replaced) == len(roles) else ""

    person.world.faults.on_check.append(never_healthy)
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert "the cluster is etcd 3.6 now and an older one would not start" in str(caught.value.failures[0])
    last = person.world.machines[replaced[-1]]
    assert last.running("etcd")
    assert ":v3.6." in last.containers["etcd"].spec.image
    person.world.faults.on_check.clear()
    person.up()
    assert faults_of(person) == []


def test_an_etcd_of_a_newer_release_is_put_back_while_another_member_is_of_the_older_one(running):
    person = running("ecw", "ecw", "ecw", kubernetes_version="v1.33.13")
    person.edit(kubernetes_version="v1.34.4")
    person.world.faults.on_check.append(
        lambda container: "no answer" if container.spec.name == "etcd" and ":v3.6." in container.spec.image else ""
    )
    with pytest.raises(RolloutFailed) as caught:
        person.up()
    assert "the old etcd was put back" in str(caught.value.failures[0])
    assert {":v3.6." in machine.containers["etcd"].spec.image for machine in person.world.machines.values()} == {False}

"""A restore that an API server answered from and that is not finished: what was written since is never lost."""

from __future__ import annotations

import pytest

from rke_py.errors import RestoreFailed, RolloutFailed, StateError, UsageError
from rke_py.progress import StepStarted
from rke_py.state.restore import RestorePhase
from tests.sim.calls import Call, When
from tests.sim.clock import Crash
from tests.sim.expect import faults_of, store_of
from tests.sim.operator import Operator
from tests.sim.store import Held
from tests.workflows.changes import wants

MARK = "what was written after the restore"


@pytest.fixture
def reached(running) -> Operator:
    """The operator of a cluster whose restore left one worker that does not come back, and something written since."""
    person = running("ecw", "ecw", "ecw", "w", "")
    person.preload()
    person.snapshot("monday")
    person.world.time.pass_time(3600)
    person.world.faults.on_start.append(_broken_kubelet)
    with pytest.raises(RolloutFailed):
        person.restore("monday")
    person.world.faults.on_start.clear()
    assert person.state.restore.phase is RestorePhase.REACHED
    store_of(person).writes.append(MARK)
    return person


def _broken_kubelet(container) -> str:
    return "panic" if (container.machine.name, container.spec.name) == ("n4", "kubelet") else ""


def assert_finished(person: Operator) -> None:
    person.restore("monday")
    assert MARK in store_of(person).writes
    assert person.state.restore is None
    assert_up_finishes(person)


def assert_up_finishes(person: Operator) -> None:
    person.world.time.pass_time(60)
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_the_same_command_only_does_what_is_left(reached):
    script = reached.next_script()
    assert_finished(reached)
    assert not [step for _, step in script.started if step.startswith(("stop", "put", "prepare", "bring"))]


def test_after_a_member_lost_its_disk_and_joined_again(reached):
    reached.world.machines["n2"].empty_etcd()
    reached.world.machines["n2"].replaced.clear()
    reached.world.time.pass_time(60)
    reached.up()
    assert_finished(reached)


def test_after_a_member_was_replaced(reached):
    reached.world.machines["n2"].power_off()
    reached.world.time.pass_time(60)
    wants(reached, "ecw", "", "ecw", "w", "ecw")
    reached.up()
    assert_finished(reached)


def test_while_no_api_server_is_ready(reached):
    """Members that do not come up after a power cut are no reason to go back."""
    sick = [lambda container: "panic" if container.spec.name == "etcd" and container.machine.name != "n1" else ""]
    reached.world.faults.on_start += sick
    for name in ("n2", "n3"):
        reached.world.machines[name].reboot()
    reached.world.time.pass_time(60)
    with pytest.raises(RestoreFailed, match="the restored data stay in use"):
        reached.restore("monday")
    reached.world.faults.on_start.clear()
    for name in ("n2", "n3"):
        reached.world.machines[name].reboot()
    reached.world.time.pass_time(60)
    assert_finished(reached)


def test_what_another_operator_has_just_stopped_is_left_to_him(reached):
    reached.world.machines["n2"].containers["kube-scheduler"].stop()
    store_of(reached).held = Held(holder="bob@laptop", run=0)
    script = reached.next_script()
    with pytest.raises(StateError, match="another run changes this cluster: bob@laptop"):
        reached.restore("monday")
    assert script.started == ()
    store_of(reached).held = None
    assert_finished(reached)


def test_nobody_else_begins_a_change_while_stopped_components_are_started(reached):
    reached.world.machines["n2"].containers["kube-scheduler"].stop()
    held = []
    reached.next_script().at(
        lambda event, _: isinstance(event, StepStarted) and event.step == "start kube-scheduler again",
        lambda: held.append(store_of(reached).held is not None),
    )
    reached.restore("monday")
    assert held == [True]


def test_a_component_that_an_up_left_half_replaced_is_left_to_the_next_up(reached):
    def die() -> None:
        reached.world.time.kill()
        raise Crash

    def begins(call: Call) -> bool:
        return (call.verb, call.name) == ("rename", "kube-scheduler")

    reached.edit(services={"scheduler": {"extra_args": {"v": "4"}}})
    reached.world.calls.on(begins, die, when=When.AFTER)
    with pytest.raises(Crash):
        reached.up()
    reached.world.calls.forget()
    script = reached.next_script()
    reached.restore("monday")
    assert not [step for _, step in script.started if "kube-scheduler" in step]
    assert_up_finishes(reached)


def test_it_is_not_taken_back(reached):
    with pytest.raises(UsageError, match="the data of monday are in use"):
        reached.restore("monday", back=True)
    assert_finished(reached)


def test_another_snapshot_may_be_restored_instead(reached):
    reached.snapshot("tuesday")
    store_of(reached).writes.append("what was written later still")
    reached.restore("tuesday")
    assert reached.state.restore is None
    assert MARK in store_of(reached).writes
    assert "what was written later still" not in store_of(reached).writes


def test_data_that_were_served_are_not_taken_back_unasked(running):
    """Killed while API servers started: users may have written for hours when the same command runs again."""
    person = running("ecw", "ecw", "ecw", "w")
    person.preload()
    person.snapshot("monday")
    script = person.next_script()
    person.restore("monday")
    number = [step for _, step in script.started].index("start kube-apiserver again") + 3
    person.world.time.pass_time(3600)
    assert person.killed(lambda: person.restore("monday"), number, When.AFTER)
    assert person.state.restore.phase is RestorePhase.FORWARD
    store_of(person).writes.append(MARK)
    person.world.faults.on_start.append(lambda container: "panic" if container.spec.name == "etcd" else "")
    for name in ("n2", "n3"):
        person.world.machines[name].reboot()
    with pytest.raises(RestoreFailed, match="not put back unasked"):
        person.restore("monday")
    person.world.faults.on_start.clear()
    person.restore("monday")
    assert MARK in store_of(person).writes
    assert person.state.restore is None

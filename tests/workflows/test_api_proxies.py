"""Hosts without control plane reach API servers through a proxy of their own: it knows of those that stand in."""

from __future__ import annotations

import pytest

from rke_py.errors import EngineError, PreflightError, RolloutFailed, WorkersFailed
from rke_py.plan.containers import ContainerSpec
from tests.sim.expect import faults_of
from tests.sim.operator import Operator
from tests.workflows.changes import assert_settled, wants

pytestmark = pytest.mark.thorough

ARGUMENT = {"kube-api": {"extra_args": {"v": "4"}}}
CREATE, RELOAD, REPLACE = "start kube-apiserver", "reload haproxy", "replace kube-apiserver"


@pytest.fixture
def growing(running) -> Operator:
    """A second control-plane host is asked for, and another argument of API servers with it."""
    person = running("e", "c", "", "w", "w")
    wants(person, "e", "c", "c", "w", "w")
    person.edit(services=ARGUMENT)
    return person


def begun(person: Operator, *titles: str) -> list[tuple[str, str]]:
    return [step for step in person.script.started if step[1] in titles]


def test_they_hear_of_an_api_server_once_it_is_ready_and_before_the_only_other_one_goes_down(growing):
    growing.up()
    steps = begun(growing, CREATE, RELOAD, REPLACE)
    told = {("n1", RELOAD), ("n4", RELOAD), ("n5", RELOAD)}
    assert (steps[0], set(steps[1:4]), steps[4:]) == (("n3", CREATE), told, [("n2", REPLACE)])
    assert faults_of(growing) == []


def test_a_run_that_finds_the_new_one_ready_tells_them_first_too(growing):
    def refuse() -> None:
        raise EngineError("n1", "no space left on device")

    growing.world.calls.on(lambda call: call.changing and call.host == "n1", refuse)
    with pytest.raises(RolloutFailed):
        growing.up()
    growing.world.calls.forget()
    growing.next_script()
    growing.up()
    assert begun(growing, CREATE, RELOAD, REPLACE) == [("n1", RELOAD), ("n2", REPLACE)]
    assert faults_of(growing) == []


def test_one_that_cannot_be_told_keeps_the_api_servers_as_they_are(growing):
    growing.world.faults.on_check.append(
        lambda container: "broken" if (container.machine.name, container.spec.name) == ("n4", "haproxy") else ""
    )
    with pytest.raises(RolloutFailed, match=r"failed: API proxies/n4; not begun: control plane/n2"):
        growing.up()
    assert begun(growing, REPLACE) == []
    growing.world.faults.on_check.clear()
    growing.up()
    assert faults_of(growing) == []


def test_a_run_whose_api_servers_stay_as_they_are_for_a_worker_is_not_done_but_for_it(growing):
    machine = growing.world.machines["n4"]
    image = next(iter(machine.images))
    helper = ContainerSpec(name="rke-py-files-0a1b", image=image, entrypoint=("true",), restart="no")
    machine.create(helper)

    def refuse() -> None:
        raise EngineError("n4", "device or resource busy")

    growing.world.calls.on(lambda call: (call.verb, call.name) == ("remove", helper.name), refuse)
    with pytest.raises(RolloutFailed, match=r"failed: prepare/n4; not begun: .*control plane/n2") as caught:
        growing.up()
    assert not isinstance(caught.value, WorkersFailed)


def test_where_no_api_server_goes_down_each_hears_of_it_in_its_own_turn(running):
    person = running("e", "c", "", "w", "w")
    wants(person, "e", "c", "c", "w", "w")
    assert person.plan().stage("API proxies") is None
    person.up()
    assert faults_of(person) == []


def test_where_nobody_has_one_the_only_api_server_goes_down_once_the_new_one_serves(running):
    person = running("ec", "")
    wants(person, "ec", "c")
    person.edit(services=ARGUMENT)
    person.up()
    assert begun(person, CREATE, REPLACE) == [("n2", CREATE), ("n1", REPLACE)]
    assert_settled(person)


def test_who_has_to_hear_of_it_first_cannot_be_left_out(growing):
    growing.only = frozenset({"n2", "n3"})
    with pytest.raises(PreflightError) as raised:
        growing.up()
    assert "its turn (control plane) comes after that of n1, n4, n5, which --only leaves out" in str(
        raised.value.problems
    )


@pytest.fixture
def moving(running) -> Operator:
    """Every host is to be another one."""
    person = running("ec", "w", "w", "", "", "")
    wants(person, "", "", "", "ec", "w", "w")
    return person


def test_hosts_that_leave_hear_of_those_that_stay_before_the_others_leave(moving):
    moving.up()
    steps = begun(moving, CREATE, RELOAD, "remove kube-apiserver")
    assert (steps[0], set(steps[1:-1])) == (("n4", CREATE), {("n2", RELOAD), ("n3", RELOAD)})
    assert steps[-1] == ("n1", "remove kube-apiserver")
    assert faults_of(moving) == []


def test_one_that_stays_since_it_cannot_be_emptied_has_an_api_server_all_the_same(moving):
    moving.world.faults.budgets["n2"] = "it would leave web with too few pods"
    with pytest.raises(WorkersFailed):
        moving.up()
    assert moving.world.laws.violations == []
    moving.world.faults.budgets.clear()
    moving.up()
    assert faults_of(moving) == []


def test_api_servers_stay_while_one_that_leaves_cannot_be_told(moving):
    moving.world.faults.on_check.append(
        lambda container: "broken" if (container.machine.name, container.spec.name) == ("n2", "haproxy") else ""
    )
    with pytest.raises(RolloutFailed, match="not begun: leave control plane/n1"):
        moving.up()
    assert moving.world.machines["n1"].running("kube-apiserver")


def test_hosts_that_leave_hear_of_one_that_comes_before_the_only_other_one_goes_down(running):
    person = running("ec", "", "w", "w")
    wants(person, "ec", "c", "w", "")
    person.edit(services=ARGUMENT)
    person.up()
    steps = begun(person, CREATE, RELOAD, REPLACE)
    assert (steps[0], set(steps[1:3]), steps[3]) == (("n2", CREATE), {("n3", RELOAD), ("n4", RELOAD)}, ("n1", REPLACE))
    assert faults_of(person) == []


def test_where_servers_only_leave_hosts_that_leave_keep_those_that_they_know(running):
    person = running("e", "e", "e", "c", "c", "w", "w")
    wants(person, "e", "e", "e", "w", "ec", "", "w")
    person.up()
    assert ("n6", RELOAD) not in person.script.started
    assert faults_of(person) == []


def test_a_host_that_leaves_is_not_cleaned_while_its_api_proxy_is_told(running):
    person = running("ec", "w", "w", "")
    wants(person, "ec", "w", "", "ec")
    told, ended = ("n3", "reload haproxy"), ("n3", "remove haproxy")
    turns = {turn.key: turn for stage in person.plan().stages for turn in stage.turns}
    assert [(step.host, step.title) for step in turns["API proxies/n3"].steps][-1] == told
    assert "API proxies/n3" in turns["clean hosts/n3"].past
    person.up()
    assert person.script.started.index(told) < person.script.started.index(ended)
    assert_settled(person)

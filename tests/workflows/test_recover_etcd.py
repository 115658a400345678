"""etcd whose quorum is gone for good: a cluster of one from the best member that is left, and the others join again."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace

import pytest

from rke_py.errors import ConsentMissing, EngineError, UsageError
from rke_py.plan.components.etcd import FORCING
from rke_py.plan.reconcile import old_name
from rke_py.transport.tools import look_name
from tests.sim.calls import When
from tests.sim.container import Container
from tests.sim.expect import faults_of, group_in_use, store_of
from tests.sim.operator import Operator
from tests.workflows.changes import wants

ROLES = ("ecw", "ecw", "ecw", "w")
MARK = "what was written before"
SEED = 20261127
DEED = 6
"""The step that makes a cluster of one: three API servers stop before, then etcd, whose data are kept."""


@pytest.fixture
def lost(running) -> Operator:
    """The operator of a cluster of which two of three members lost their disks."""
    person = running(*ROLES)
    person.preload()
    store_of(person).writes.append(MARK)
    for name in ("n2", "n3"):
        person.world.machines[name].empty_etcd()
    person.world.time.pass_time(60)
    return person


def assert_three_again(person: Operator) -> None:
    person.up()
    person.world.time.pass_time(60)
    assert len(group_in_use(person).members) == 3
    assert MARK in store_of(person).writes
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_the_one_that_is_left_goes_on_and_the_others_join_again(lost):
    assert lost.recover_etcd() == "n1"
    assert len(group_in_use(lost).members) == 1
    assert_three_again(lost)


def test_what_was_there_before_is_kept_aside(lost):
    lost.recover_etcd()
    assert len(lost.world.machines["n1"].replaced) == 1


def test_the_flag_is_in_no_container_that_stays(lost):
    lost.recover_etcd()
    every = [c.spec for machine in lost.world.machines.values() for c in machine.containers.values()]
    assert not [spec for spec in every if any("force-new-cluster" in word for word in spec.command)]


def _removed(container: Container) -> None:
    del container.machine.containers[container.spec.name]


def _moved_aside(container: Container) -> None:
    _removed(container)
    container.renamed(old_name("etcd"))
    container.machine.containers[container.spec.name] = container


@pytest.mark.parametrize("happens", [_removed, _moved_aside], ids=["removed", "moved aside by a killed run"])
def test_one_whose_container_is_gone_and_whose_data_are_there_goes_on_all_the_same(lost, happens):
    container = lost.world.machines["n1"].containers["etcd"]
    container.set_restart("no")
    container.stop()
    happens(container)
    assert lost.recover_etcd() == "n1"
    assert_three_again(lost)


def test_of_several_the_one_that_knows_most_is_taken(running):
    person = running("ecw", "ecw", "ecw", "ecw", "ecw")
    person.preload()
    for name in ("n1", "n2", "n3"):
        person.world.machines[name].empty_etcd()
    person.world.machines["n4"].etcd_behind = 7
    person.world.time.pass_time(60)
    assert person.recover_etcd() == "n5"
    assert any("n5 (raft term 3, index 100)" in cost for cost in person.asked)
    person.up()
    assert len(group_in_use(person).members) == 5


def test_a_second_run_goes_on_with_the_one_that_the_first_chose(running):
    person = running("ec", "e", "e", "e", "e", "w")
    person.preload()
    for name in ("n1", "n2", "n3"):
        person.world.machines[name].empty_etcd()
    for name in ("n4", "n5"):
        person.world.machines[name].containers["etcd"].set_restart("no")
        person.world.machines[name].containers["etcd"].stop()
    chosen = person.world.machines["n5"]
    chosen.create(replace(chosen.containers["etcd"].spec, name=FORCING, restart="no"))
    assert person.recover_etcd() == "n5"


def test_where_the_chosen_ones_data_are_lost_as_well_nothing_is_left_to_go_on_with(lost):
    machine = lost.world.machines["n1"]
    machine.create(replace(machine.containers["etcd"].spec, name=FORCING, restart="no"))
    machine.empty_etcd()
    lost.world.time.pass_time(60)
    with pytest.raises(UsageError, match="there is nothing to make a cluster of"):
        lost.recover_etcd()


def test_a_member_whose_host_leaves_may_bring_the_quorum_back(running):
    person = running(*ROLES, "w")
    person.preload()
    for name in ("n2", "n3"):
        person.world.machines[name].containers["etcd"].set_restart("no")
        person.world.machines[name].containers["etcd"].stop()
    person.world.machines["n2"].power_off()
    person.world.time.pass_time(60)
    wants(person, "ecw", "", "", "w", "ew")
    with pytest.raises(UsageError, match="can have its quorum again: n1, n3"):
        person.recover_etcd()


def test_members_that_do_not_answer_are_named(running):
    person = running(*ROLES)
    person.preload()
    for name in ("n1", "n2"):
        person.world.machines[name].power_off()
    assert person.recover_etcd() == "n3"
    assert any(cost.startswith("n1 is given up") for cost in person.asked)


def test_it_is_refused_while_a_host_that_answers_cannot_be_looked_into(running):
    person = running(*ROLES)
    person.preload()
    person.world.machines["n3"].power_off()
    person.world.machines["n2"].containers["etcd"].stop()

    def full() -> None:
        raise EngineError("n2", "starting rke-py-tools: no space left on device")

    person.world.time.pass_time(60)
    survey = look_name("survey", "")
    person.world.calls.on(
        lambda call: (call.host, call.verb) == ("n2", "create") and call.name.startswith(survey), full, times=100
    )
    script = person.next_script()
    with pytest.raises(UsageError, match=r"n2: .*no space left"):
        person.recover_etcd()
    assert script.started == ()


def test_without_room_for_a_copy_of_the_data_nothing_is_stopped(lost):
    lost.world.machines["n1"].deep |= {"etcd_size": 2 << 30, "free": {"/var/lib/etcd": 1 << 30}}
    script = lost.next_script()
    with pytest.raises(UsageError, match=r"n1: 1\.0 GiB are free for /var/lib/etcd, and the copy .* needs 2\.1 GiB"):
        lost.recover_etcd()
    assert script.started == ()
    assert not lost.asked


def test_it_is_not_done_without_consent(lost):
    lost.agrees = False
    script = lost.next_script()
    with pytest.raises(ConsentMissing):
        lost.recover_etcd()
    assert script.started == ()


def _well(person: Operator) -> None:
    """Leave it as it is."""


def _one_off(person: Operator) -> None:
    person.world.machines["n2"].power_off()


def _stopped(person: Operator) -> None:
    for name in ("n1", "n2"):
        person.world.machines[name].containers["etcd"].stop()


def _nothing_left(person: Operator) -> None:
    for machine in person.world.machines.values():
        machine.empty_etcd()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(_well, "etcd has its quorum", id="well"),
        pytest.param(_one_off, "etcd has its quorum", id="one of three is off"),
        pytest.param(_stopped, "can have its quorum again", id="two of three are stopped"),
        pytest.param(_nothing_left, "there is nothing to make a cluster of", id="no data are left"),
    ],
)
def test_it_is_refused_where_something_else_has_to_be_done(running, damage, words):
    person = running(*ROLES)
    person.preload()
    damage(person)
    person.world.time.pass_time(60)
    script = person.next_script()
    with pytest.raises(UsageError, match=words):
        person.recover_etcd()
    assert script.started == ()


@pytest.mark.thorough
@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("call", sorted(random.Random(SEED).sample(range(1, 60), 4)))
def test_killed_at_a_call_the_next_run_goes_on(lost, call, when):
    lost.killed_at_call(call, when, lost.recover_etcd)
    lost.world.time.pass_time(1)
    with suppress(UsageError):  # it has its quorum where the first run was killed after the deed
        lost.recover_etcd()
    assert_three_again(lost)


def test_it_is_refused_while_a_restore_is_half_done(running):
    person = running(*ROLES)
    person.preload()
    person.snapshot("monday")
    assert person.killed(lambda: person.restore("monday"), 20, When.BEFORE)
    with pytest.raises(UsageError, match="was begun and not finished"):
        person.recover_etcd()
    with pytest.raises(UsageError, match="was begun and not finished"):
        person.defragment()


def test_after_a_kill_no_api_server_goes_on_with_what_only_the_lost_members_knew(lost):
    assert lost.killed(lost.recover_etcd, DEED, When.AFTER)
    assert len(group_in_use(lost).members) == 1
    assert not any(machine.running("kube-apiserver") for machine in lost.world.machines.values())
    assert_three_again(lost)


def test_machines_that_are_to_take_the_place_of_lost_ones_may_be_in_cluster_yml_already(running):
    person = running("ecw", "ecw", "ecw", "", "")
    person.preload()
    for name in ("n2", "n3"):
        person.world.machines[name].power_off()
    wants(person, "ecw", "", "", "ecw", "ecw")
    person.world.time.pass_time(60)
    assert person.recover_etcd() == "n1"
    person.up()
    person.world.time.pass_time(60)
    assert len(group_in_use(person).members) == 3


@pytest.mark.parametrize("roles", [("ec", "e", "e", "", "w"), ("ec", "e", "e", "w", "w")], ids=["leaves", "stays"])
def test_api_servers_of_hosts_that_are_to_have_none_start_anew_too(running, roles):
    person = running("ec", "e", "e", "c", "w")
    person.preload()
    for name in ("n2", "n3"):
        person.world.machines[name].empty_etcd()
    person.world.time.pass_time(60)
    wants(person, *roles)
    servers = [person.world.machines[name].containers["kube-apiserver"] for name in ("n1", "n4")]
    before = person.world.now
    person.recover_etcd()
    assert all(server.since > before for server in servers)
    assert all(server.machine.running("kube-apiserver") for server in servers)
    person.up()
    person.world.time.pass_time(60)
    assert faults_of(person) == []

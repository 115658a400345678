"""CAs that end while a rotation, a run that failed or the replacement of another CA is under way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from rke_py.errors import PreflightError, RotationWaits, WorkersFailed
from rke_py.pki.rotation import Kind, Phase
from rke_py.plan.steps import Workload
from tests.sim.calls import When
from tests.sim.expect import faults_of, store_of
from tests.sim.operator import Operator
from tests.workflows.short_lived import DAY, ended_alone, with_short_lived

ROLES = ("ecw", "ecw", "ecw", "w")
QUICK = {"pki": {"key_algorithm": "ecdsa-p256"}}
TEN_YEARS = 3651 * DAY
FRONT_PROXY = "kube-apiserver-requestheader-ca"


def renew(person: Operator, **wish: bool) -> object:
    return person.rotate(Kind.AUTHORITIES, **wish)


def well(person: Operator) -> None:
    assert faults_of(person) == []
    person.next_script()
    assert person.up().plan.empty


@pytest.fixture
def of_two_ages(operator: Callable[..., Operator], tmp_path: Path) -> Operator:
    """A cluster whose front proxy's CA ends in a hundred days, while all others live ten years."""
    return with_short_lived(FRONT_PROXY, operator(*ROLES, **QUICK), tmp_path)


def test_a_front_proxys_ca_alone_is_replaced_while_all_others_work(of_two_ages: Operator) -> None:
    person, before = of_two_ages, of_two_ages.state.bundle
    person.world.time.pass_time(101 * DAY)
    script = person.next_script()
    assert renew(person) is None
    changed = {name for name, one in person.state.bundle.items() if one.key != before[name].key}
    assert changed == {FRONT_PROXY, "kube-apiserver-proxy-client"}
    assert {step for _, step in script.started if step.startswith("restart")} == {"restart kube-apiserver"}
    assert person.world.laws.core_down <= 1
    well(person)


def test_a_ca_that_lives_goes_on_where_another_ends_while_both_are_rotated(of_two_ages: Operator) -> None:
    person = of_two_ages
    store_of(person).workloads = {Workload(namespace="shop", kind="Job", name="import"): person.world.now}
    with pytest.raises(RotationWaits):
        renew(person)
    before = person.state.bundle
    person.world.time.pass_time(101 * DAY)
    person.asked.clear()
    assert renew(person) is None
    changed = {name for name, one in person.state.bundle.items() if one.key != before[name].key}
    assert changed == {FRONT_PROXY, "kube-apiserver-proxy-client"}
    assert [cost for cost in person.asked if "is given up: begin it anew" in cost]
    assert person.world.laws.core_down <= 1
    well(person)


def test_a_second_ca_that_ends_while_a_worker_is_silent_is_replaced_too(of_two_ages: Operator) -> None:
    person = of_two_ages
    person.world.machines["n4"].reachable = False
    for days in (101, 3650):
        person.world.time.pass_time(days * DAY)
        with pytest.raises(WorkersFailed):
            renew(person)
    person.world.machines["n4"].reachable = True
    person.up()
    assert renew(person) is None
    well(person)


def test_a_worker_that_slept_through_two_generations_of_a_ca_joins_when_it_is_back(
    running: Callable[..., Operator],
) -> None:
    person = running(*ROLES, **QUICK)
    person.world.time.pass_time(TEN_YEARS)
    person.world.machines["n4"].reachable = False
    with pytest.raises(WorkersFailed):
        renew(person)
    person.world.time.pass_time(TEN_YEARS)
    with pytest.raises(WorkersFailed):
        renew(person)
    person.world.machines["n4"].reachable = True
    person.up()
    assert renew(person) is None
    well(person)


def test_a_host_that_still_has_the_ca_that_ended_is_removed_as_one_of_the_cluster(
    running: Callable[..., Operator],
) -> None:
    person = running(*ROLES, **QUICK)
    person.world.time.pass_time(TEN_YEARS)
    person.world.machines["n4"].reachable = False
    with pytest.raises(WorkersFailed):
        renew(person)
    person.world.machines["n4"].reachable = True
    person.remove()
    assert not person.world.machines["n4"].containers


def test_another_rotation_that_is_under_way_keeps_nobody_from_it(running: Callable[..., Operator]) -> None:
    person = running("ecw", "w", **QUICK)
    person.rotate(Kind.SERVICE_ACCOUNT)
    person.world.time.pass_time(TEN_YEARS)
    assert renew(person) is None
    well(person)


def test_a_first_roll_that_was_never_followed_by_the_second_ends_in_it(running: Callable[..., Operator]) -> None:
    person = running("ecw", "w", **QUICK)
    person.world.time.pass_time(TEN_YEARS - 30 * DAY)
    person.up()
    store_of(person).workloads = {Workload(namespace="shop", kind="Job", name="import"): person.world.now}
    with pytest.raises(RotationWaits):
        renew(person)
    rotation = person.state.rotation
    assert rotation is not None
    assert rotation.phase is Phase.TRUST
    new = rotation.new["kube-ca"].certificate
    person.world.time.pass_time(30 * DAY)
    store_of(person).workloads = {}
    assert renew(person) is None
    assert person.state.bundle["kube-ca"].certificate == new
    well(person)


def test_a_run_that_was_stopped_halfway_is_finished_with_the_new_ca(running: Callable[..., Operator]) -> None:
    person = running("ecw", "w", **QUICK)
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    assert person.killed_up(3, When.AFTER)
    person.world.time.pass_time(TEN_YEARS)
    assert renew(person) is None
    assert any("did not finish is done with it" in cost for cost in person.asked)
    well(person)


def test_new_cas_of_a_time_that_has_not_come_are_brought_to_no_further_host(running: Callable[..., Operator]) -> None:
    person = running("ecw", "w", **QUICK)
    person.world.time.pass_time(TEN_YEARS)
    assert person.killed(lambda: renew(person), 1, When.AFTER)
    person.world.time.set_wall(-timedelta(seconds=TEN_YEARS))
    script = person.next_script()
    with pytest.raises(PreflightError) as caught:
        renew(person)
    assert any("by this machine's clock, and the rotation" in problem.what for problem in caught.value.problems)
    assert script.started == ()


def test_etcds_ca_alone_is_replaced_while_api_servers_live_on_old_connections(
    operator: Callable[..., Operator], tmp_path: Path
) -> None:
    person = ended_alone("kube-etcd-ca", operator(*ROLES, **QUICK), tmp_path)
    assert list(person.world.api_servers())
    assert renew(person) is None
    well(person)


@pytest.mark.thorough
@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("number", range(1, 14, 3))
def test_a_run_for_etcds_ca_alone_that_is_killed_is_continued(
    operator: Callable[..., Operator], tmp_path: Path, number: int, when: When
) -> None:
    person = ended_alone("kube-etcd-ca", operator(*ROLES, **QUICK), tmp_path)
    assert person.killed(lambda: renew(person), number, when)
    assert renew(person) is None
    well(person)

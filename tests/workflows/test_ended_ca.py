"""CAs that have ended: one command brings the cluster back with new ones, from SSH and the state alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from rke_py.errors import (
    ConsentMissing,
    PreflightError,
    RolloutFailed,
    RotationWaits,
    StateError,
    UsageError,
    WorkersFailed,
)
from rke_py.pki.inspect import certificate_facts, certificates_in
from rke_py.pki.rotation import Kind, Phase
from rke_py.plan.steps import Workload
from rke_py.progress import Warned
from rke_py.workflows import encryption
from tests.sim.calls import When
from tests.sim.clock import Crash
from tests.sim.expect import faults_of, store_of
from tests.sim.left_by_rke import made_by_rke, recorded
from tests.sim.operator import Operator

ROLES = ("ecw", "ecw", "ecw", "w")
QUICK = {"pki": {"key_algorithm": "ecdsa-p256"}}
DAY = 86400
TEN_YEARS = 3651 * DAY


@pytest.fixture(params=["ours", "RKE's"])
def over(request: pytest.FixtureRequest, running: Callable[..., Operator], folder: Path) -> Operator:
    """A cluster of each family, eleven years old."""
    person = running(*ROLES, **QUICK) if request.param == "ours" else made_by_rke(folder, *ROLES, **QUICK)
    person.world.time.pass_time(TEN_YEARS)
    return person


def renew(person: Operator, **wish: bool) -> object:
    return person.rotate(Kind.AUTHORITIES, **wish)


def well(person: Operator) -> None:
    assert faults_of(person) == []
    person.next_script()
    assert person.up().plan.empty


def test_one_command_brings_it_back(over: Operator) -> None:
    before = over.state.bundle
    assert renew(over) is None
    after = over.state.bundle
    assert not certificates_in(before["kube-ca"].certificate) & certificates_in(after["kube-ca"].certificate)
    assert store_of(over).client_cas <= certificates_in(after["kube-ca"].certificate)
    well(over)


@pytest.mark.parametrize("family", ["ours", "RKE's"])
@pytest.mark.parametrize("roles", [("ecw",), ("ecw", "ecw", "w"), ("e", "e", "e", "c", "c", "w", "w")], ids=" ".join)
def test_clusters_of_every_shape_come_back(
    running: Callable[..., Operator], folder: Path, family: str, roles: tuple[str, ...]
) -> None:
    person = running(*roles, **QUICK) if family == "ours" else made_by_rke(folder, *roles, **QUICK)
    person.world.time.pass_time(TEN_YEARS)
    assert renew(person) is None
    well(person)


def test_a_cluster_with_rkes_own_authorities_comes_back(folder: Path) -> None:
    person = recorded(folder)
    person.world.time.pass_time(TEN_YEARS)
    assert renew(person) is None
    person.next_script()
    assert person.up().plan.empty


def test_no_node_is_emptied_where_upgrades_would(running: Callable[..., Operator]) -> None:
    person = running(*ROLES, upgrade_strategy={"drain": True}, **QUICK)
    person.world.time.pass_time(TEN_YEARS)
    script = person.next_script()
    assert renew(person) is None
    assert not [step for _, step in script.started if "drain" in step]
    well(person)


def test_what_it_means_is_said_and_asked_before_anything_is_changed(over: Operator) -> None:
    over.agrees = False
    state = over.files()["cluster.rkestate"]
    with pytest.raises(ConsentMissing):
        renew(over)
    assert any("kube-ca ended on 2036" in cost for cost in over.asked)
    assert any("kubeconfig" in cost for cost in over.asked)
    assert any("clock and those of 4 of 4 hosts: see that this is true" in cost for cost in over.asked)
    assert over.files()["cluster.rkestate"] == state
    assert over.script.started == ()


def test_whoever_looks_or_runs_up_is_told_which_ca_ended_when_and_what_to_do(over: Operator) -> None:
    for run in (over.up, over.plan, over.rotate):
        with pytest.raises(StateError, match=r"ended on 2036-\d\d-\d\d.*rke-py cert rotate --rotate-ca"):
            run()
    assert "rke-py cert rotate --rotate-ca" in over.status().drift.unknown
    (found,) = [one for one in over.doctor().findings if one.where == "kube-ca"]
    assert found.remedy.endswith("rke-py cert rotate --rotate-ca")
    assert not found.warning


def apart(person: Operator, seconds: float) -> None:
    """Set every host's clock ahead of ours, which comes to ours being behind."""
    for machine in person.world.machines.values():
        machine.skew = timedelta(seconds=seconds)


def test_a_clock_of_ours_that_is_far_ahead_lets_no_ca_end(over: Operator) -> None:
    apart(over, -TEN_YEARS)
    state = over.files()["cluster.rkestate"]
    with pytest.raises(PreflightError) as caught:
        renew(over)
    assert any("this machine's clock is" in problem.what for problem in caught.value.problems)
    assert over.files()["cluster.rkestate"] == state
    assert over.script.started == ()


@pytest.mark.parametrize(
    ("left", "theirs", "said"),
    [
        pytest.param(-5, -10, "kube-ca has not ended, by this machine's", id="ours ahead"),
        pytest.param(5, 10, "kube-ca has ended, by this machine's", id="ours behind"),
    ],
)
def test_a_ca_is_not_judged_while_a_host_says_otherwise(
    running: Callable[..., Operator], left: int, theirs: int, said: str
) -> None:
    person = running("ecw", "w", **QUICK)
    end = certificate_facts(person.state.bundle["kube-ca"].certificate).not_after
    person.world.time.pass_time((end - person.world.now).total_seconds() - left)
    apart(person, theirs)
    state = person.files()["cluster.rkestate"]
    with pytest.raises(PreflightError) as caught:
        renew(person)
    assert any(said in re.sub(r" \(.*?\)", "", problem.what) for problem in caught.value.problems)
    assert person.files()["cluster.rkestate"] == state
    assert person.script.started == ()


def test_pods_that_read_the_old_ca_are_named_and_restarted_where_that_is_wished(over: Operator) -> None:
    shop = Workload(namespace="shop", kind="Deployment", name="web")
    store_of(over).workloads = {shop: over.world.now - timedelta(hours=1)}
    with pytest.raises(RotationWaits, match="every host has the new CA") as caught:
        renew(over)
    assert caught.value.evidence == (str(shop),)
    over.up()
    assert renew(over, restart_workloads=True) is None
    well(over)


def test_a_worker_that_does_not_answer_joins_when_it_is_back(over: Operator) -> None:
    shop = Workload(namespace="shop", kind="Deployment", name="web")
    store_of(over).workloads = {shop: over.world.now - timedelta(hours=1)}
    over.world.machines["n4"].reachable = False
    with pytest.raises(WorkersFailed):
        renew(over, restart_workloads=True)
    assert f"restart {shop}" in [step for _, step in over.script.started], "the pods of the others need not wait for it"
    over.world.machines["n4"].reachable = True
    over.up()
    assert renew(over) is None
    well(over)


def test_no_add_on_has_to_work_before_its_pods_know_the_new_ca(over: Operator) -> None:
    over.world.faults.stuck_addons |= {"metrics-server", "coredns"}
    assert renew(over) is None
    over.world.faults.stuck_addons.clear()
    well(over)


def test_a_workload_that_does_not_come_back_keeps_no_other_one_from_it(over: Operator) -> None:
    made = over.world.now - timedelta(hours=1)
    shops = [Workload(namespace="shop", kind="DaemonSet", name=f"web-{number}") for number in range(4)]
    store_of(over).workloads = dict.fromkeys(shops, made)
    over.world.faults.stuck_addons |= {str(shops[0])}
    with pytest.raises(RolloutFailed, match="web-0"):
        renew(over, restart_workloads=True)
    assert {f"restart {shop}" for shop in shops} <= {step for _, step in over.script.started}
    over.world.faults.stuck_addons.clear()
    assert renew(over, restart_workloads=True) is None
    well(over)


def test_a_dead_member_can_be_left_out_and_joins_when_it_is_back(over: Operator) -> None:
    over.world.machines["n2"].reachable = False
    with pytest.raises(PreflightError):
        renew(over)
    over.skip = frozenset({"n2"})
    assert renew(over) is not None
    over.skip = frozenset()
    over.world.machines["n2"].reachable = True
    over.up()
    assert renew(over) is None
    well(over)


def test_an_edit_of_cluster_yml_has_to_wait(running: Callable[..., Operator]) -> None:
    person = running("ecw", "w", **QUICK)
    person.world.time.pass_time(TEN_YEARS)
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    with pytest.raises(UsageError) as caught:
        renew(person)
    assert "Undo it" in caught.value.hint
    assert person.script.started == ()


@pytest.mark.parametrize("gone", ["kube-proxy", "kubelet"])
def test_what_lacks_in_a_cluster_as_rke_left_it_is_made_too_once_that_is_agreed_to(folder: Path, gone: str) -> None:
    person = made_by_rke(folder, *ROLES, **QUICK)
    person.world.time.pass_time(TEN_YEARS)
    del person.world.machines["n4"].containers[gone]
    person.agrees = False
    with pytest.raises(ConsentMissing):
        renew(person)
    assert any(cost.startswith("also, as it is not as RKE left it") and gone in cost for cost in person.asked)
    person.agrees = True
    assert renew(person) is None
    well(person)


def test_nobody_is_left_out_of_a_rotation_of_a_ca_that_lives(running: Callable[..., Operator]) -> None:
    person = running("ecw", "w", **QUICK)
    person.skip = frozenset({"n2"})
    with pytest.raises(UsageError, match="only where a CA has ended"):
        renew(person)


def test_a_change_of_encryption_that_is_under_way_waits_for_etcd(running: Callable[..., Operator]) -> None:
    person = running(*ROLES, services={"kube-api": {"secrets_encryption_config": {"enabled": True}}}, **QUICK)

    def die() -> None:
        person.world.time.kill()
        raise Crash

    person.script.at(lambda event, _: event.step.startswith("prove that no secrets"), die)
    with pytest.raises(Crash):
        person.encrypt(encryption.Wish.ROTATE_KEY)
    change = person.state.encryption_change
    assert change is not None
    assert change.phase is Phase.DROP
    script = person.next_script()
    person.world.time.pass_time(TEN_YEARS)
    assert renew(person) is None
    steps = [step for _, step in script.started]
    (proof,) = [number for number, step in enumerate(steps) if step.startswith("prove that no secrets")]
    assert steps[:proof].count("restart etcd") == 3
    person.up()
    assert person.state.encryption_change is None
    well(person)


def test_a_ca_is_warned_of_a_year_before_its_end_with_the_command(running: Callable[..., Operator]) -> None:
    person = running("ecw", "w", **QUICK)
    person.world.time.pass_time(TEN_YEARS - 300 * DAY)
    person.plan()
    warned = [event.problem for event in person.script.events if isinstance(event, Warned)]
    (told,) = [problem for problem in warned if problem.where == "kube-ca"]
    assert "ends on 2036" in told.what
    assert told.hint.endswith("rke-py cert rotate --rotate-ca")
    assert "kube-ca" in {one.name for one in person.status().ending}


@pytest.mark.thorough
@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("number", range(1, 40, 4))
def test_a_run_that_is_killed_is_continued_by_the_same_command(over: Operator, number: int, when: When) -> None:
    assert over.killed(lambda: renew(over), number, when)
    assert renew(over) is None
    well(over)


@pytest.mark.thorough
@pytest.mark.parametrize("number", range(1, 40, 4))
def test_up_goes_on_with_what_a_killed_run_left(over: Operator, number: int) -> None:
    assert over.killed(lambda: renew(over), number, When.AFTER)
    over.up()
    (told,) = over.status().under_way
    assert told.endswith("rke-py cert rotate --rotate-ca")
    assert renew(over) is None
    well(over)


def test_an_edit_that_needs_the_api_is_refused_with_the_command_that_brings_it_back(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "w", ingress={"provider": "nginx"}, **QUICK)
    person.world.time.pass_time(TEN_YEARS)
    person.edit(ingress={"provider": "none"})
    with pytest.raises(PreflightError) as raised:
        renew(person)
    (problem,) = [found for found in raised.value.problems if found.where == "ingress"]
    assert "Let rke-py cert rotate --rotate-ca bring the API back first" in problem.hint

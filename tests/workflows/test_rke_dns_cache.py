"""The DNS cache on nodes of a cluster that RKE made: it comes before kubelets are told, and goes after them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rke_py.errors import ConsentMissing, PreflightError, RkeError, WorkersFailed
from tests.sim.calls import When
from tests.sim.container import Container
from tests.sim.expect import store_of
from tests.sim.kubelets import TRACES
from tests.sim.left_by_rke import APPLIED, CACHE_JOB, job_of, made_by_rke
from tests.sim.operator import Operator
from tests.workflows.changes import assert_settled

Json = dict[str, Any]

ADDRESS, SERVICE = "169.254.20.10", "10.43.0.10"
CACHE: Json = {"provider": "coredns", "nodelocal": {"ip_address": ADDRESS}}
NO_CACHE: Json = {"provider": "coredns"}
SELECTED: Json = {"provider": "coredns", "nodelocal": {"ip_address": ADDRESS, "node_selector": {"cache": "here"}}}
ANOTHER: Json = {"provider": "coredns", "nodelocal": {"ip_address": "169.254.20.11"}}
HOSTS = ("n1", "n2", "n3")


def made(folder: Path, dns: Json) -> Operator:
    """Return the operator of a cluster as RKE left it, with the cache on its hosts where RKE applied one."""
    folder.mkdir(exist_ok=True)
    person = made_by_rke(folder, "ecw", "w", "w", dns=dns)
    for machine in person.world.machines.values():
        machine.traces |= TRACES["node-local-dns"] if "nodelocal" in dns else set()
    return person


def asked_by_pods(person: Operator) -> set[str | None]:
    """Return the servers that kubelets tell new pods to ask."""
    return {machine.containers["kubelet"].flag("cluster-dns") for machine in person.world.machines.values()}


def pods(person: Operator) -> dict[str, str]:
    """Return each host's pod, by what holds its place in the pod network."""
    machines = person.world.machines
    return {name: machines[name].containers[f"k8s_POD_pod-{name}"].id for name in HOSTS}


def places(person: Operator, word: str) -> list[int]:
    """Return where in the run the steps stand that have a word in their title."""
    return [number for number, (_, step) in enumerate(person.script.started) if word in step]


def test_a_new_cache_answers_before_kubelets_tell_pods_to_ask_it(folder: Path) -> None:
    person = made(folder, NO_CACHE)
    before = pods(person)
    person.edit(dns=CACHE)
    assert person.plan().outages == ()
    person.up()
    (applied,), kubelets = places(person, "apply node-local-dns"), places(person, "replace kubelet")
    assert len(kubelets) == 3
    assert applied < min(kubelets)
    assert asked_by_pods(person) == {ADDRESS}
    assert pods(person) == before
    assert_settled(person)


def test_while_a_new_cache_does_not_work_no_kubelet_is_told(folder: Path) -> None:
    person = made(folder, NO_CACHE)
    person.world.faults.stuck_addons.add("node-local-dns")
    person.edit(dns=CACHE)
    for _ in range(2):
        with pytest.raises(RkeError):
            person.up()
        assert asked_by_pods(person) == {SERVICE}
    person.world.faults.stuck_addons.clear()
    person.up()
    assert asked_by_pods(person) == {ADDRESS}
    assert_settled(person)


def test_a_new_cache_cannot_be_left_out_where_a_kubelet_is_to_hear_of_it(folder: Path) -> None:
    person = made(folder, NO_CACHE)
    person.up()
    person.edit(dns=CACHE)
    person.only = frozenset({"n3"})
    with pytest.raises(PreflightError):
        person.up()
    assert asked_by_pods(person) == {SERVICE}


def test_nor_is_one_told_where_no_api_server_answered_as_the_run_began(folder: Path) -> None:
    person = made(folder, NO_CACHE)
    person.up()
    person.world.machines["n1"].containers["kube-apiserver"].stop()
    person.world.faults.stuck_addons.add("node-local-dns")
    person.edit(dns=CACHE)
    with pytest.raises(RkeError):
        person.up()
    assert asked_by_pods(person) == {SERVICE}
    person.world.faults.stuck_addons.clear()
    person.up()
    assert asked_by_pods(person) == {ADDRESS}
    assert_settled(person)


def test_an_edit_applies_it_over_rkes_and_touches_no_host(folder: Path) -> None:
    person = made(folder, CACHE)
    person.edit(dns=SELECTED)
    person.up()
    assert person.script.started == (("", "apply node-local-dns"), ("", "delete what RKE left of dns.nodelocal"))
    assert store_of(person).gone == []
    assert not store_of(person).left_by_rke & set(job_of(CACHE_JOB))
    assert_settled(person)


@pytest.mark.parametrize("ours", [False, True], ids=["RKE's", "ours"])
def test_one_that_goes_is_asked_for_and_goes_after_kubelets_and_before_pods_are_made_anew(
    folder: Path, ours: bool
) -> None:
    person = made(folder, CACHE)
    person.up()
    if ours:
        person.edit(dns=SELECTED)
        person.up()
    before = pods(person)
    person.edit(dns=NO_CACHE)
    person.agrees = False
    with pytest.raises(ConsentMissing):
        person.up()
    assert sum(cost.startswith("the DNS cache on nodes goes: ") for cost in person.asked) == 1
    person.agrees = True
    person.next_script()
    person.up()
    kubelets = places(person, "replace kubelet")
    (removed,) = places(person, "remove node-local-dns" if ours else "delete what RKE left of dns.nodelocal")
    renewed = places(person, "remove what node-local-dns left, and make the pods anew")
    assert (len(kubelets), len(renewed)) == (3, 3)
    assert max(kubelets) < removed < min(renewed)
    assert asked_by_pods(person) == {SERVICE}
    assert not store_of(person).live & APPLIED[CACHE_JOB]
    assert not any(machine.traces & TRACES["node-local-dns"] for machine in person.world.machines.values())
    assert_settled(person)
    assert not pods(person).items() & before.items()


@pytest.mark.parametrize("ours", [False, True], ids=["RKE's", "ours"])
def test_it_stays_while_a_kubelet_could_not_be_told(folder: Path, ours: bool) -> None:
    person = made(folder, CACHE)
    person.up()
    if ours:
        person.edit(dns=SELECTED)
        person.up()
    person.world.faults.on_start.append(lambda made: "no" if _told_on_n3(made) else "")
    person.edit(dns=NO_CACHE)
    person.next_script()
    with pytest.raises(WorkersFailed):
        person.up()
    assert places(person, "node-local-dns") == places(person, "dns.nodelocal") == []
    assert store_of(person).live & APPLIED[CACHE_JOB]
    person.world.faults.on_start.clear()
    person.up()
    assert asked_by_pods(person) == {SERVICE}
    assert not store_of(person).live & APPLIED[CACHE_JOB]
    assert_settled(person)


def _told_on_n3(container: Container) -> bool:
    """Tell whether it is the kubelet of a worker that hears of another DNS server."""
    told = container.flag("cluster-dns") == SERVICE
    return container.spec.name == "kubelet" and container.machine.name == "n3" and told


def test_another_address_is_refused_since_pods_go_on_asking_the_old_one(folder: Path) -> None:
    person = made(folder, CACHE)
    person.edit(dns=ANOTHER)
    with pytest.raises(PreflightError) as raised:
        person.up()
    (problem,) = raised.value.problems
    assert problem.where == "dns.nodelocal.ip_address"
    assert "in one run" in problem.hint
    person.edit(dns=NO_CACHE)
    person.up()
    person.edit(dns=ANOTHER)
    person.up()
    assert asked_by_pods(person) == {"169.254.20.11"}
    assert_settled(person)


def test_to_write_out_rkes_default_is_no_edit(folder: Path) -> None:
    person = made(folder, CACHE)
    rolling = {"strategy": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
    person.edit(dns={**CACHE, "nodelocal": {"ip_address": ADDRESS, "update_strategy": rolling}})
    assert person.plan().empty


def killed(folder: Path, before: Json, after: Json, kill: Callable[[Operator, int], bool]) -> int:
    """Kill runs at the first step, the second and so on, and expect the next run to finish each; return how many."""
    place = 1
    while True:
        person = made(folder / str(place), before)
        person.edit(dns=after)
        if not kill(person, place):
            return place - 1
        person.up()
        assert asked_by_pods(person) == {ADDRESS if "nodelocal" in after else SERVICE}
        assert bool(store_of(person).live & APPLIED[CACHE_JOB]) is ("nodelocal" in after)
        assert_settled(person)
        place += 1


CHANGES = {"comes": (NO_CACHE, CACHE), "goes": (CACHE, NO_CACHE), "changes": (CACHE, SELECTED)}


@pytest.mark.thorough
@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("when", When)
def test_a_run_that_is_killed_at_any_step_is_finished_by_the_next(
    folder: Path, before: Json, after: Json, when: When
) -> None:
    assert killed(folder, before, after, lambda person, step: person.killed_up(step, when)) > 1

"""RKE's own add-ons in a cluster that it made: left alone until their section is edited, and ours from then on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rke_py.errors import ConsentMissing, PreflightError, RkeError
from tests.sim.calls import When
from tests.sim.expect import store_of
from tests.sim.left_by_rke import APPLIED, SERVICE, job_of, made_by_rke
from tests.sim.operator import Operator
from tests.sim.store import Ref
from tests.workflows.changes import assert_settled

Json = dict[str, Any]

ALL: Json = {
    "dns": {"provider": "coredns"},
    "monitoring": {"provider": "metrics-server"},
    "ingress": {"provider": "nginx"},
}
JOBS = {"dns": "rke-coredns-addon", "monitoring": "rke-metrics-addon", "ingress": "rke-ingress-controller"}
NETWORK_JOB = "rke-network-plugin"
EDITS: dict[str, tuple[Json, tuple[str, ...]]] = {
    "servers": ({"dns": {"provider": "coredns", "upstreamnameservers": ["192.0.2.53"]}}, ("coredns",)),
    "selector": ({"dns": {"node_selector": {"dns": "here"}}}, ("coredns",)),
    "other DNS": ({"dns": {"provider": "kube-dns"}}, ("kube-dns",)),
    "replicas": ({"monitoring": {"replicas": 2}}, ("metrics-server",)),
    "ingress": ({"ingress": {"options": {"use-forwarded-headers": "true"}}}, ("ingress-nginx",)),
    "network": ({"network": {"plugin": "flannel", "node_selector": {"network": "here"}}}, ("flannel",)),
}
NONE: dict[str, Json] = {name: {name: {"provider": "none"}} for name in JOBS}


@pytest.fixture
def person(folder: Path) -> Operator:
    """The operator of a cluster with every add-on that RKE applies, as RKE left it."""
    return made_by_rke(folder, "ecw", "w", **ALL)


def apply(*addons: str, section: str = "dns") -> tuple[tuple[str, str], ...]:
    """Return the steps by which add-ons become ours."""
    return (*(("", f"apply {name}") for name in addons), ("", f"delete what RKE left of {section}"))


def section_of(edit: Json) -> str:
    """Return which section an edit is of."""
    (section,) = edit
    return section


def goes(section: str) -> set[Ref]:
    """Return what of RKE's add-on is deleted when none is wanted: everything but namespaces."""
    return {ref for ref in APPLIED[JOBS[section]] if ref[1] != "Namespace"}


def test_until_a_section_is_edited_all_of_it_stays_as_rke_applied_it(person: Operator) -> None:
    before = set(store_of(person).left_by_rke)
    person.edit(services={"scheduler": {"extra_args": {"v": "4"}}})
    person.up()
    assert person.script.started == (("n1", "replace kube-scheduler"),)
    assert_settled(person)
    assert set(store_of(person).addons) == {"flannel"}
    assert store_of(person).left_by_rke == before


@pytest.mark.parametrize(("edit", "addons"), EDITS.values(), ids=EDITS)
def test_an_edit_applies_that_addon_alone_and_rkes_job_goes(
    person: Operator, edit: Json, addons: tuple[str, ...]
) -> None:
    section = section_of(edit)
    before = set(store_of(person).left_by_rke)
    person.edit(**edit)
    person.up()
    assert person.script.started == apply(*addons, section=section)
    assert set(store_of(person).addons) == {"flannel", *addons}
    assert before - store_of(person).left_by_rke == set(job_of((JOBS | {"network": NETWORK_JOB})[section]))
    assert_settled(person)


def test_what_both_have_is_never_deleted(person: Operator) -> None:
    person.edit(dns={"upstreamnameservers": ["192.0.2.53"]})
    person.up()
    assert store_of(person).gone == []
    assert APPLIED["rke-coredns-addon"] <= store_of(person).live


def test_another_dns_server_takes_the_service_over_before_the_one_of_rke_goes(person: Operator) -> None:
    person.edit(dns={"provider": "kube-dns"})
    person.up()
    store = store_of(person)
    assert set(store.gone) == APPLIED["rke-coredns-addon"] - {SERVICE}
    assert SERVICE in store.addons["kube-dns"]
    person.edit(dns={"provider": "coredns"})
    person.up()
    assert SERVICE in store.live
    assert set(store.addons) == {"flannel", "coredns"}
    assert_settled(person)


def test_each_section_is_a_matter_of_its_own(person: Operator) -> None:
    person.edit(dns={"upstreamnameservers": ["192.0.2.53"]}, monitoring={"replicas": 2})
    person.up()
    assert set(person.script.started) == {*apply("coredns"), *apply("metrics-server", section="monitoring")}
    assert_settled(person)
    person.edit(monitoring={"provider": "none"})
    person.up()
    assert set(store_of(person).addons) == {"flannel", "coredns"}
    person.edit(monitoring={"replicas": 1})
    person.up()
    assert set(store_of(person).addons) == {"flannel", "coredns", "metrics-server"}
    assert_settled(person)


def test_from_the_edit_on_it_is_kept_as_cluster_yml_has_it(person: Operator) -> None:
    person.edit(dns={"upstreamnameservers": ["192.0.2.53"]})
    person.up()
    store_of(person).addons["coredns"].clear()
    person.next_script()
    person.up()
    assert person.script.started == (("", "apply coredns"),)
    person.edit(dns={})
    person.up()
    assert set(store_of(person).addons) == {"flannel", "coredns"}
    assert_settled(person)


@pytest.mark.parametrize("edit", NONE.values(), ids=NONE)
def test_what_is_not_wanted_any_more_goes_after_it_was_agreed_to(person: Operator, edit: Json) -> None:
    section = section_of(edit)
    before = set(store_of(person).left_by_rke)
    person.up()
    person.edit(**edit)
    person.agrees = False
    with pytest.raises(ConsentMissing):
        person.up()
    assert any(" goes: " in cost for cost in person.asked)
    assert store_of(person).gone == []
    person.agrees = True
    person.up()
    assert person.script.started == apply(section=section)
    assert set(store_of(person).gone) == goes(section)
    assert before - store_of(person).left_by_rke == set(job_of(JOBS[section]))
    assert_settled(person)


@pytest.mark.parametrize("edit", NONE.values(), ids=NONE)
def test_so_does_what_had_become_ours(person: Operator, edit: Json) -> None:
    section = section_of(edit)
    ours = next(changed for changed, _ in EDITS.values() if section_of(changed) == section)
    person.edit(**ours)
    person.up()
    person.edit(**edit)
    person.up()
    assert any(" goes: " in cost for cost in person.asked)
    assert set(store_of(person).addons) == {"flannel"}
    assert not store_of(person).live & APPLIED[JOBS[section]]
    assert_settled(person)


@pytest.mark.parametrize("edit", NONE.values(), ids=NONE)
def test_what_goes_is_known_without_rkes_job_as_well(person: Operator, edit: Json) -> None:
    job, _ = job_of(JOBS[section_of(edit)])
    store_of(person).left_by_rke.discard(job)
    person.edit(**edit)
    person.up()
    assert set(store_of(person).gone) == goes(section_of(edit))


@pytest.mark.parametrize("edit", NONE.values(), ids=NONE)
def test_nothing_goes_unseen_while_no_api_server_answers(person: Operator, edit: Json) -> None:
    person.up()
    person.world.machines["n1"].containers["kube-apiserver"].stop()
    person.edit(**edit)
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert [problem.where for problem in raised.value.problems] == [section_of(edit)]
    person.edit(**ALL)
    person.up()
    person.edit(**edit)
    person.up()
    assert set(store_of(person).gone) == goes(section_of(edit))


EVERY_EDIT = {
    **{name: edit for name, (edit, _) in EDITS.items()},
    **{f"no {name}": edit for name, edit in NONE.items()},
}


def edited(folder: Path, edit: Json) -> Operator:
    """Return the operator of such a cluster, of its own, after an edit."""
    folder.mkdir()
    person = made_by_rke(folder, "ecw", "w", **ALL)
    person.edit(**edit)
    return person


def reached(person: Operator) -> tuple[object, ...]:
    """Return what is in the cluster of RKE and of add-ons."""
    store = store_of(person)
    return store.left_by_rke, store.live, {name: sorted(objects) for name, objects in store.addons.items()}


def finished(folder: Path, edit: Json, killed: Callable[[Operator, int], bool]) -> int:
    """Kill runs at the first place, the second and so on, and expect the next run to finish each; return how many."""
    whole = edited(folder / "whole", edit)
    whole.up()
    place = 1
    while killed(person := edited(folder / str(place), edit), place):
        person.up()
        assert reached(person) == reached(whole)
        assert_settled(person)
        place += 1
    return place - 1


@pytest.mark.parametrize("edit", EVERY_EDIT.values(), ids=EVERY_EDIT)
@pytest.mark.parametrize("when", When)
def test_a_run_that_is_killed_at_any_step_is_finished_by_the_next(folder: Path, edit: Json, when: When) -> None:
    assert finished(folder, edit, lambda person, step: person.killed_up(step, when)) > 0


@pytest.mark.thorough
@pytest.mark.parametrize("edit", [EDITS["other DNS"][0], NONE["dns"]], ids=["another", "none"])
@pytest.mark.parametrize("when", When)
def test_so_is_one_that_is_killed_at_any_call(folder: Path, edit: Json, when: When) -> None:
    assert finished(folder, edit, lambda person, call: person.killed_at_call(call, when)) > 0


def test_while_the_new_pods_do_not_come_what_rke_left_stays(person: Operator) -> None:
    before = set(store_of(person).left_by_rke)
    person.world.faults.stuck_addons.add("kube-dns")
    person.edit(dns={"provider": "kube-dns"})
    for _ in range(2):
        with pytest.raises(RkeError):
            person.up()
        assert store_of(person).left_by_rke == before
        assert store_of(person).gone == []
    person.world.faults.stuck_addons.clear()
    person.up()
    assert_settled(person)
    assert set(store_of(person).gone) == APPLIED["rke-coredns-addon"] - {SERVICE}


def test_the_plan_says_what_it_means_and_whose_pods_are_made_anew(person: Operator) -> None:
    person.edit(dns={"upstreamnameservers": ["192.0.2.53"]})
    notes = "\n".join(person.plan().notes)
    assert "coredns becomes rke-py's" in notes
    assert "An RKE that runs after that applies its own over it" in notes
    assert "Deployment kube-system/coredns" in notes
    person.up()
    person.edit(dns={"upstreamnameservers": ["192.0.2.54"]})
    assert person.plan().notes == ()


def test_with_another_version_it_is_done_in_the_same_run_and_its_images_follow_from_then_on(person: Operator) -> None:
    person.edit(dns={"upstreamnameservers": ["192.0.2.53"]}, kubernetes_version="v1.32.6-rancher1-1")
    (stay,) = [note for note in person.plan().notes if "stay as RKE applied them" in note]
    assert "DNS" not in stay
    person.up()
    assert person.script.started[-2:] == apply("coredns")
    assert_settled(person)


def test_jobs_that_are_cleaned_up_in_the_same_run_go_once(person: Operator) -> None:
    person.edit(dns={"upstreamnameservers": ["192.0.2.53"]})
    person.up(leftovers=True)
    assert {step for _, step in person.script.started} == {
        "apply coredns",
        "delete what RKE left of dns",
        "delete what RKE left in the cluster",
    }
    assert_settled(person)


@pytest.mark.parametrize("edit", [EDITS["servers"][0], NONE["monitoring"]], ids=["ours", "none"])
def test_what_a_restored_snapshot_brings_back_of_rkes_becomes_ours_again(person: Operator, edit: Json) -> None:
    person.snapshot("before")
    person.edit(**edit)
    person.up()
    assert_settled(person)
    person.restore("before")
    job = JOBS[section_of(edit)]
    assert store_of(person).left_by_rke >= {*job_of(job)}
    person.up()
    assert not store_of(person).left_by_rke & {*job_of(job)}
    assert_settled(person)


def test_with_another_version_nothing_is_said_to_stay_once_every_section_is_ours_or_none(folder: Path) -> None:
    network = {"plugin": "flannel"}
    none = {"provider": "none"}
    person = made_by_rke(folder, "ecw", "w", network=network, ingress=none, monitoring=none)
    edit = {"network": {**network, "node_selector": {"a": "b"}}, "dns": {"upstreamnameservers": ["192.0.2.53"]}}
    person.edit(**edit, kubernetes_version="v1.32.6-rancher1-1")
    assert not any("stay as RKE applied them" in note for note in person.plan().notes)

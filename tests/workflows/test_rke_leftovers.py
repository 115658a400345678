"""What RKE left behind stays until an operator asks that it goes, and nothing else goes with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rke_py.workflows.adoption import adoption
from tests.sim.expect import store_of
from tests.sim.left_by_rke import LEFT, NETWORK_JOB, job_of, made_by_rke
from tests.sim.operator import Operator
from tests.workflows.migrating import NEW

HELPERS = ("cert-deployer", "rke-log-linker")
EVERY = {*LEFT, *job_of(NETWORK_JOB), *job_of("rke-coredns-addon")}
JOBS = {ref for ref in EVERY if ref[1] == "Job"}


@pytest.fixture
def person(folder: Path) -> Operator:
    """A cluster of RKE's with helpers on one host, after it was taken over."""
    person = made_by_rke(folder, "ecw", "w")
    there = person.world.machines["n2"]
    for name in HELPERS:
        there.create(replace(there.containers["service-sidekick"].spec, name=name, labels={}))
    person.up()
    return person


def test_they_stay_unasked(person: Operator) -> None:
    assert person.script.started == ()
    assert set(HELPERS) <= person.world.machines["n2"].containers.keys()
    assert store_of(person).left_by_rke == EVERY


def test_helpers_and_finished_jobs_go_when_asked(person: Operator) -> None:
    before = set(person.world.machines["n2"].containers)
    person.up(leftovers=True)
    removed = {("n2", f"remove {name}") for name in HELPERS}
    assert set(person.script.started) == {*removed, ("", "delete what RKE left in the cluster")}
    assert set(person.world.machines["n2"].containers) == before - set(HELPERS)
    assert store_of(person).left_by_rke == EVERY - JOBS
    person.next_script()
    person.up(leftovers=True)
    assert person.script.started == ()


@pytest.mark.parametrize("name", ["kubelet", "kube-scheduler"])
def test_a_replacement_in_which_rke_was_killed_is_finished_unasked(folder: Path, name: str) -> None:
    person = made_by_rke(folder, "ecw", "w")
    there = person.world.machines["n1"].containers
    old = there.pop(name)
    old.stop()
    old.renamed(f"old-{name}")
    there[f"old-{name}"] = old
    found = adoption(person.context())
    assert ("n1", f"finish replacing {name}") in [(one.host, one.step) for one in found.drift.steps]
    person.up()
    assert name in there
    assert f"old-{name}" not in there
    assert person.status().healthy


def test_the_cluster_leaves_rkes_releases_afterwards_as_well(person: Operator) -> None:
    person.up(leftovers=True)
    person.edit(kubernetes_version=NEW)
    person.up()
    assert store_of(person).left_by_rke == set()


def test_a_container_of_that_name_in_a_cluster_of_our_own_is_somebodys(running) -> None:
    person = running("ecw")
    there = person.world.machines["n1"]
    there.create(replace(there.containers["kubelet"].spec, name="kube-cleaner", labels={}))
    assert person.up(leftovers=True).plan.empty
    assert "kube-cleaner" in there.containers

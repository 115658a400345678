"""Hosts that join, leave, are replaced or change roles in a cluster that RKE made; each gets RKE's own containers."""

from __future__ import annotations

from pathlib import Path

import pytest

from rke_py.errors import PreflightError
from tests.sim.calls import When
from tests.sim.expect import faults_of, store_of
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator
from tests.workflows.changes import assert_settled, dead, wants

DURABLE = {"system_images": {"etcd": "rancher/mirrored-coreos-etcd:v3.5.26"}}
"""The first whose learners are promoted for good is v3.5.20."""

CHANGES = {
    "a worker joins": (("ecw", "ecw", "ecw", "w", ""), ("ecw", "ecw", "ecw", "w", "w")),
    "a worker leaves": (("ecw", "ecw", "ecw", "w", "w"), ("ecw", "ecw", "ecw", "w", "")),
    "one member and control plane for another": (("ec", "ec", "ec", "w", ""), ("", "ec", "ec", "w", "ec")),
    "a control plane joins the only one": (("ecw", "w", ""), ("ecw", "w", "c")),
    "one to three": (("ecw", "", ""), ("ecw", "ecw", "ecw")),
    "roles apart": (("ecw", "ecw", "ecw"), ("e", "c", "ecw")),
    "worker and member change places": (("ecw", "ecw", "ecw", "w"), ("ecw", "ecw", "w", "ecw")),
}


def settles(person: Operator) -> None:
    """Expect a cluster without a fault, and that another run finds nothing to do."""
    person.world.time.pass_time(60)
    assert_settled(person)


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_hosts_and_roles_change_and_nothing_of_a_lost_role_stays(
    folder: Path, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    person = made_by_rke(folder, *before, **DURABLE)
    wants(person, *after)
    person.up()
    settles(person)


def test_a_new_worker_touches_nobody_else(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "ecw", "ecw", "w", "")
    wants(person, "ecw", "ecw", "ecw", "w", "w")
    person.up()
    assert {host for host, _ in person.script.started} == {"n5"}
    assert "service-sidekick" in person.world.machines["n5"].containers
    settles(person)


def test_a_host_that_joins_gets_the_file_of_a_cloud_that_has_no_settings(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "", cloud_provider={"name": "external"})
    wants(person, "ecw", "w")
    person.up()
    assert person.world.machines["n2"].files["/etc/kubernetes/cloud-config"].content == b"\n"
    settles(person)


def test_a_new_member_needs_no_port_that_only_ours_has(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "", **DURABLE)
    person.world.machines["n2"].foreign_ports = {2381: "exporter"}
    wants(person, "ecw", "ecw")
    person.up()
    settles(person)


def test_a_dead_worker_and_a_dead_member_are_replaced(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "ecw", "ecw", "w", "", "", **DURABLE)
    person.up()
    for name in ("n3", "n4"):
        dead(person, name)
    wants(person, "ecw", "ecw", "", "", "ecw", "w")
    person.up()
    for there in ("n3", "n4"):
        assert there not in store_of(person).nodes
    settles(person)


def test_a_dead_member_is_replaced_by_the_run_that_brings_the_etcd_for_it(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "ecw", "ecw", "w", "")
    person.up()
    dead(person, "n3")
    wants(person, "ecw", "ecw", "", "w", "ecw")
    with pytest.raises(PreflightError, match="forgets that a joined member was promoted"):
        person.up()
    person.edit(**DURABLE)
    person.up()
    assert "n3" not in store_of(person).nodes
    settles(person)


def test_a_member_that_joins_cannot_be_born_once_more(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "", "", **DURABLE)
    wants(person, "ecw", "ecw", "ecw")
    person.up()
    etcd = person.world.machines["n2"].containers["etcd"]
    assert etcd.words[0] == "/usr/local/bin/etcd"
    assert etcd.flag("initial-cluster-state") == "existing"
    assert etcd.flag("initial-cluster-token") == "etcd-cluster-1"


def test_an_etcd_that_forgets_promotions_takes_no_member(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "", "")
    wants(person, "ecw", "ecw", "ecw")
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert any("forgets that a joined member was promoted" in problem.what for problem in raised.value.problems)
    assert person.script.started == ()


@pytest.mark.thorough
def test_a_run_that_is_killed_again_and_again_comes_to_its_end(folder: Path) -> None:
    person = made_by_rke(folder, "ec", "ec", "ec", "w", "", **DURABLE)
    wants(person, "", "ec", "ec", "w", "ec")
    for number, when in ((5, When.AFTER), (4, When.BEFORE), (9, When.AFTER), (8, When.BEFORE), (4, When.AFTER)):
        assert person.killed_up(number, when)
    person.up()
    settles(person)


def test_the_whole_cluster_is_removed_and_nothing_stays(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "ecw", "ecw", "w")
    person.remove(snapshots=True)
    for there in person.world.machines.values():
        left = {name: what for name, what in there.as_found().items() if what and name != "etcd"}
        assert left == {}
        assert there.etcd_data is None


def test_a_host_that_was_forgotten_is_cleaned_once_it_is_back(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "w", "w")
    person.up()
    dead(person, "n3")
    wants(person, "ecw", "w", "")
    person.up()
    person.world.machines["n3"].power_on()
    person.clean("n3")
    assert faults_of(person) == []
    settles(person)

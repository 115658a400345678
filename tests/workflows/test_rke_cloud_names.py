"""A cluster that RKE made where the cloud calls nodes: everything that is done to a host reaches that host's node."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from rke_py.errors import PreflightError, UsageError
from rke_py.workflows.adoption import adoption
from tests.sim.calls import When
from tests.sim.expect import store_of
from tests.sim.kubelets import report
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator, node
from tests.sim.store import Node
from tests.workflows.changes import another_machine, assert_settled, dead, wants

CLOUDS: dict[str, dict[str, Any]] = {
    "aws": {"kubernetes_version": "v1.26.15-rancher1-1", "cloud_provider": {"name": "aws"}},
    "external-aws": {"cloud_provider": {"name": "external-aws", "useInstanceMetadataHostname": True}},
}


@pytest.fixture(params=CLOUDS.values(), ids=CLOUDS)
def cloud(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What cluster.yml says of the cloud."""
    return dict(request.param)


def called(person: Operator, host: str) -> str:
    """Return how the cloud calls a host's machine."""
    return person.world.machines[host].cloud_name


def heard(person: Operator) -> Collection[Node]:
    """Return the nodes once every kubelet has told of its own."""
    for machine in person.world.machines.values():
        if "kubelet" in machine.containers:
            report(machine, store_of(person))
    return store_of(person).nodes.values()


def test_taking_it_over_touches_nothing(folder: Path, cloud: dict[str, Any]) -> None:
    person = made_by_rke(folder, "ecw", "w", **cloud)
    assert set(store_of(person).nodes) == {called(person, "n1"), called(person, "n2")}
    person.up()
    assert person.script.started == ()
    assert [(host.name, host.ready) for host in person.status().hosts] == [("n1", True), ("n2", True)]
    assert_settled(person)


def test_adopt_finds_it_as_rke_left_it(folder: Path, cloud: dict[str, Any]) -> None:
    found = adoption(made_by_rke(folder, "ecw", "w", **cloud).context())
    assert (found.ready, found.blocks, found.drift.steps) == (True, (), ())
    assert [host.node.name for host in found.hosts if host.node] == [
        f"ip-10-0-0-{number}.eu-central-1.compute.internal" for number in (2, 3)
    ]


def test_labels_and_taints_go_to_the_node_of_the_host(folder: Path, cloud: dict[str, Any]) -> None:
    person = made_by_rke(folder, "ecw", "w", **cloud)
    person.up()
    person.edit(nodes=[node(1, "ecw"), node(2, "w", labels={"disk": "ssd"})])
    person.up()
    assert person.script.changes == (("n2", "set labels and taints"),)
    assert store_of(person).nodes[called(person, "n2")].labels["disk"] == "ssd"
    assert_settled(person)


def test_kubelets_are_replaced_each_proved_by_its_own_node(folder: Path, cloud: dict[str, Any]) -> None:
    person = made_by_rke(folder, "ecw", "ecw", "ecw", "w", **cloud)
    drained = {"drain": True, "node_drain_input": {"timeout": 60}}
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}}, upgrade_strategy=drained)
    person.up()
    assert [host for host, step in person.script.started if step == "replace kubelet"] == ["n1", "n2", "n3", "n4"]
    assert person.world.laws.core_down <= 1
    assert_settled(person)


def test_certificates_rotate(folder: Path, cloud: dict[str, Any]) -> None:
    person = made_by_rke(folder, "ecw", "w", **cloud)
    person.up()
    person.rotate()
    assert_settled(person)


def test_hosts_join_leave_and_are_forgotten_with_their_nodes(folder: Path, cloud: dict[str, Any]) -> None:
    durable = {"system_images": {"etcd": "rancher/mirrored-coreos-etcd:v3.5.26"}}
    person = made_by_rke(folder, "ecw", "ecw", "ecw", "w", "w", "", "", **durable, **cloud)
    person.up()
    dead(person, "n5")
    wants(person, "ecw", "ecw", "", "w", "", "ecw", "w")
    person.up()
    assert set(store_of(person).nodes) == {called(person, name) for name in ("n1", "n2", "n4", "n6", "n7")}
    person.world.time.pass_time(60)
    assert_settled(person)


def came_back(folder: Path, cloud: dict[str, Any]) -> Operator:
    """Return the operator of a cluster whose third host died, was forgotten, and runs again."""
    person = made_by_rke(folder, "ecw", "w", "w", **cloud)
    person.up()
    dead(person, "n3")
    wants(person, "ecw", "w")
    person.up()
    person.world.machines["n3"].power_on()
    person.world.time.pass_time(60)
    return person


def test_a_node_whose_host_was_forgotten_and_came_back_is_deleted(folder: Path) -> None:
    person = came_back(folder, CLOUDS["aws"])
    assert called(person, "n3") in {found.name for found in heard(person)}
    person.up()
    assert called(person, "n3") not in store_of(person).nodes


def test_a_host_that_is_cleaned_later_goes_with_its_node(folder: Path, cloud: dict[str, Any]) -> None:
    person = came_back(folder, cloud)
    heard(person)
    person.clean("n3")
    assert called(person, "n3") not in store_of(person).nodes
    assert_settled(person)


def test_a_node_object_that_somebody_deleted_comes_back(folder: Path, cloud: dict[str, Any]) -> None:
    person = made_by_rke(folder, "ecw", "w", **cloud)
    person.up()
    store_of(person).delete_node(called(person, "n2"), person.world.now)
    person.up()
    assert ("n2", "restart kubelet") in person.script.started
    assert_settled(person)


def test_doctor_finds_no_fault_in_a_healthy_one_and_names_the_host_of_a_sick_node(
    folder: Path, cloud: dict[str, Any]
) -> None:
    person = made_by_rke(folder, "ecw", "w", **cloud)
    person.up()
    assert [finding.cause for finding in person.doctor().findings if finding.check in ("node", "network-plugin")] == []
    person.world.machines["n2"].containers["kubelet"].stop()
    person.world.time.pass_time(60)
    assert "n2" in {finding.where for finding in person.doctor().findings if finding.check == "node"}


def test_another_version_of_rkes_own(folder: Path) -> None:
    person = made_by_rke(
        folder, "ecw", "w", kubernetes_version="v1.25.9-rancher2-2", cloud_provider=CLOUDS["aws"]["cloud_provider"]
    )
    person.up()
    person.edit(kubernetes_version="v1.26.15-rancher1-1")
    person.up()
    assert {found.kubelet_version for found in store_of(person).nodes.values()} == {"v1.26.15"}
    assert_settled(person)


def test_a_restore_leads_to_the_same_nodes(folder: Path, cloud: dict[str, Any]) -> None:
    person = made_by_rke(folder, "ecw", "w", **cloud)
    person.up()
    taken = person.snapshot()
    person.restore(taken)
    assert {found.name for found in heard(person)} == {called(person, "n1"), called(person, "n2")}
    assert_settled(person)


def test_from_the_provider_in_kubernetes_to_the_external_one_nodes_keep_their_names(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "w", **CLOUDS["aws"])
    person.up()
    person.edit(cloud_provider=CLOUDS["external-aws"]["cloud_provider"])
    person.up()
    assert {found.name for found in heard(person)} == {called(person, "n1"), called(person, "n2")}
    assert_settled(person)


@pytest.mark.parametrize("provider", [{}, {"name": "external-aws"}], ids=["no cloud", "names from cluster.yml"])
def test_an_edit_after_which_nodes_would_be_called_otherwise_is_refused(
    folder: Path, cloud: dict[str, Any], provider: dict[str, Any]
) -> None:
    person = made_by_rke(folder, "ecw", "w", **cloud)
    person.up()
    person.edit(cloud_provider=provider)
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert [problem.where for problem in raised.value.problems if "register once more" in problem.what] == ["n1", "n2"]
    assert person.script.started == ()


def test_out_of_rkes_releases_it_does_not_come_before_hosts_have_the_clouds_names(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "w", **CLOUDS["external-aws"])
    person.up()
    person.edit(kubernetes_version="v1.33.13", cloud_provider={"name": "external-aws"})
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert [problem.where for problem in raised.value.problems if "register once more" in problem.what] == ["n1", "n2"]
    assert person.script.started == ()


def test_a_run_that_is_killed_again_and_again_comes_to_its_end(folder: Path, cloud: dict[str, Any]) -> None:
    person = made_by_rke(folder, "ecw", "w", "w", "", **cloud)
    person.up()
    wants(person, "ecw", "w", "", "w")
    for number, when in ((3, When.AFTER), (4, When.BEFORE), (5, When.AFTER)):
        assert person.killed_up(number, when)
    person.up()
    assert {found.name for found in heard(person)} == {called(person, name) for name in ("n1", "n2", "n4")}
    person.world.time.pass_time(60)
    assert_settled(person)


def test_a_machine_that_only_got_another_public_address_is_its_node(folder: Path, cloud: dict[str, Any]) -> None:
    person = made_by_rke(folder, "ecw", "w", **cloud)
    person.up()
    machine = person.world.machines["n2"]
    machine.address = "192.0.2.99"
    person.world.add(machine)
    person.edit(nodes=[node(1, "ecw"), {**node(2, "w"), "address": "192.0.2.99"}])
    person.up()
    assert person.state.hosts["n2"].address == "192.0.2.99"
    assert_settled(person)


def test_a_living_machine_is_not_taken_for_dead(folder: Path, cloud: dict[str, Any]) -> None:
    person = made_by_rke(folder, "ecw", "w", "", **cloud)
    person.up()
    another_machine(person, "n2", "n3")
    with pytest.raises(UsageError, match="n2 answers at"):
        person.replace("n2")


def test_a_dead_machine_is_replaced_under_its_name_once_its_node_is_gone(folder: Path, cloud: dict[str, Any]) -> None:
    person = made_by_rke(folder, "ecw", "w", "", **cloud)
    person.up()
    old = called(person, "n2")
    dead(person, "n2")
    another_machine(person, "n2", "n3")
    with pytest.raises(PreflightError) as raised:
        person.replace("n2")
    assert f"its old machine's node {old} is still there" in str([problem.what for problem in raised.value.problems])
    store_of(person).delete_node(old, person.world.now)
    person.replace("n2")
    assert {found.name for found in heard(person)} == {called(person, "n1"), called(person, "n2")}


def test_new_machines_that_a_restore_led_to_get_nodes_of_their_own(folder: Path, cloud: dict[str, Any]) -> None:
    person = made_by_rke(folder, "ecw", "w", "", **cloud)
    person.up()
    person.preload()
    person.snapshot("monday")
    kept = person.world.machines["n1"].snapshots.popitem()[1]
    (folder / "monday.db").write_bytes(kept.content)
    (folder / "monday.json").write_text(json.dumps(kept.manifest))
    old = called(person, "n1")
    person.world.machines["n1"].power_off()
    another_machine(person, "n1", "n3")
    person.restore(str(folder / "monday.db"))
    person.up()
    assert {found.name for found in heard(person)} == {old, called(person, "n1"), called(person, "n2")}
    store_of(person).delete_node(old, person.world.now)
    person.up()
    assert_settled(person)


def test_hosts_that_leave_and_join_again_by_the_clouds_names_need_the_cloud_for_them_no_more(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "w", **CLOUDS["external-aws"])
    person.up()
    wants(person, "ecw")
    person.up()
    again = {**node(2, "w"), "hostname_override": called(person, "n2")}
    person.edit(nodes=[node(1, "ecw"), again])
    person.up()
    assert {found.name for found in heard(person)} == {called(person, "n1"), called(person, "n2")}
    person.edit(cloud_provider={"name": "external-aws"})
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert [problem.where for problem in raised.value.problems] == ["n1"]


def test_a_host_whose_node_would_not_be_found_by_its_address_is_refused_before_amazons_metadata_names_it(
    folder: Path,
) -> None:
    person = made_by_rke(folder, "ecw", "", **CLOUDS["aws"])
    person.up()
    public = {**node(2, "w")}
    del public["internal_address"]
    person.edit(nodes=[node(1, "ecw"), public])
    person.up()
    person.edit(cloud_provider=CLOUDS["external-aws"]["cloud_provider"])
    before = person.script.started
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert [(problem.where, problem.hint) for problem in raised.value.problems] == [
        ("n2", f"Write the node's as internal_address of n2: kubectl get node {called(person, 'n2')} -o wide")
    ]
    assert person.script.started == before
    person.edit(nodes=[node(1, "ecw"), node(2, "w")])
    person.up()
    assert {found.name for found in heard(person)} == {called(person, "n1"), called(person, "n2")}
    assert_settled(person)

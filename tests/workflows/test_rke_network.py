"""The pod network of a cluster that RKE made: ours from the first edit on, where it is, with the plugin that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rke_py.errors import ConsentMissing, PreflightError, RkeError
from tests.sim.expect import store_of
from tests.sim.left_by_rke import NETWORK_JOB, NETWORKS, job_of, made_by_rke
from tests.sim.operator import Operator
from tests.workflows.changes import assert_settled

Json = dict[str, Any]

NETWORK_STEPS = (("", "apply flannel"), ("", "delete what RKE left of network"))
EDITS: dict[str, Json] = {
    "interface": {"flannel_network_provider": {"iface": "eth1"}},
    "back-end": {"options": {"flannel_backend_type": "host-gw"}},
    "selector": {"node_selector": {"network": "here"}},
    "tolerations": {"tolerations": [{"key": "edge", "operator": "Exists"}]},
    "strategy": {"update_strategy": {"strategy": "OnDelete"}},
    "priority": {"options": {"kube_flannel_priority_class_name": "mine"}},
}


@pytest.fixture
def person(folder: Path) -> Operator:
    """The operator of a small cluster with flannel, as RKE left it."""
    return made_by_rke(folder, "ecw", "w")


def network(plugin: str = "flannel", **section: Any) -> Json:
    """Return the section."""
    return {"plugin": plugin, **section}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_applies_the_plugin_over_rkes_and_touches_no_host(person: Operator, edit: Json) -> None:
    person.edit(network=network(**edit))
    person.up()
    assert person.script.started == NETWORK_STEPS
    assert store_of(person).gone == []
    assert NETWORKS["flannel"] <= store_of(person).live
    assert not store_of(person).left_by_rke & set(job_of(NETWORK_JOB))
    assert_settled(person)


def test_kinds_in_which_users_keep_objects_are_never_deleted(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "w", network=network("canal"))
    person.edit(network=network("canal", mtu=1400))
    person.up()
    assert store_of(person).gone == []
    kinds = {ref for ref in NETWORKS["canal"] if ref[1] == "CustomResourceDefinition"}
    assert kinds <= store_of(person).live
    assert_settled(person)


def test_what_only_rkes_had_goes_once_ours_works(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "w", network=network("canal"))
    store = store_of(person)
    old = ("rbac.authorization.k8s.io/v1", "ClusterRole", "", "canal-of-old")
    store.of_rke.add(old)
    store.texts[NETWORK_JOB] |= {old}
    person.world.faults.stuck_addons.add("canal")
    person.edit(network=network("canal", mtu=1400))
    for _ in range(2):
        with pytest.raises(RkeError):
            person.up()
        assert store.gone == []
    person.world.faults.stuck_addons.clear()
    person.up()
    assert store.gone == [old]
    assert_settled(person)


def test_a_newer_release_brings_newer_images_from_then_on(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "w", kubernetes_version="v1.28.15-rancher1-1")
    person.edit(network=network(node_selector={"network": "here"}))
    person.up()
    before = images(person)
    person.edit(kubernetes_version="v1.29.15-rancher1-1")
    person.preload()
    assert not any("pod network" in note for note in person.plan().notes)
    person.up()
    assert images(person) != before
    assert_settled(person)


def images(person: Operator) -> str:
    """Return the pods on nodes with their images."""
    objects = store_of(person).addons["flannel"]
    return str(objects["apps/v1", "DaemonSet", "kube-system", "kube-flannel"])


def test_until_then_a_newer_release_leaves_it_and_says_so(person: Operator) -> None:
    person.edit(kubernetes_version="v1.32.6-rancher1-1")
    assert any(note.startswith("pod network and DNS stay") for note in person.plan().notes)
    person.up()
    assert store_of(person).left_by_rke >= set(job_of(NETWORK_JOB))


AGREED: dict[str, tuple[str, Json, str]] = {
    "back-end": (
        "flannel",
        {"options": {"flannel_backend_type": "host-gw"}},
        "flannel_backend_type from vxlan to host",
    ),
    "port": ("flannel", {"options": {"flannel_backend_port": "4789"}}, "flannel_backend_port from 8472 to 4789"),
    "VNI": ("flannel", {"options": {"flannel_backend_vni": "2"}}, "flannel_backend_vni from 1 to 2"),
    "interface": ("flannel", {"flannel_network_provider": {"iface": "eth1"}}, "flannel_iface from the default to eth1"),
    "canal's back-end": ("canal", {"options": {"canal_flannel_backend_type": "host-gw"}}, "backend_type from vxlan"),
}


@pytest.mark.parametrize(("plugin", "edit", "named"), AGREED.values(), ids=AGREED)
def test_what_hosts_have_to_agree_on_is_named_and_asked_for(folder: Path, plugin: str, edit: Json, named: str) -> None:
    person = made_by_rke(folder, "ecw", "w", network=network(plugin))
    person.up()
    person.edit(network=network(plugin, **edit))
    person.agrees = False
    with pytest.raises(ConsentMissing):
        person.up()
    (cost,) = person.asked
    assert named in cost
    assert "may not reach one another until its pods on all hosts are new" in cost
    assert not store_of(person).addons[plugin]
    person.agrees = True
    person.up()
    assert_settled(person)


def test_with_pods_that_wait_to_be_deleted_the_cost_says_until_when(person: Operator) -> None:
    options = {"flannel_backend_port": "4789"}
    person.edit(network=network(options=options, update_strategy={"strategy": "OnDelete"}))
    (cost,) = person.plan().outages
    assert cost.endswith("until you have deleted its pods on all hosts")


@pytest.mark.parametrize("edit", [EDITS["selector"], EDITS["priority"], {"options": {"flannel_backend_port": "8472"}}])
def test_nothing_else_is_asked_for(person: Operator, edit: Json) -> None:
    person.edit(network=network(**edit))
    assert person.plan().outages == ()


def test_the_password_of_weave_is_asked_for_and_not_shown(folder: Path) -> None:
    weave = network("weave", weave_network_provider={"password": "before-it"})
    person = made_by_rke(folder, "ecw", "w", kubernetes_version="v1.28.15-rancher1-1", network=weave)
    person.edit(network=network("weave", weave_network_provider={"password": "after-it"}))
    (cost,) = person.plan().outages
    assert "(WeavePassword)" in cost
    assert "after-it" not in cost


def test_the_plan_says_whose_pods_are_made_anew_and_what_pods_keep(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "w", network=network("canal"))
    person.edit(network=network("canal", mtu=1400))
    notes = "\n".join(person.plan().notes)
    assert "canal becomes rke-py's, without RKE's job" in notes
    assert "DaemonSet kube-system/canal" in notes
    assert "network.mtu: pods that run keep theirs" in notes


REFUSED: dict[str, tuple[str, Json, str, str]] = {
    "another plugin": ("flannel", network("canal"), "network", "make a new cluster"),
    "none": ("flannel", network("none"), "network", "make a new cluster"),
    "module": ("flannel", network(enable_br_netfilter=False), "network.enable_br_netfilter", "the RKE that made"),
    "port of canal": (
        "canal",
        network("canal", options={"canal_flannel_backend_port": "4789"}),
        "network.options.canal_flannel_backend_port",
        "Undo it",
    ),
    "encapsulation": (
        "calico",
        network("calico", options={"calico_encapsulation": "vxlan"}),
        "network.options.calico_encapsulation",
        "Undo it",
    ),
}


@pytest.mark.parametrize(("plugin", "edit", "where", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_and_told_why(
    folder: Path, plugin: str, edit: Json, where: str, hint: str
) -> None:
    person = made_by_rke(folder, "ecw", "w", network=network(plugin))
    person.edit(network=edit)
    with pytest.raises(PreflightError) as raised:
        person.up()
    (problem,) = raised.value.problems
    assert problem.where == where
    assert hint in problem.hint
    assert store_of(person).gone == []


def test_it_is_no_edit_to_write_what_runs_of_an_option_that_rke_never_heeded(folder: Path) -> None:
    port = {"canal_flannel_backend_port": "4789"}
    person = made_by_rke(folder, "ecw", "w", network=network("canal", options=port))
    person.edit(network=network("canal", options={"canal_flannel_backend_port": "8472"}))
    assert person.plan().empty


def test_the_plan_says_what_has_to_go_before_an_rke_can_apply_its_own_again(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "w", network=network("canal"))
    person.edit(network=network("canal", mtu=1400))
    assert any("delete --cascade=orphan daemonset canal" in note for note in person.plan().notes)

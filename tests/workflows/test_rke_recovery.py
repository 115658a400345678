"""``state recover`` on a cluster that RKE made: from RKE's own copy, from the hosts, and RKE reads what comes out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from rke_py.errors import PreflightError, StateError
from rke_py.pki.encryption import keys_of
from rke_py.state.cluster_copy import copy_header
from rke_py.state.codec import adopt
from rke_py.workflows.adoption import adoption
from rke_py.workflows.recovery import Source
from tests.sim.expect import faults_of, store_of
from tests.sim.left_by_rke import VERSION, made_by_rke, recorded
from tests.sim.operator import Operator

ROLES = ("ecw", "ecw", "ecw", "w")


def lost(person: Operator) -> bytes:
    """Take the state away and return what was in it."""
    path = person.folder / "cluster.rkestate"
    content = path.read_bytes()
    path.unlink()
    return content


def copied(person: Operator) -> Operator:
    """Let the cluster have the copy that RKE leaves there."""
    store_of(person).copy = (person.folder / "cluster.rkestate").read_bytes()
    return person


def changes_nothing(person: Operator) -> None:
    """Expect an empty plan, a run that touches nothing, and a second one."""
    before = {name: there.as_found() for name, there in person.world.machines.items()}
    assert [(s.host, s.title, s.why) for s in person.plan().steps] == []
    person.next_script()
    person.up()
    person.up()
    assert person.script.started == ()
    assert {name: there.as_found() for name, there in person.world.machines.items()} == before


def read_by_rke(person: Operator) -> None:
    """Expect that RKE, which drops what is not its own, reads a whole state of the cluster."""
    document = json.loads((person.folder / "cluster.rkestate").read_text())
    del document["rkePy"]
    found = adopt(json.dumps(document).encode())
    assert found.lineage == person.state.lineage
    assert found.bundle == found.applied == person.state.bundle
    assert found.configuration["kubernetesVersion"] == VERSION
    assert found.hosts.keys() == person.world.machines.keys()


@pytest.fixture(params=["made", "recorded"])
def person(request: pytest.FixtureRequest, folder: Path) -> Operator:
    """The operator of a cluster that RKE made, with the copy that RKE leaves in it."""
    return copied(made_by_rke(folder, *ROLES) if request.param == "made" else recorded(folder))


@pytest.mark.parametrize("source", [None, Source.COPY, Source.HOSTS])
@pytest.mark.parametrize("taken_over", [False, True], ids=["as RKE left it", "taken over"])
def test_a_lost_state_is_made_again_and_up_has_nothing_to_do(
    person: Operator, source: Source | None, taken_over: bool
) -> None:
    if taken_over:
        person.up()
    lineage = person.state.lineage
    lost(person)
    found = person.recover(source)
    assert found.source is (source or Source.COPY)
    assert found.lost == ()
    assert not found.proof.broken
    assert person.state.lineage == lineage
    changes_nothing(person)

    read_by_rke(person)


def test_a_kubelet_that_tells_an_address_of_its_owners_keeps_nobody_from_a_state(folder: Path) -> None:
    person = copied(made_by_rke(folder, *ROLES, services={"kubelet": {"extra_args": {"node-ip": "10.77.0.4"}}}))
    lost(person)
    person.recover()
    changes_nothing(person)


def test_cluster_yml_that_was_lost_too_is_made_of_the_state(person: Operator) -> None:
    lost(person)
    hosts = ("address", "internal_address", "hostname_override", "user", "role")
    nodes = [{key: node[key] for key in hosts if key in node} for node in person.config["nodes"]]
    person.path.write_text(yaml.safe_dump({"kubernetes_version": VERSION, "nodes": nodes}))
    person.recover()
    found = json.loads((person.folder / "cluster.rkestate").read_text())
    person.path.write_text(json.dumps({"rancherKubernetesEngineConfig": found["currentState"]["rkeConfig"]}))
    assert adoption(person.context()).ready
    changes_nothing(person)


def test_a_copy_that_is_older_than_the_certificates_of_hosts_leaves_them_as_they_are(folder: Path) -> None:
    person = copied(made_by_rke(folder, *ROLES))
    copy = store_of(person).copy
    person.rotate()
    store_of(person).copy = copy
    lost(person)
    assert person.recover().source is Source.COPY
    changes_nothing(person)


def test_a_copy_of_other_authorities_is_passed_over_for_the_hosts(folder: Path) -> None:
    made_by_rke(folder, *ROLES, cluster_name="another")
    foreign = (folder / "cluster.rkestate").read_bytes()
    person = made_by_rke(folder, *ROLES)
    store_of(person).copy = foreign
    lost(person)
    with pytest.raises(StateError, match="does not fit the running cluster"):
        person.recover(Source.COPY)
    found = person.recover()
    assert found.source is Source.HOSTS
    assert any("does not fit" in why for why in found.passed)


def test_without_an_api_server_and_a_copy_the_lineage_is_that_of_an_adoption(folder: Path) -> None:
    person = made_by_rke(folder, *ROLES)
    lineage = person.state.lineage
    lost(person)
    for name in ("n1", "n2", "n3"):
        person.world.machines[name].containers["kube-apiserver"].stop()
    assert person.recover().source is Source.HOSTS
    assert person.state.lineage == lineage
    assert person.state.configuration["kubernetesVersion"] == VERSION


def test_certificates_that_have_ended_keep_nobody_from_a_state_with_which_they_are_renewed(folder: Path) -> None:
    person = made_by_rke(folder, "ecw")
    person.world.time.pass_time(300 * 86400)
    person.rotate(services=("etcd", "kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager"))
    person.world.time.pass_time(100 * 86400)
    lost(person)
    found = person.recover(Source.HOSTS)
    assert found.proof.broken == ()
    assert any("whose time is over" in line for line in found.proof.held), found.proof
    person.rotate()
    assert faults_of(person) == []


def test_a_newer_version_in_cluster_yml_is_an_upgrade_that_is_still_to_be_done(folder: Path) -> None:
    person = copied(made_by_rke(folder, *ROLES))
    lost(person)
    person.edit(kubernetes_version="v1.32.6-rancher1-1")
    person.recover(Source.HOSTS)
    assert person.state.configuration["kubernetesVersion"] == VERSION
    assert not person.plan().empty


@pytest.mark.parametrize("source", [Source.COPY, Source.HOSTS])
def test_how_secrets_are_encrypted_is_known_again(folder: Path, source: Source) -> None:
    person = made_by_rke(folder, "ecw", "cw")
    person.up()
    person.edit(services={"kube-api": {"secrets_encryption_config": {"enabled": True}}})
    person.up()
    before = keys_of(person.state.encryption)
    lost(person)
    person.recover(source)
    assert keys_of(person.state.encryption) == before
    changes_nothing(person)


def test_what_is_pushed_has_rkes_form(folder: Path) -> None:
    person = made_by_rke(folder, *ROLES)
    person.up()
    assert person.push().changed
    assert json.loads(store_of(person).copy or b"").keys() == {"desiredState", "currentState", "rkePy"}
    lost(person)
    assert person.pull().source is Source.COPY
    changes_nothing(person)


@pytest.fixture
def behind(folder: Path) -> Operator:
    """The operator of a cluster whose copy RKE wrote before it gave the cluster another CA, and never after."""
    made_by_rke(folder, *ROLES, cluster_name="another")
    before = (folder / "cluster.rkestate").read_bytes()
    person = made_by_rke(folder, *ROLES)
    store_of(person).copy = before
    return person


def test_a_copy_that_rke_left_behind_is_a_warning_and_written_anew(behind: Operator) -> None:
    assert behind.up().plan.empty
    assert any("is one that RKE wrote with another CA" in str(event) for event in behind.script.events)
    assert copy_header(store_of(behind).copy or b"").lineage == behind.state.lineage
    behind.next_script()
    behind.up()
    assert not any("RKE wrote with another CA" in str(event) for event in behind.script.events)


def test_it_keeps_nobody_from_adopting_pushing_or_recovering(behind: Operator) -> None:
    assert adoption(behind.context()).ready
    lineage = behind.state.lineage
    lost(behind)
    assert behind.recover().source is Source.HOSTS
    assert behind.state.lineage == lineage
    assert behind.push().changed


def test_the_state_of_another_cluster_is_still_refused_beside_it(behind: Operator) -> None:
    foreign = store_of(behind).copy or b""
    (behind.folder / "cluster.rkestate").write_bytes(foreign)
    with pytest.raises(PreflightError, match="faults"):
        behind.up()
    assert store_of(behind).copy == foreign


@pytest.fixture
def exposed(folder: Path) -> Operator:
    """The operator of a cluster whose copy an old RKE keeps in a ConfigMap."""
    person = made_by_rke(folder, *ROLES)
    store_of(person).exposed_copy = (folder / "cluster.rkestate").read_bytes()
    return person


def test_the_copy_of_an_old_rke_in_a_config_map_is_one_too(exposed: Operator) -> None:
    lineage = exposed.state.lineage
    lost(exposed)
    assert exposed.recover().source is Source.COPY
    assert exposed.state.lineage == lineage
    changes_nothing(exposed)


def test_keys_that_many_can_read_are_named_before_a_take_over_which_then_moves_them(exposed: Operator) -> None:
    found = adoption(exposed.context())
    assert any("CVE-2023-32191" in problem.what for problem in found.warnings)
    assert store_of(exposed).exposed_copy is not None
    assert exposed.up().plan.empty
    assert store_of(exposed).exposed_copy is None
    assert copy_header(store_of(exposed).copy or b"").lineage == exposed.state.lineage
    exposed.next_script()
    exposed.up()
    assert not any("CVE-2023-32191" in str(event) for event in exposed.script.events)


@pytest.mark.parametrize("source", [Source.COPY, Source.HOSTS])
@pytest.mark.parametrize(("key", "wrong"), [("internal_address", "10.9.9.9"), ("hostname_override", "other")])
def test_a_host_that_cluster_yml_names_otherwise_is_refused(folder: Path, source: Source, key: str, wrong: str) -> None:
    person = copied(made_by_rke(folder, *ROLES))
    lost(person)
    first, *others = person.config["nodes"]
    person.edit(nodes=[{**first, key: wrong}, *others])
    with pytest.raises(PreflightError) as caught:
        person.recover(source)
    (problem,) = caught.value.problems
    assert f"{key}: {first[key]}" in problem.hint
    assert not person.has_state

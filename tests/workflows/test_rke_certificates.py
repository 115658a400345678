"""``cert rotate`` on a cluster that RKE made: same CA, RSA keys, nobody notices; and when everything has ended."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from rke_py.errors import PreflightError, UsageError
from rke_py.pki.keys import read_key
from rke_py.pki.rotation import Kind, Phase
from tests.sim.calls import When
from tests.sim.expect import faults_of, store_of
from tests.sim.left_by_rke import made_by_rke, recorded
from tests.sim.operator import SNAPSHOT, Operator

ROLES = ("ecw", "ecw", "ecw", "w")
MEMBERS = ("n1", "n2", "n3")
KEPT = {"kube-ca", "kube-apiserver-requestheader-ca", "kube-service-account-token"}
QUICK = {"pki": {"key_algorithm": "ecdsa-p256"}}
"""RSA keys take their time."""


def well(person: Operator) -> None:
    assert faults_of(person) == []
    assert person.world.laws.core_down <= 1
    person.next_script()
    assert person.up().plan.empty


def starts(person: Operator) -> dict[tuple[str, str], datetime | None]:
    """Return when each container last started."""
    return {
        (name, container.spec.name): container.since
        for name, there in person.world.machines.items()
        for container in there.containers.values()
    }


def test_every_leaf_is_new_and_everybody_but_etcd_restarts_host_by_host(folder: Path) -> None:
    person = made_by_rke(folder, *ROLES, **QUICK)
    before, began = person.state.bundle, starts(person)
    assert person.rotate() is None, "on a cluster that was never taken over"
    after = person.state.bundle
    assert {name for name in after if after[name].key != before[name].key} == after.keys() - KEPT
    assert sorted(person.script.started[:3]) == [(host, SNAPSHOT) for host in MEMBERS]
    restarted = {name for (_, name), since in starts(person).items() if began[_, name] != since}
    control_plane = {"kube-apiserver", "kube-controller-manager", "kube-scheduler"}
    assert restarted == {*control_plane, "kubelet", "kube-proxy"}
    copy = json.loads(store_of(person).copy or b"")
    own = json.loads((folder / "cluster.rkestate").read_text())
    assert copy["currentState"] == own["currentState"], "RKE can read what the cluster keeps"
    well(person)


@pytest.mark.parametrize("rebooted", [False, True])
def test_certificates_that_have_ended_are_made_anew_from_ssh_and_the_state_alone(folder: Path, rebooted: bool) -> None:
    person = made_by_rke(folder, *ROLES, **QUICK)
    person.world.time.pass_time(400 * 86400)
    for machine in person.world.machines.values():
        if rebooted:  # members do not trust one another then, and without a quorum none opens its port for clients
            machine.reboot()
    assert not person.status().api
    assert person.rotate() is None
    first = [host for host, step in person.script.started if step.startswith("wait until etcd shows")]
    assert first == list(MEMBERS)
    assert next(step for _, step in person.script.started if step.startswith("restart")) == "restart kube-apiserver"
    well(person)


@pytest.mark.thorough
def test_one_that_is_killed_again_and_again_comes_to_its_end(folder: Path) -> None:
    person = made_by_rke(folder, *ROLES, **QUICK)
    for number, when in ((5, When.AFTER), (8, When.BEFORE), (7, When.AFTER), (4, When.AFTER)):
        assert person.killed(person.rotate, number, when)
    assert person.rotate() is None
    well(person)


def test_of_one_service_only_its_own_are_new_with_keys_as_rke_makes_them(folder: Path) -> None:
    person = made_by_rke(folder, *ROLES)
    before = person.state.bundle
    person.rotate(services=("kube-proxy",))
    assert {name for name, one in person.state.bundle.items() if one.key != before[name].key} == {"kube-proxy"}
    assert isinstance(read_key(person.state.bundle["kube-proxy"].key), RSAPrivateKey)
    changed = {step for _, step in person.script.changes}
    assert changed == {"write 2 files", "restart kube-proxy"}
    well(person)


@pytest.mark.thorough
def test_the_cas_go_through_three_rolls_and_a_run_that_is_killed_is_continued(folder: Path) -> None:
    person = made_by_rke(folder, *ROLES, **QUICK)
    person.up()
    (old,) = authorities(person)
    assert person.killed(lambda: person.rotate(Kind.AUTHORITIES), 12, When.AFTER)
    left = person.rotate(Kind.AUTHORITIES)
    assert left is not None
    assert (left.phase, left.reached) == (Phase.ISSUE, True)
    assert authorities(person)[0] == old
    assert len(authorities(person)) == 2
    well(person)
    assert person.rotate(finish=True) is None
    (new,) = authorities(person)
    assert new != old
    well(person)


def authorities(person: Operator) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(person.state.bundle["kube-ca"].certificate.encode())


def test_the_service_account_key_is_rotated_in_the_one_file_that_signs_and_verifies(folder: Path) -> None:
    person = made_by_rke(folder, *ROLES, **QUICK)
    person.up()
    old = token_key_file(person)
    specs = {name: found.spec for name, found in person.world.machines["n1"].containers.items()}
    assert person.rotate(Kind.SERVICE_ACCOUNT) is not None
    both = token_key_file(person)
    assert load_pem_private_key(both, None).private_numbers() != load_pem_private_key(old, None).private_numbers()
    verified = [one.public_key().public_numbers() for one in x509.load_pem_x509_certificates(both)]
    signers = [load_pem_private_key(key, None).public_key().public_numbers() for key in (old, both)]
    assert all(signer in verified for signer in signers)
    assert person.rotate(finish=True) is None
    assert b"CERTIFICATE" not in token_key_file(person)
    assert {name: found.spec for name, found in person.world.machines["n1"].containers.items()} == specs
    well(person)


def token_key_file(person: Operator) -> bytes:
    return person.world.machines["n1"].files["/etc/kubernetes/ssl/kube-service-account-token-key.pem"].content


def test_an_edit_that_is_not_built_yet_stops_it_before_anything_is_touched(folder: Path) -> None:
    person = made_by_rke(folder, *ROLES, **QUICK)
    person.edit(network={"plugin": "canal"})
    before = person.files()["cluster.rkestate"]
    with pytest.raises(PreflightError):
        person.rotate()
    assert person.files()["cluster.rkestate"] == before


@pytest.mark.parametrize(
    "edit",
    [
        {"services": {"kubelet": {"extra_args": {"v": "4"}}}},
        {"addons": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n"},
        {"dns": {"provider": "coredns", "upstreamnameservers": ["192.0.2.53"]}},
        {"dns": {"provider": "none"}},
        {"ingress": {"provider": "nginx"}},
    ],
    ids=["an argument", "an add-on", "RKE's own add-on", "no DNS", "ingress"],
)
def test_an_edit_beside_it_is_not_made_unasked(folder: Path, edit: dict[str, object]) -> None:
    person = made_by_rke(folder, "ecw", "w", **QUICK)
    person.edit(**edit)
    before = person.files()["cluster.rkestate"]
    with pytest.raises(UsageError, match="asks for more than certificates"):
        person.rotate()
    assert person.script.changes == ()
    assert person.files()["cluster.rkestate"] == before


def test_of_the_api_server_no_kubelet_is_concerned_that_only_shares_a_certificate_with_it(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "w", **QUICK)
    person.rotate(services=("kube-apiserver",))
    assert {step for _, step in person.script.changes if step.startswith("restart")} == {"restart kube-apiserver"}
    well(person)


@pytest.mark.thorough
def test_the_first_one_in_a_cluster_with_rkes_own_spelling_is_continued_when_it_was_killed(folder: Path) -> None:
    person = recorded(folder)
    assert person.killed(person.rotate, 6, When.AFTER)
    assert person.rotate() is None
    person.next_script()
    assert person.up().plan.empty

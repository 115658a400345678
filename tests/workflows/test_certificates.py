"""A CA of the owner's own, whose key rke-py never has, from the first ``up`` to the last; and ``cert list``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rke_py.errors import ConfigError, ConsentMissing, PlanOutdated, StateError, UsageError
from rke_py.pki.keys import generate_key
from rke_py.pki.rotation import Kind
from rke_py.plan.describe import as_data
from rke_py.workflows.certificates import Presence
from rke_py.workflows.plan import plan_with_basis
from rke_py.workflows.saved_plans import save_plan
from rke_py.workflows.up import up
from tests.pki.owner import OwnersCa, key_pem
from tests.sim.expect import faults_of
from tests.sim.operator import Operator

SSL = "/etc/kubernetes/ssl"


def signed(person: Operator, folder: Path, ca: OwnersCa) -> None:
    """Make the requests, sign those that wait, put the CA's certificate beside them."""
    folder.mkdir(exist_ok=True)
    for request in person.requests(folder):
        if not request.signed:
            text = ca.sign((folder / f"{request.name}-csr.pem").read_bytes(), now=person.world.time.now())
            (folder / f"{request.name}.pem").write_text(text)
    (folder / "kube-ca.pem").write_text(ca.text)


@pytest.fixture
def owned(operator, tmp_path) -> Callable[..., tuple[Operator, OwnersCa, Path]]:
    """Make a cluster whose CA is the owner's, of the first machines."""

    def make(*roles: str, first: int = 9) -> tuple[Operator, OwnersCa, Path]:
        person, folder = operator(*roles), tmp_path / "certificates"
        nodes = person.config["nodes"]
        person.edit(nodes=nodes[:first])
        ca = OwnersCa.root(now=person.world.time.now())
        signed(person, folder, ca)
        person.own_certificates = folder
        person.up()
        person.own_certificates = None
        person.edit(nodes=nodes)
        return person, ca, folder

    return make


def test_a_cluster_is_made_with_a_ca_whose_key_nobody_has(owned):
    person, ca, _ = owned("ecw", "w")
    machine = person.world.machines["n1"]
    assert machine.files[f"{SSL}/kube-ca.pem"].content.decode() == ca.text
    assert f"{SSL}/kube-ca-key.pem" not in machine.files
    assert person.status().healthy
    assert faults_of(person) == []


def test_the_next_up_needs_no_folder_and_changes_nothing(owned):
    person, _, _ = owned("ecw", "w")
    assert person.up().plan.empty
    assert person.plan().empty


def test_a_new_node_is_refused_until_its_certificates_are_supplied(owned):
    person, ca, folder = owned("ecw", "w", first=1)
    with pytest.raises(ConfigError) as caught:
        person.plan()
    names = {problem.where.partition("-10")[0] for problem in caught.value.problems if not problem.warning}
    assert names == {"kube-node", "kube-kubelet"}
    signed(person, folder, ca)
    person.own_certificates = folder
    person.up()
    assert person.status().healthy
    assert faults_of(person) == []


def signed_anew(person: Operator, folder: Path, ca: OwnersCa) -> None:
    """Sign every request again with a CA that follows the one before, and let the next run take the folder over."""
    now = person.world.time.now()
    for request in folder.glob("*-csr.pem"):
        name = request.name.removesuffix("-csr.pem")
        (folder / f"{name}.pem").write_text(ca.sign(request.read_bytes(), now=now))
    (folder / "kube-ca.pem").write_text(ca.text)
    person.own_certificates = folder


@pytest.mark.parametrize("same_key", [True, False], ids=["renewed", "another"])
def test_a_ca_that_has_ended_is_followed_by_what_its_owner_supplies(owned, same_key):
    person, ca, folder = owned("ecw", "ecw", "ecw", "w")
    person.world.time.pass_time(11 * 365 * 86400)
    with pytest.raises(StateError, match="kube-ca ended on") as caught:
        person.up()
    assert "rke-py up --custom-certs" in caught.value.hint
    with pytest.raises(UsageError, match="cannot be rotated by rke-py"):
        person.rotate(Kind.AUTHORITIES)
    now = person.world.time.now()
    signed_anew(person, folder, ca.renewed(now=now) if same_key else OwnersCa.root("Example Root 2", now=now))
    person.up()
    person.own_certificates = None
    assert person.rotate(Kind.AUTHORITIES) is None
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_a_rotation_under_way_is_given_up_where_an_owners_ca_has_ended_once_that_is_agreed_to(owned):
    person, ca, folder = owned("ecw", "w")
    assert person.rotate(Kind.SERVICE_ACCOUNT) is not None
    person.world.time.pass_time(11 * 365 * 86400)
    signed_anew(person, folder, ca.renewed(now=person.world.time.now()))
    person.agrees, state = False, person.files()["cluster.rkestate"]
    with pytest.raises(ConsentMissing):
        person.up()
    assert person.files()["cluster.rkestate"] == state
    assert any("kube-ca ended on" in cost for cost in person.asked)
    assert any("rotation of the service-account key" in cost and "given up" in cost for cost in person.asked)
    person.agrees = True
    person.up()
    person.own_certificates = None
    assert person.rotate(Kind.AUTHORITIES) is None
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_faults_in_the_folder_change_nothing(owned):
    person, _, folder = owned("ecw")
    before = person.files()
    (folder / "kube-admin.pem").write_text("nonsense")
    (folder / "kube-proxy-key.pem").write_text("nonsense")
    person.own_certificates = folder
    with pytest.raises(ConfigError) as caught:
        person.up()
    assert len([problem for problem in caught.value.problems if not problem.warning]) == 2
    assert {name: text for name, text in person.files().items() if not name.endswith(".lock")} == {
        name: text for name, text in before.items() if not name.endswith(".lock")
    }


def test_a_certificate_that_was_signed_anew_reaches_its_host_and_who_shows_it(owned):
    person, ca, folder = owned("ecw", "w")
    person.world.time.pass_time(3600)
    (request,) = folder.glob("kube-etcd-1*-csr.pem")
    name = request.name.removesuffix("-csr.pem")
    (folder / f"{name}.pem").write_text(ca.sign(request.read_bytes(), now=person.world.time.now()))
    person.own_certificates = folder
    script = person.next_script()
    person.up()
    assert {host for host, _ in script.started} == {"n1"}
    assert any("etcd" in step for _, step in script.started)
    assert not any("kubelet" in step for _, step in script.started)
    assert faults_of(person) == []


@pytest.mark.parametrize(
    ("kind", "name"), [(Kind.AUTHORITIES, "kube-ca"), (Kind.SERVICE_ACCOUNT, "kube-service-account-token")]
)
def test_the_folders_old_root_does_not_come_back_in_the_middle_of_a_rotation(operator, tmp_path, kind, name):
    person = operator("ecw", "w")
    key = generate_key("ecdsa-p256")
    root = OwnersCa.root(now=person.world.time.now())
    (tmp_path / "kube-ca.pem").write_text(root.text)
    (tmp_path / "kube-ca-key.pem").write_bytes(key_pem(root.key))
    (tmp_path / "kube-service-account-token-key.pem").write_bytes(key_pem(key))
    person.own_certificates = tmp_path
    person.up()
    person.own_certificates = None
    person.rotate(kind)
    state = person.files()["cluster.rkestate"]
    person.own_certificates = tmp_path
    with pytest.raises(ConfigError) as caught:
        person.up()
    (fault,) = [problem for problem in caught.value.problems if not problem.warning]
    assert fault.where == f"{tmp_path}/{name}.pem"
    assert "go on with: rke-py cert rotate --finish" in fault.hint
    assert person.files()["cluster.rkestate"] == state


def test_a_saved_plan_does_not_hold_when_the_folder_changed(owned):
    person, ca, folder = owned("ecw")
    person.own_certificates = folder
    plan, basis = plan_with_basis(person.context())
    saved = person.folder / "saved.plan"
    save_plan(saved, as_data(plan), basis)
    (request,) = folder.glob("kube-admin-csr.pem")
    (folder / "kube-admin.pem").write_text(ca.sign(request.read_bytes(), now=person.world.time.now()))
    with pytest.raises(PlanOutdated) as caught:
        up(replace(person.context(), saved_plan=saved))
    assert caught.value.evidence[0].startswith("the certificates in the folder of --cert-dir are others")


class TestList:
    def test_the_next_one_to_end_comes_first(self, running):
        found = running("ecw", "w").certificates()
        ends = [listed.ends for listed in found.certificates if listed.ends]
        assert ends == sorted(ends)
        assert found.certificates[-1].name == "kube-service-account-token"

    def test_what_is_on_the_hosts_is_the_states(self, running):
        found = running("ecw", "w").certificates()
        assert {on.presence for listed in found.certificates for on in listed.hosts} == {Presence.SAME}
        by_name = {listed.name: listed for listed in found.certificates}
        assert [on.host for on in by_name["kube-proxy"].hosts] == ["n1", "n2"]
        assert [on.host for on in by_name["kube-api-proxy"].hosts] == ["n2"]
        assert by_name["kube-admin"].hosts == ()

    def test_what_differs_on_a_host_is_told(self, running):
        person = running("ecw", "w")
        files = person.world.machines["n2"].files
        ca = OwnersCa.root(now=person.world.time.now() - timedelta(days=3600))
        files[f"{SSL}/kube-proxy.pem"] = replace(files[f"{SSL}/kube-proxy.pem"], content=ca.text.encode())
        del files[f"{SSL}/kube-ca.pem"]
        found = {listed.name: listed for listed in person.certificates().certificates}
        assert found["kube-proxy"].hosts[1].presence is Presence.DIFFERENT
        assert found["kube-proxy"].ends < found["kube-admin"].ends
        assert found["kube-ca"].hosts[1].presence is Presence.MISSING

    def test_a_host_that_does_not_answer_is_named(self, running):
        person = running("ecw", "w")
        person.world.machines["n2"].power_off()
        found = person.certificates()
        assert list(found.silent) == ["n2"]
        assert {on.host for listed in found.certificates for on in listed.hosts} == {"n1"}

    def test_offline_no_host_is_asked(self, running):
        person = running("ecw", "w")
        calls = len(person.world.calls.log)
        found = person.certificates(offline=True)
        assert len(person.world.calls.log) == calls
        assert not any(listed.hosts for listed in found.certificates)

    def test_the_owners_are_marked(self, owned):
        person, _, _ = owned("ecw")
        supplied = {listed.name for listed in person.certificates().certificates if listed.supplied}
        assert "kube-admin" in supplied
        assert "kube-ca" not in supplied

    def test_before_the_first_up_there_is_none(self, operator):
        with pytest.raises(UsageError, match=r"there is no cluster\.rkestate"):
            operator("ecw").certificates()


def test_when_all_certificates_have_ended_and_nothing_answers_up_brings_the_cluster_back(running):
    person = running("ecw", "ecw", "ecw", "w")
    person.world.time.pass_time(400 * 86400)
    assert not person.status().api
    person.up()
    assert person.status().healthy
    assert person.up().plan.empty

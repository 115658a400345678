"""etcd under a user of its own: its data and certificates are his before it starts, whoever had them before."""

from __future__ import annotations

import pytest

from rke_py.errors import RolloutFailed
from tests.sim.operator import Operator

OWNER = {"etcd": {"uid": 52034, "gid": 52035}}
CA = "/etc/kubernetes/ssl/kube-etcd-ca.pem"


def etcd_files(person: Operator, name: str) -> dict[str, tuple[int, int]]:
    """Return the owner of each of etcd's certificates on a machine."""
    files = person.world.machines[name].files
    return {path: (file.uid, file.gid) for path, file in files.items() if "/kube-etcd-" in path and path != CA}


def test_a_new_cluster_has_it_from_the_start(operator):
    person = operator("ecw", "ecw", "ecw", services=OWNER)
    person.up()
    for name, machine in person.world.machines.items():
        assert machine.containers["etcd"].spec.user == "52034:52035"
        assert machine.etcd_owner == "52034:52035"
        assert set(etcd_files(person, name).values()) == {(52034, 52035)}
    assert person.plan().empty


def test_other_files_stay_roots(operator):
    person = operator("ecw", services=OWNER)
    person.up()
    own, files = etcd_files(person, "n1"), person.world.machines["n1"].files
    assert {(file.uid, file.gid) for path, file in files.items() if path not in own} == {(0, 0)}
    assert files[CA].mode == 0o644


@pytest.mark.parametrize("after", [{"etcd": {"uid": 7, "gid": 8}}, {}], ids=["another user", "root"])
def test_it_can_be_changed_later_member_by_member(running, after):
    person = running("ecw", "ecw", "ecw", services=OWNER)
    person.edit(services=after)
    person.up()
    assert not [step for host, step in person.script.started if "kube-apiserver" in step]
    user = "7:8" if after else "0"
    assert {machine.containers["etcd"].spec.user for machine in person.world.machines.values()} == {user}
    assert person.plan().empty


def test_one_of_both_alone_has_no_effect(operator):
    person = operator("ecw", services={"etcd": {"uid": 52034}})
    person.up()
    assert person.world.machines["n1"].containers["etcd"].spec.user == "0"


@pytest.mark.parametrize("after", [{"etcd": {"uid": 7, "gid": 8}}, {}], ids=["another user", "root"])
def test_a_member_that_is_put_back_has_its_files_back(running, after):
    person = running("ecw", "ecw", "ecw", services=OWNER)
    person.edit(services=after)
    person.world.faults.on_start.append(
        lambda container: "no" if container.spec.name == "etcd" and container.spec.user != "52034:52035" else ""
    )
    with pytest.raises(RolloutFailed) as raised:
        person.up()
    assert "was put back" in str(raised.value.failures[0])
    assert all(machine.running("etcd") for machine in person.world.machines.values())
    assert {machine.etcd_owner for machine in person.world.machines.values()} == {"52034:52035"}
    assert {owner for name in person.world.machines for owner in etcd_files(person, name).values()} == {(52034, 52035)}

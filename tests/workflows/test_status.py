"""``status``: what runs, and how well."""

from __future__ import annotations

import pytest

from rke_py.errors import UsageError
from tests.sim.machine import Machine

ROLES = ("ecw", "ecw", "ecw", "w")


def test_a_cluster_that_is_up(running):
    status = running(*ROLES).status()
    assert status.healthy
    assert [(host.name, host.ready, host.version) for host in status.hosts] == [
        (name, True, "v1.34.4") for name in ("n1", "n2", "n3", "n4")
    ]
    assert sorted(member.name for member in status.etcd) == ["etcd-n1", "etcd-n2", "etcd-n3"]
    assert [member.leader for member in status.etcd].count(True) == 1


def etcd_stopped(machine: Machine) -> None:
    machine.containers["etcd"].stop()
    machine.world.elect()


def apiserver_gone(machine: Machine) -> None:
    del machine.containers["kube-apiserver"]


def no_power(machine: Machine) -> None:
    machine.power_off()


def kubelet_stopped(machine: Machine) -> None:
    machine.containers["kubelet"].stop()
    machine.world.time.pass_time(60)


@pytest.mark.parametrize(
    "damage", [etcd_stopped, apiserver_gone, no_power, kubelet_stopped], ids=lambda damage: damage.__name__
)
def test_a_host_that_is_not_well_is_named(running, damage):
    person = running(*ROLES)
    damage(person.world.machines["n2"])
    person.world.time.pass_time(15)
    status = person.status()
    assert not status.healthy
    sick = [h.name for h in status.hosts if h.fault or not h.ready or not all(c.healthy for c in h.components)]
    assert sick == ["n2"]


def test_without_an_api_server_the_rest_is_told(running):
    person = running("ecw", "w")
    del person.world.machines["n1"].containers["kube-apiserver"]
    status = person.status()
    assert not status.api
    assert [member.healthy for member in status.etcd] == [True]
    assert [host.ready for host in status.hosts] == [None, None]


def test_a_status_changes_nothing(running):
    person = running(*ROLES)
    mark = len(person.world.calls.log)
    person.status()
    assert [call for call in person.world.calls.since(mark) if call.changing] == []


def test_before_the_first_up_there_is_nothing_to_tell(operator):
    with pytest.raises(UsageError, match="there is no"):
        operator("ecw").status()


def test_a_cluster_of_rkes_own_releases_is_refused_by_name(running):
    person = running("ecw")
    person.edit(kubernetes_version="v1.32.2-rancher1-1")
    mark = len(person.world.calls.log)
    with pytest.raises(UsageError, match=r"of RKE's own releases .* is not built yet"):
        person.status()
    assert person.world.calls.since(mark) == ()

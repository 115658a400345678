"""What lab is wanted: roles, addresses, networks."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vagrant.lab import spec
from vagrant.lab.errors import LabError
from vagrant.lab.spec import ROLES, SmallDisk

WORKER = ("worker",)
SUBNET = IPv4Network("172.30.7.0/24")


@pytest.mark.parametrize(
    ("count", "roles"),
    [
        pytest.param(1, (ROLES,), id="one-is-everything"),
        pytest.param(2, (ROLES, WORKER), id="two-etcd-members-would-be-worse-than-one"),
        pytest.param(3, (ROLES, ROLES, ROLES), id="three"),
        pytest.param(4, (ROLES, ROLES, ROLES, WORKER), id="the-fourth-works"),
        pytest.param(6, (ROLES, ROLES, ROLES, WORKER, WORKER, WORKER), id="never-more-than-three"),
    ],
)
def test_usual_roles(count, roles):
    assert spec.usual_roles(count) == roles


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        pytest.param("all,worker", (ROLES, WORKER), id="all"),
        pytest.param("etcd+controlplane,worker", (("controlplane", "etcd"), WORKER), id="joined"),
    ],
)
def test_parsed_roles(text, roles):
    assert spec.parsed_roles(text) == roles


def test_a_role_that_is_none_is_named():
    with pytest.raises(LabError, match="'master' is not a role"):
        spec.parsed_roles("all,etcd+master")


def test_hosts_are_counted_from_one_and_begin_at_eleven():
    made = spec.hosts((ROLES, WORKER), SUBNET)
    assert [(host.name, str(host.address)) for host in made] == [("n1", "172.30.7.11"), ("n2", "172.30.7.12")]


def test_chosen_addresses_are_used():
    made = spec.hosts((ROLES,), SUBNET, (IPv4Address("172.30.7.99"),))
    assert made[0].address == IPv4Address("172.30.7.99")


def test_chosen_names_are_used():
    made = spec.hosts((ROLES, WORKER), SUBNET, names=("r1", "r2"))
    assert [host.name for host in made] == ["r1", "r2"]


@pytest.mark.parametrize("names", [("r1",), ("r1", "r1")], ids=["too-few", "one-twice"])
def test_as_many_names_as_hosts(names):
    with pytest.raises(LabError, match="2 hosts but 1 names"):
        spec.hosts((ROLES, WORKER), SUBNET, names=names)


def test_as_many_addresses_as_hosts():
    with pytest.raises(LabError, match="2 hosts but 1 addresses"):
        spec.hosts((ROLES, WORKER), SUBNET, (IPv4Address("172.30.7.99"),))


def test_addresses_of_two_networks_are_refused():
    with pytest.raises(LabError, match=r"172\.30\.8\.1 is not in 172\.30\.7\.0/24"):
        spec.subnet_of((IPv4Address("172.30.7.1"), IPv4Address("172.30.8.1")))


@pytest.mark.parametrize(
    ("text", "disk"),
    [
        pytest.param("n1", SmallDisk(host="n1"), id="usual"),
        pytest.param("n2:/var/lib/docker", SmallDisk(host="n2", path="/var/lib/docker"), id="folder"),
        pytest.param("n2::64", SmallDisk(host="n2", megabytes=64), id="size"),
    ],
)
def test_parsed_small_disk(text, disk):
    assert spec.parsed_small_disk(text) == disk


@pytest.mark.parametrize("name", ["", "1st", "Lab", "a_b", "a" * 32])
def test_names_that_no_container_can_have(name):
    with pytest.raises(LabError, match="cannot be a lab's name"):
        spec.checked_name(name)


@given(st.text())
def test_every_network_is_tried_once_in_an_order_of_the_name_s_own(name):
    tried = list(spec.subnets(name))
    assert len(tried) == len(set(tried)) == 256
    assert tried == list(spec.subnets(name))
    assert str(tried[-1]) == "172.30.0.0/24", "where hosts with addresses of their own are"

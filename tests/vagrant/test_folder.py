"""The lab's folder: what rke-py and ssh are given."""

from __future__ import annotations

import json
from ipaddress import IPv4Network

import pytest

from rke_py.config.load import load
from vagrant.lab import folder, spec
from vagrant.lab.spec import ROLES, LabSpec

SUBNET = IPv4Network("172.30.7.0/24")
LAB = LabSpec(name="demo", subnet=SUBNET, hosts=spec.hosts((ROLES, ("worker",)), SUBNET))
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKyKkqMWBm+nFjEbHDdCzIpkqJfcFTqtu6SOYoNCFUYh"
HOST_KEYS = {"172.30.7.11": HOST_KEY, "172.30.7.12": HOST_KEY}
TOOLS = "registry.lab:5000/tools:0123456789abcdef"


@pytest.fixture
def written(tmp_path):
    folder.create(tmp_path / "lab")
    folder.write(tmp_path / "lab", LAB, HOST_KEYS, TOOLS)
    return tmp_path / "lab"


def test_the_cluster_yml_is_one_that_rke_py_takes(written):
    loaded = load((written / "cluster.yml").read_text())
    assert [str(node.address) for node in loaded.config.nodes] == ["172.30.7.11", "172.30.7.12"]
    assert loaded.warnings == ()


def test_the_hosts_and_their_keys_are_known(written):
    assert (written / "known_hosts").read_text() == f"172.30.7.11 {HOST_KEY}\n172.30.7.12 {HOST_KEY}\n"
    hosts = json.loads((written / "hosts.json").read_text())
    assert hosts[1] == {"name": "n2", "address": "172.30.7.12", "roles": ["worker"], "user": "rke"}


def test_the_key_is_its_owner_s_alone(written):
    assert (written / "key").stat().st_mode & 0o777 == 0o600


def test_a_second_lab_in_the_folder_has_another_key(written):
    before = (written / "key.pub").read_text()
    assert folder.create(written) != before.strip()


def test_down_takes_the_folder_with_it(written):
    folder.remove(written)
    assert not written.exists()


def test_down_leaves_what_others_put_there(written):
    (written / "cluster.rkestate").write_text("{}")
    folder.remove(written)
    assert [path.name for path in written.iterdir()] == ["cluster.rkestate"]

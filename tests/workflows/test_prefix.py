"""A cluster whose folders lie below a prefix on its hosts."""

from __future__ import annotations

import pytest

from rke_py.errors import PreflightError

PREFIX = "/opt/rke"


@pytest.fixture
def made(operator):
    """Make a cluster of two hosts below a prefix."""
    person = operator("ecw", "w", prefix_path=PREFIX)
    person.up()
    return person


def test_it_is_made_and_nothing_is_left_to_do(made):
    assert made.plan().empty
    kubeconfig = next(
        file.content for path, file in made.world.machines["n2"].files.items() if "kubecfg-kube-node" in path
    )
    assert b"client-key: /opt/rke/etc/kubernetes/ssl/kube-node-" in kubeconfig
    proxy = next(file.content for path, file in made.world.machines["n2"].files.items() if "kubecfg-kube-proxy" in path)
    assert b"client-key: /etc/kubernetes/ssl/kube-proxy-key.pem" in proxy


def test_the_tools_container_is_told(made):
    made.remove()
    for machine in made.world.machines.values():
        assert machine.prefixes == {PREFIX}
        assert not machine.files


def test_folders_are_not_moved_later(made):
    made.edit(prefix_path="/data")
    with pytest.raises(PreflightError, match="below /opt/rke, not below /data"):
        made.up()


def test_some_systems_have_one_of_their_own(operator):
    person = operator("ecw", "w")
    person.world.machines["n2"].facts = {"operating_system": "Flatcar Container Linux by Kinvolk 4230.2.3 (Oklo)"}
    person.up()
    assert (
        "/opt/rke/etc/kubernetes:/etc/kubernetes:ro" in person.world.machines["n2"].containers["kube-proxy"].spec.binds
    )
    assert "/etc/kubernetes:/etc/kubernetes:ro" in person.world.machines["n1"].containers["kube-proxy"].spec.binds
    assert person.plan().empty


def test_data_in_the_way_are_named_where_they_lie(operator):
    person = operator("ecw", "ew", prefix_path=PREFIX)
    person.world.machines["n2"].deep["etcd_data"] = True
    with pytest.raises(PreflightError) as caught:
        person.up()
    problem = next(problem for problem in caught.value.problems if problem.where == "n2")
    assert problem.what == "/opt/rke/var/lib/etcd holds data of an etcd that is not this cluster's"
    assert "mv /opt/rke/var/lib/etcd/member " in problem.hint

"""A cluster whose etcd is the owner's own: used and not touched, and never exchanged for another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rke_py.errors import PreflightError, UsageError
from rke_py.plan.arguments import flag_value
from rke_py.stores.statefile import StateStore
from rke_py.workflows.snapshots import save_snapshot
from tests.sim.expect import store_of
from tests.sim.operator import Operator

PATH = "/cluster-b"


@pytest.fixture
def beside(operator) -> Callable[..., Operator]:
    """Make the operator of a control-plane host and a worker beside a machine on which an etcd of its own runs."""

    def make() -> Operator:
        person = operator("ecw", "c", "w")
        nodes = person.config["nodes"]
        person.edit(nodes=nodes[:1])
        person.up()
        first = next(iter(person.world.machines.values()))
        for name in [name for name in first.containers if name != "etcd"]:
            first.containers.pop(name)
        store_of(person).copy = None  # it is below another prefix, of which the simulation knows nothing
        bundle = StateStore(person.folder / "cluster.rkestate").read().bundle
        for path in person.folder.iterdir():
            path.unlink()
        client = bundle["kube-apiserver-etcd-client"]
        etcd = {
            "external_urls": [f"https://{first.internal_address}:2379"],
            "path": PATH,
            "ca_cert": bundle["kube-etcd-ca"].certificate,
            "cert": client.certificate,
            "key": client.key.get_secret_value(),
        }
        person.edit(nodes=nodes[1:], services={"etcd": etcd})
        person.script.events.clear()
        return person

    return make


def changed(person: Operator, **etcd: Any) -> None:
    """Change what cluster.yml says of etcd."""
    person.edit(services={"etcd": {**person.config["services"]["etcd"], **etcd}})


def test_api_servers_use_it_and_no_host_carries_etcd(beside):
    person = beside()
    person.up()
    server = person.world.machines["n2"].containers["kube-apiserver"].spec
    assert flag_value(server.command, "etcd-servers") == person.config["services"]["etcd"]["external_urls"][0]
    assert flag_value(server.command, "etcd-prefix") == PATH
    assert flag_value(server.command, "etcd-cafile") == "/etc/kubernetes/ssl/kube-etcd-client-ca.pem"
    assert not any("etcd" in step for host, step in person.script.started)
    assert "etcd" not in person.world.machines["n2"].containers


def test_nothing_is_left_to_do_afterwards(beside):
    person = beside()
    person.up()
    assert person.plan().empty


def test_a_new_certificate_restarts_the_api_servers(beside):
    person = beside()
    person.up()
    changed(person, cert=person.config["services"]["etcd"]["cert"] + "\n")
    assert "restart kube-apiserver" in [step.title for step in person.plan().steps]


def test_its_health_is_part_of_the_status(beside):
    person = beside()
    person.up()
    (member,) = person.status().external_etcd
    assert (member.host, member.fault) == ("n2", "")
    assert person.status().healthy
    person.world.machines["n1"].powered = False
    assert person.status().external_etcd[0].fault
    assert not person.status().healthy


def test_no_snapshots_are_taken_of_it(beside):
    person = beside()
    person.up()
    with pytest.raises(UsageError, match="takes no snapshots of it"):
        save_snapshot(person.context())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"external_urls": ["https://198.51.100.1:2379"]}, "etcd at https://198.51.100.1:2379 cannot be used"),
        ({"ca_cert": "another"}, "cannot be used"),
    ],
)
def test_one_that_cannot_be_used_is_refused_before_anything_changes(beside, change, words):
    person = beside()
    if change.get("ca_cert"):
        other = person.config["services"]["etcd"]["cert"]
        change = {"ca_cert": other}
    changed(person, **change)
    with pytest.raises(PreflightError, match=words):
        person.up()
    assert person.script.started == ()


def test_one_member_of_several_may_be_away(beside):
    person = beside()
    urls = person.config["services"]["etcd"]["external_urls"]
    changed(person, external_urls=[*urls, "https://198.51.100.1:2379"])
    person.up()
    assert person.world.machines["n2"].running("kube-apiserver")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"path": "/other"}, "begin with /cluster-b, not with /other"),
        ({"external_urls": []}, "data are in an etcd elsewhere"),
    ],
)
def test_data_are_not_left_behind(beside, change, words):
    person = beside()
    person.up()
    changed(person, **change)
    if not person.config["services"]["etcd"]["external_urls"]:
        first, *others = person.config["nodes"]
        person.edit(nodes=[{**first, "role": ["controlplane", "etcd"]}, *others], services={})
    with pytest.raises(PreflightError, match=words):
        person.up()


def test_nor_are_those_of_an_etcd_of_ones_own(running):
    person = running("ecw")
    node = {**person.config["nodes"][0], "role": ["controlplane", "worker"]}
    pem = {"ca_cert": "x", "cert": "y", "key": "z", "path": "/k"}
    person.edit(nodes=[node], services={"etcd": {"external_urls": ["https://198.51.100.1:2379"], **pem}})
    with pytest.raises(PreflightError, match="data are on the hosts that had role etcd"):
        person.up()

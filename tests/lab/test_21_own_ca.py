"""A cluster whose CA is the owner's, with an intermediate one, and whose key rke-py never has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.pki.owner import OwnersCa

from .cluster import assert_well
from .kubectl import Kubectl
from .lab import WORKER, Lab
from .operator import Operator, Run
from .operator import operator as make_operator

pytestmark = pytest.mark.lab

_HOST = "n2"


@dataclass(frozen=True, slots=True)
class _Life:
    """What was seen from the first request to ``remove``."""

    second: Run
    listed: dict[str, Any]
    more: Run
    grown: Run
    status: Run
    on_hosts: dict[str, str]


@pytest.fixture(scope="module")
def life(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> _Life:
    """A cluster of one host that gets a worker, from nothing to nothing."""
    person = make_operator(lab, tmp_path_factory.mktemp("own-ca"), (_HOST, WORKER), metrics=False)
    nodes = person.config["nodes"]
    person.edit(lambda config: config.update(nodes=nodes[:1]))
    root = OwnersCa.root("Example Root", now=datetime.now(UTC))
    issuing = root.below("Example Issuing", now=datetime.now(UTC))
    _sign(person, issuing, issuing.text + root.text)
    person.up("--custom-certs")
    assert_well(person, Kubectl(lab.kubectl, person.kubeconfig))
    second = person.up()
    listed = json.loads(person.run("cert", "list", "--output", "json").out)
    person.edit(lambda config: config.update(nodes=nodes))
    more = person.run("plan")
    _sign(person, issuing, issuing.text + root.text)
    grown = person.up("--custom-certs")
    kubectl = Kubectl(lab.kubectl, person.kubeconfig)
    assert_well(person, kubectl)
    status = person.run("status")
    on_hosts = {host: lab.run(host, "ls", "/etc/kubernetes/ssl") for host in (_HOST, WORKER)}
    person.remove()
    return _Life(
        second=second,
        listed=listed,
        more=more,
        grown=grown,
        status=status,
        on_hosts=on_hosts,
    )


def _sign(person: Operator, ca: OwnersCa, chain: str) -> None:
    """Do what the owner's CA does: sign every request that waits."""
    made = person.run("cert", "generate-csr", "--output", "json")
    assert made.status == 0, made.explained()
    folder = person.folder / "cluster_certs"
    for request in json.loads(made.out)["requests"]:
        if not request["signed"]:
            text = ca.sign((folder / f"{request['name']}-csr.pem").read_bytes(), now=datetime.now(UTC))
            (folder / f"{request['name']}.pem").write_text(text)
    (folder / "kube-ca.pem").write_text(chain)


def test_a_second_run_needs_no_folder_and_finds_nothing_to_do(life: _Life) -> None:
    assert life.second.changed == 0


def test_the_cas_key_is_on_no_host(life: _Life) -> None:
    assert not [host for host, names in life.on_hosts.items() if "kube-ca-key.pem" in names]


def test_every_certificate_is_listed_as_the_owners(life: _Life) -> None:
    theirs = {found["name"] for found in life.listed["certificates"] if found["issuer"] == "Example Issuing"}
    assert {"kube-apiserver", "kube-admin", "kube-proxy"} <= theirs
    presences = {on["presence"] for found in life.listed["certificates"] for on in found["hosts"]}
    assert presences == {"same"}


def test_a_new_worker_is_refused_by_the_names_of_its_certificates(life: _Life) -> None:
    assert life.more.status == 2
    assert "kube-node-" in life.more.err
    assert "rke-py cert generate-csr" in life.more.err


def test_with_them_it_joins_and_reaches_the_api_through_its_proxy(life: _Life) -> None:
    assert {host for host, step in life.grown.steps if "kubelet" in step} == {WORKER}
    assert life.status.status == 0, life.status.explained()

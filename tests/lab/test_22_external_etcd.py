"""A cluster whose data are in an etcd of the owner's own, made by hand on a machine that is no host of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.kube.server import Issuer

from .cluster import CONTROL_PLANE
from .kubectl import Kubectl
from .lab import WORKER, Lab
from .operator import Operator, Run
from .operator import operator as make_operator
from .waiting import until

pytestmark = [pytest.mark.lab, pytest.mark.long]

_HOST, _ELSEWHERE = "n1", "n3"
_NAME, _FOLDER, _PATH = "owners-etcd", "/srv/owners-etcd", "/lab"


@dataclass(frozen=True, slots=True)
class _Life:
    """What was seen from the refusal of a stranger's etcd to ``remove``."""

    refused: Run
    ready: frozenset[str]
    containers: tuple[str, ...]
    keys: str
    second: Run
    status: Run
    without: Run
    moved: Run
    left: str


@pytest.fixture(scope="module")
def life(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Life]:
    """A cluster of two hosts beside an etcd, from nothing to nothing."""
    person = make_operator(lab, tmp_path_factory.mktemp("external"), (_HOST, WORKER), metrics=False)
    with _etcd(lab, person) as ca:
        url = f"https://{lab.address(_ELSEWHERE)}:2379"
        shown = ca.leaf("lab", "127.0.0.1")
        settings = {
            "external_urls": [url],
            "path": _PATH,
            "ca_cert": Issuer("stranger").ca().certificate,
            "cert": shown.certificate,
            "key": shown.key.get_secret_value(),
        }
        _edit(person, settings)
        refused = person.up(status=1)
        _edit(person, settings | {"ca_cert": ca.ca().certificate})
        person.up()
        kubectl = Kubectl(lab.kubectl, person.kubeconfig)
        kubectl.wait_nodes(_HOST, WORKER)
        ready, containers, keys = frozenset(kubectl.ready_nodes()), lab.containers(_HOST), _keys(lab)
        second, status = person.up(), person.run("status")
        lab.docker(_ELSEWHERE, "stop", _NAME)
        without = person.run("status")
        lab.docker(_ELSEWHERE, "start", _NAME)
        until(lambda: person.run("status").status == 0, "the cluster is well again", seconds=60)
        _edit(person, settings | {"ca_cert": ca.ca().certificate, "path": "/other"})
        moved = person.up(status=1)
        _edit(person, settings | {"ca_cert": ca.ca().certificate})
        person.remove()
        yield _Life(
            refused=refused,
            ready=ready,
            containers=containers,
            keys=keys,
            second=second,
            status=status,
            without=without,
            moved=moved,
            left=_keys(lab),
        )


@contextmanager
def _etcd(lab: Lab, person: Operator) -> Iterator[Issuer]:
    """Run an etcd with TLS on both sides, as its owner would, and take it away again."""
    ca, address = Issuer("owners-etcd"), lab.address(_ELSEWHERE)
    own = ca.leaf("member", address, "127.0.0.1")
    lab.run(_ELSEWHERE, "mkdir", "-p", _FOLDER)
    for name, text in (("ca", ca.ca().certificate), ("own", own.certificate), ("own-key", own.key.get_secret_value())):
        lab.run(_ELSEWHERE, "tee", f"{_FOLDER}/{name}.pem", stdin=text)
    url = f"https://{address}:2379"
    lab.docker(
        *(_ELSEWHERE, "run", "--detach", "--name", _NAME, "--network", "host", "--volume", f"{_FOLDER}:{_FOLDER}"),
        *("--entrypoint", "etcd", person.config["system_images"]["etcd"], f"--data-dir={_FOLDER}/data"),
        *(f"--listen-client-urls={url}", f"--advertise-client-urls={url}", "--client-cert-auth=true"),
        *(f"--cert-file={_FOLDER}/own.pem", f"--key-file={_FOLDER}/own-key.pem", f"--trusted-ca-file={_FOLDER}/ca.pem"),
    )
    try:
        yield ca
    finally:
        lab.docker(_ELSEWHERE, "rm", "--force", "--volumes", _NAME)
        lab.run(_ELSEWHERE, "rm", "-rf", _FOLDER)


def _keys(lab: Lab) -> str:
    """Return the keys of the cluster's nodes as etcd itself has them."""
    return lab.docker(
        *(_ELSEWHERE, "exec", _NAME, "etcdctl", f"--endpoints=https://{lab.address(_ELSEWHERE)}:2379"),
        *(f"--cacert={_FOLDER}/ca.pem", f"--cert={_FOLDER}/own.pem", f"--key={_FOLDER}/own-key.pem"),
        *("get", "--prefix", "--keys-only", f"{_PATH}/minions/"),
    )


def _edit(person: Operator, etcd: dict[str, object]) -> None:
    def change(config: dict[str, object]) -> None:
        config["services"] = {**person.config.get("services", {}), "etcd": etcd}
        for node in person.config["nodes"]:
            node["role"] = [role for role in node["role"] if role != "etcd"]

    person.edit(change)


def test_one_that_another_ca_signed_is_not_used(life: _Life) -> None:
    (fault,) = life.refused.faults
    assert fault["where"] == _HOST
    assert "certificate verify failed" in fault["what"]
    assert life.refused.steps == ()


def test_the_cluster_works_and_no_host_carries_etcd(life: _Life) -> None:
    assert life.ready == {_HOST, WORKER}
    assert set(life.containers) == {*CONTROL_PLANE, "kubelet", "kube-proxy"}


def test_its_data_are_there_below_its_path(life: _Life) -> None:
    assert f"{_PATH}/minions/{_HOST}" in life.keys


def test_nothing_is_left_to_do(life: _Life) -> None:
    assert life.second.changed == 0


def test_the_status_shows_it(life: _Life) -> None:
    assert life.status.status == 0, life.status.explained()
    assert "EXTERNAL ETCD" in life.status.out
    assert life.without.status != 0
    assert "connection refused" in life.without.out.lower()


def test_another_path_is_refused(life: _Life) -> None:
    assert "begin with /lab, not with /other" in life.moved.error["problems"][0]["what"]


def test_remove_leaves_its_keys(life: _Life) -> None:
    assert f"{_PATH}/minions/{_HOST}" in life.left

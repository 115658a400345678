"""A cluster goes back to a snapshot from before its key for Secrets, and its CAs, became others."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from .cluster import Cluster, assert_well, pods_not_running
from .encryption import asking, values
from .kubectl import Kubectl
from .lab import FULL, Lab
from .operator import operator as make_operator
from .pods import config_map
from .scenarios.encryption import ENCRYPTION_KEY
from .scenarios.rotation import CA_AND_PODS, FINISH

pytestmark = [pytest.mark.lab, pytest.mark.long]

_SNAPSHOT = "before"
_RESTORE = ("etcd", "snapshot", "restore", _SNAPSHOT)
_NAMESPACES = ("default", "kube-system")


@pytest.fixture(scope="module")
def before(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that encrypts its Secrets, with a snapshot, a Secret in it and one after it; removed at the end."""
    person = make_operator(lab, tmp_path_factory.mktemp("rotated"), FULL, metrics=False)
    person.edit(lambda config: config.setdefault("services", {}))
    person.edit(asking(enabled=True))
    made = person.up()
    kubectl = Kubectl(lab.kubectl, person.kubeconfig)
    kubectl.wait_nodes(*FULL)
    kubectl("create", "secret", "generic", "then", "--from-literal=word=then")
    done = person.run("etcd", "snapshot", "save", "--name", _SNAPSHOT)
    assert done.status == 0, done.explained()
    yield Cluster(person, kubectl, made)
    person.remove()


def test_secrets_of_the_key_before_are_read_and_written_anew_with_the_present_one(before: Cluster) -> None:
    person, kubectl = before.operator, before.kubectl
    (old,) = values(before)
    person.agreed(*ENCRYPTION_KEY.moves[0].words)
    (new,) = values(before)
    assert old != new
    kubectl("create", "secret", "generic", "since", "--from-literal=word=since")
    person.agreed(*_RESTORE)
    assert _word(kubectl) == "then"
    assert kubectl.attempt("get", "secret", "since").returncode != 0
    person.up()
    assert set(values(before)) == {new}
    assert _word(kubectl) == "then"
    assert_well(person, kubectl)
    assert person.up().changed == 0


def test_pods_of_the_ca_before_trust_the_present_one(before: Cluster) -> None:
    person, kubectl = before.operator, before.kubectl
    person.agreed(*CA_AND_PODS.words)
    person.agreed(*FINISH.words)
    kubectl.apply(config_map("since", {"a": "1"}))
    restored = person.agreed(*_RESTORE)
    assert ("", "restart Deployment kube-system/coredns") in restored.steps
    assert pods_not_running(kubectl) == []
    assert kubectl.attempt("get", "configmap", "since").returncode != 0
    assert {_published(kubectl, name) for name in _NAMESPACES} == {person.state.bundle["kube-ca"].certificate.strip()}
    person.up()
    assert_well(person, kubectl)
    assert person.up().changed == 0


def _word(kubectl: Kubectl) -> str:
    return base64.b64decode(kubectl.object("secret", "then")["data"]["word"]).decode()


def _published(kubectl: Kubectl, namespace: str) -> str:
    """Return the CA that pods of a namespace trust."""
    published: str = kubectl.object("configmap", "kube-root-ca.crt", "--namespace", namespace)["data"]["ca.crt"]
    return published.strip()

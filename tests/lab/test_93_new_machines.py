"""All machines are gone: a snapshot, its key and new machines bring the cluster back, on fewer members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from .cluster import Cluster, assert_well, runs
from .kubectl import Kubectl, Object
from .lab import FULL, SPARE, WORKER, Lab
from .operator import Operator, Run
from .operator import operator as make_operator
from .pods import SERVE, config_map, spec
from .restoring import RESTORE
from .waiting import until

pytestmark = [pytest.mark.lab, pytest.mark.long]

_SNAPSHOT, _WEB = "before-the-fire", "web"
_REPLICAS = 2
_NEW = {SPARE: ("etcd", "controlplane", "worker"), WORKER: ("worker",)}


@dataclass(frozen=True, slots=True)
class _Disaster:
    """What was lost and what came back.

    Attributes:
        old: The cluster whose machines are gone.
        uids: Of its objects, at the time of the snapshot.
        cluster: What is there now.
        again: A further ``up``.
    """

    old: Operator
    uids: Mapping[str, str]
    cluster: Cluster
    again: Run


@pytest.fixture(scope="module")
def disaster(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Disaster]:
    """Three machines burn down, and two others take their place; all five are as they were found at the end."""
    old = make_operator(lab, tmp_path_factory.mktemp("old"), FULL, metrics=False)
    old.environment["RKE_PY_STATE_KEY"] = "a state key of the tests"
    old.up()
    kubectl = Kubectl(lab.kubectl, old.kubeconfig)
    kubectl.wait_nodes(*FULL)
    kubectl.apply(config_map("kept", {"a": "1"}), _deployment())
    kubectl("rollout", "status", f"deployment/{_WEB}", "--timeout=120s")
    old.done("etcd", "snapshot", "save", "--name", _SNAPSHOT)
    uids = _uids(kubectl)
    kubectl.apply(config_map("since", {"a": "1"}))

    new = make_operator(lab, tmp_path_factory.mktemp("new"), tuple(_NEW), metrics=False)
    new.environment.update(old.environment)
    new.wants(_NEW)
    old.done("etcd", "snapshot", "download", _SNAPSHOT, "--to", str(new.folder))
    lab.kill(*FULL)
    new.agreed(*RESTORE, f"./{_SNAPSHOT}.db")
    made = new.up()
    again = new.up()
    yield _Disaster(old, uids, Cluster(new, Kubectl(lab.kubectl, new.kubeconfig), made), again)
    lab.start(*FULL)
    for name in FULL:
        login = ("--user", "rke", "--ssh-key-path", str(lab.key))
        new.agreed("node", "clean", lab.address(name), *login, "--delete-snapshots")
    new.remove()


def test_the_new_machines_are_the_cluster_and_nothing_is_left_to_do(disaster: _Disaster) -> None:
    assert_well(disaster.cluster.operator, disaster.cluster.kubectl)
    assert disaster.again.changed == 0


def test_objects_are_those_of_then(disaster: _Disaster) -> None:
    assert _uids(disaster.cluster.kubectl) == disaster.uids
    assert "since" not in {item["metadata"]["name"] for item in disaster.cluster.kubectl.items("configmaps")}


def test_pods_run_on_the_new_machines(disaster: _Disaster) -> None:
    kubectl = disaster.cluster.kubectl

    def moved() -> bool:
        there = kubectl.items("pods", "--selector", f"app={_WEB}")
        return {pod["spec"]["nodeName"] for pod in there} <= set(_NEW) and sum(map(runs, there)) == _REPLICAS

    until(moved, "Kubernetes has dropped the pods of machines that are gone, and runs others", seconds=180)


def test_the_authority_is_the_same_so_old_certificates_are_trusted(disaster: _Disaster, lab: Lab) -> None:
    assert disaster.cluster.operator.state.bundle["kube-ca"] == disaster.old.state.bundle["kube-ca"]
    address = f"https://{lab.address(SPARE)}:6443"
    asked = Kubectl(lab.kubectl, disaster.old.kubeconfig)("--server", address, "get", "nodes", "--output", "name")
    assert set(asked.split()) == {f"node/{name}" for name in _NEW}


def _deployment() -> Object:
    labels = {"app": _WEB}
    template = {"metadata": {"labels": labels}, "spec": spec(_WEB, script=SERVE)}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": _WEB},
        "spec": {"replicas": _REPLICAS, "selector": {"matchLabels": labels}, "template": template},
    }


def _uids(kubectl: Kubectl) -> dict[str, str]:
    kinds = {"configmap": "kept", "deployment": _WEB, "namespace": "default"}
    return {kind: kubectl.object(kind, name)["metadata"]["uid"] for kind, name in kinds.items()}

"""A cluster leaves RKE's releases: a host that cannot work there is put back, one whose pods cannot is not touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.plan.rke.recorded import HOSTS

from .cluster import Cluster, assert_well
from .operator import Run
from .pods import SERVE, pod
from .rke.reenact import RECORDED_REGISTRY, SPARE, reenacted
from .scenarios.rke import leave, left
from .scenarios.rke_hosts import join
from .scenarios.scenario import editing
from .waiting import until

pytestmark = [pytest.mark.lab, pytest.mark.rke, pytest.mark.long]

_LAST = tuple(HOSTS)[-1]
_SETTINGS = "/srv/kubelet.conf.d"
_GONE = f"{RECORDED_REGISTRY}/bb:gone"
_MOVE, _DRAIN = "move the node and its pods to containerd", "cordon and drain the node"
_OF_RKE = {"service-sidekick", "nginx-proxy", "kubelet", "kube-proxy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """What was seen on the way.

    Attributes:
        refused: The run that met an image which is nowhere.
        broken: The run in which the worker's kubelet did not work.
        back: The worker's containers after it.
        pods: The pods of the worker after it, once all of them ran in Docker.
        kept: The pod with data, before and after everything.
        done: The run that finished it.
    """

    cluster: Cluster
    refused: Run
    broken: Run
    back: set[str]
    pods: frozenset[str]
    kept: tuple[tuple[str, str], tuple[str, str]]
    done: Run


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Way]:
    """All of it, one after another."""
    cluster = reenacted("rke", tmp_path_factory.mktemp("rke"), spare=True)
    person, lab, kubectl = cluster.operator, cluster.lab, cluster.kubectl
    try:
        join(cluster)
        person.up()
        kubectl.wait_nodes(*HOSTS, SPARE)
        _run_pods(cluster)
        before = _kept(cluster)
        leave(cluster)
        refused = person.up(status=1)
        kubectl("delete", "pod", "gone", "--grace-period=0")
        for host in (*HOSTS, SPARE):
            lab.run(host, "mkdir", "-p", _SETTINGS)
        lab.shell(SPARE, f"echo 'no: {{settings' > {_SETTINGS}/broken.conf")
        editing(_with_settings)(cluster)
        broken = person.up(status=3)
        kubectl.wait_nodes(SPARE)
        back = set(lab.containers(SPARE)) & {*_OF_RKE, "haproxy"}
        until(lambda: all(_in_docker(one) for one in _pods_on(cluster, SPARE)), "its pods run in Docker", seconds=120)
        pods = frozenset(one["metadata"]["name"] for one in _pods_on(cluster, SPARE))
        lab.run(SPARE, "rm", f"{_SETTINGS}/broken.conf")
        done = person.up()
        yield _Way(
            cluster=cluster,
            refused=refused,
            broken=broken,
            back=back,
            pods=pods,
            kept=(before, _kept(cluster)),
            done=done,
        )
    finally:
        lab.down()


def _with_settings(config: dict[str, Any]) -> None:
    config["services"]["kubelet"] = {"extra_args": {"config-dir": _SETTINGS}}


def _run_pods(cluster: Cluster) -> None:
    """Run a pod with data on the worker, and on the last control-plane host one whose image is there no more."""
    lab, kubectl = cluster.lab, cluster.kubectl
    lab.docker(_LAST, "tag", f"{RECORDED_REGISTRY}/bb:1", _GONE)
    mounts = [{"name": "data", "mountPath": "/data"}]
    script = f"date +%s%N > /data/$(date +%s%N); {SERVE}"
    kept = pod("kept", host=SPARE, script=script, volumes={"data": {"emptyDir": {}}}, mounts=mounts)
    gone = pod("gone", host=_LAST, container={"image": _GONE, "imagePullPolicy": "IfNotPresent"})
    kubectl.apply(kept, gone)
    kubectl("wait", "--for=condition=Ready", "pod/kept", "pod/gone", "--timeout=120s")
    lab.docker(_LAST, "rmi", "--force", _GONE)


def _kept(cluster: Cluster) -> tuple[str, str]:
    """Return the UID of the pod with data, and the first of what it wrote."""
    uid = cluster.kubectl("get", "pod", "kept", "--output", "jsonpath={.metadata.uid}")
    return uid, cluster.kubectl("exec", "kept", "--", "sh", "-c", "cat /data/* | sort | head -1")


def _pods_on(cluster: Cluster, host: str) -> list[dict[str, Any]]:
    running = f"spec.nodeName={host},status.phase=Running"
    return list(cluster.kubectl.items("pods", "--all-namespaces", "--field-selector", running))


def _in_docker(found: dict[str, Any]) -> bool:
    return all(one.get("containerID", "").startswith("docker://") for one in found["status"]["containerStatuses"])


def test_a_host_is_not_touched_whose_pods_have_an_image_that_is_nowhere(way: _Way) -> None:
    (failure,) = way.refused.error["failures"]
    assert failure["where"] == _LAST
    assert any(_GONE in line for line in failure["evidence"])
    assert (_LAST, _DRAIN) not in way.refused.steps
    assert not {(_LAST, _MOVE), (SPARE, _MOVE)} & set(way.refused.steps)


def test_a_worker_whose_kubelet_does_not_work_has_rkes_and_its_pods_in_docker_again(way: _Way) -> None:
    (failure,) = way.broken.error["failures"]
    assert failure["where"] == SPARE
    assert "RKE's node was put back" in failure["what"]
    assert way.back == _OF_RKE
    assert "kept" in way.pods


def test_once_mended_it_comes_over_as_well(way: _Way) -> None:
    assert {host for host, step in way.done.steps if step == _MOVE} == {SPARE}
    assert_well(way.cluster.operator, way.cluster.kubectl)
    left(way.cluster)
    assert way.cluster.operator.up().changed == 0


def test_a_pod_that_stayed_is_the_same_with_its_data(way: _Way) -> None:
    before, after = way.kept
    assert before == after

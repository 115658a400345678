"""A replacement that does not work is taken back, and the operator reads why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .cluster import Cluster
from .lab import ALL, WORKER
from .operator import Run
from .owned import containers, touched

pytestmark = pytest.mark.lab

_PORT = 10999
_SETTINGS = "/srv/kubelet.conf.d"


@pytest.fixture(scope="module")
def impossible(cluster: Cluster) -> tuple[Run, set[str]]:
    """A run with scheduler arguments that the scheduler itself refuses, and the containers that it touched."""
    before = containers(cluster.lab)
    refused = {"leader-elect-lease-duration": "1s", "leader-elect-renew-deadline": "9s"}
    cluster.operator.edit(lambda config: config["services"].update(scheduler={"extra_args": refused}))
    run = cluster.operator.up(status=1)
    cluster.operator.edit(lambda config: config["services"].pop("scheduler"))
    return run, touched(before, containers(cluster.lab))


def test_the_old_container_of_a_refused_change_runs_again(cluster: Cluster, impossible: tuple[Run, set[str]]) -> None:
    assert "old-kube-scheduler" not in cluster.lab.containers("n1")
    (scheduler,) = cluster.lab.inspect("n1", "kube-scheduler")
    assert scheduler["State"]["Running"]
    assert scheduler["HostConfig"]["RestartPolicy"]["Name"] == "always"
    assert not any("lease-duration" in argument for argument in scheduler["Args"])


def test_the_failure_names_host_and_component_and_shows_its_last_words(impossible: tuple[Run, set[str]]) -> None:
    run, _ = impossible
    (failure,) = run.error["failures"]
    assert (failure["type"], failure["where"]) == ("ProofFailed", "n1")
    assert "kube-scheduler" in failure["what"]
    assert "put back" in failure["what"]
    assert any("leaseDuration" in line or "lease" in line.lower() for line in failure["evidence"])
    assert "docker logs kube-scheduler" in failure["hint"]


def test_the_run_stops_at_the_first_control_plane_host(impossible: tuple[Run, set[str]]) -> None:
    _, changed = impossible
    assert changed == {"n1/kube-scheduler"}


def test_after_a_put_back_there_is_nothing_to_do_for_the_old_cluster_yml(
    cluster: Cluster, impossible: tuple[Run, set[str]]
) -> None:
    assert cluster.operator.up().changed == 0


def test_an_image_that_does_not_exist_leaves_the_old_container_running(cluster: Cluster) -> None:
    before = containers(cluster.lab)
    missing = "registry.lab:5000/kube-scheduler:v0.0.0"
    kept = cluster.operator.config["system_images"]["kube_scheduler"]
    cluster.operator.edit(lambda config: config["system_images"].update(kube_scheduler=missing))
    run = cluster.operator.up(status=1)
    cluster.operator.edit(lambda config: config["system_images"].update(kube_scheduler=kept))
    assert touched(before, containers(cluster.lab)) == set()
    assert run.faults
    assert all(missing in fault["what"] for fault in run.faults)


@pytest.fixture(scope="module")
def broken_worker(cluster: Cluster) -> Iterator[Run]:
    """A change that works on every host but the worker, where a port is taken."""
    arguments = cluster.operator.config["services"]["kubeproxy"]["extra_args"]
    change = {"metrics-bind-address": f"127.0.0.1:{_PORT}", "bind-address-hard-fail": "true"}
    cluster.operator.edit(lambda _: arguments.update(change))
    with cluster.lab.listening(WORKER, _PORT):
        run = cluster.operator.up(status=3)
    cluster.operator.edit(lambda _: [arguments.pop(name) for name in change])
    yield run
    cluster.operator.up()


def test_a_worker_that_fails_does_not_fail_the_others(cluster: Cluster, broken_worker: Run) -> None:
    for host in ("n1", "n2", "n3"):
        (proxy,) = cluster.lab.inspect(host, "kube-proxy")
        assert f"--metrics-bind-address=127.0.0.1:{_PORT}" in proxy["Args"], host


def test_the_failed_worker_keeps_its_old_container_and_is_named(cluster: Cluster, broken_worker: Run) -> None:
    (proxy,) = cluster.lab.inspect(WORKER, "kube-proxy")
    assert proxy["State"]["Running"]
    assert f"--metrics-bind-address=127.0.0.1:{_PORT}" not in proxy["Args"]
    assert broken_worker.error["type"] == "WorkersFailed"
    (failure,) = broken_worker.error["failures"]
    assert failure["where"] == WORKER
    assert any("address already in use" in line for line in failure["evidence"])


@pytest.mark.long
def test_a_kubelet_that_fails_on_one_worker_is_put_back(cluster: Cluster) -> None:
    """It reads settings of its own on every host; on the worker they are not what it understands."""
    for host in ALL:
        cluster.lab.run(host, "mkdir", "-p", _SETTINGS)
    cluster.lab.shell(WORKER, f"echo 'no: {{settings' > {_SETTINGS}/broken.conf")
    before = containers(cluster.lab)[f"{WORKER}/kubelet"].split()[0]
    cluster.operator.edit(lambda config: config["services"].update(kubelet={"extra_args": {"config-dir": _SETTINGS}}))
    run = cluster.operator.up(status=3)
    cluster.operator.edit(lambda config: config["services"].pop("kubelet"))
    (failure,) = run.error["failures"]
    assert any(_SETTINGS in line for line in failure["evidence"])
    assert containers(cluster.lab)[f"{WORKER}/kubelet"].split()[0] == before
    cluster.kubectl.wait_nodes(WORKER)  # it went silent meanwhile, and its next report makes it Ready again
    cluster.operator.up()
    for host in ALL:
        cluster.lab.run(host, "rm", "-r", _SETTINGS)

"""Hosts that reboot or lose power come back by themselves; what a reboot interrupted is mended by the next ``up``."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from .cluster import Cluster, assert_well
from .kubectl import Kubectl
from .lab import ALL, WORKER
from .pods import SERVE, on_every_host, service, spec
from .waiting import until

pytestmark = pytest.mark.lab

_READY = {"readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1}}


@pytest.fixture(scope="module")
def workload(kubectl: Kubectl) -> Iterator[None]:
    """A server on the worker behind a Service, and a client on every host."""
    server = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": spec("web", host=WORKER, script=SERVE, container=_READY),
            },
        },
    }
    objects = (server, service("web"), on_every_host("client"))
    kubectl.apply(*objects)
    kubectl("rollout", "status", "deployment/web", "--timeout=180s")
    kubectl("rollout", "status", "daemonset/client", "--timeout=180s")
    yield
    kubectl.delete(*objects)


def _assert_back(cluster: Cluster, *rebooted: str) -> None:
    """Assert that hosts came back without rke-py: nodes freshly Ready, pods there, the Service served and reached."""
    for host in rebooted:
        until(partial(_fresh, cluster, host), f"{host} is Ready since its kubelet started", seconds=240)
    for host in ALL:
        until(partial(_reaches_web, cluster.kubectl, host), f"a pod on {host} reaches the Service", seconds=240)


def _fresh(cluster: Cluster, host: str) -> bool:
    """Tell whether the node reported itself Ready after its kubelet started."""
    (kubelet,) = cluster.lab.inspect(host, "kubelet")
    began = datetime.fromisoformat(kubelet["State"]["StartedAt"][:19] + "+00:00")
    lease = cluster.kubectl.object("lease", "--namespace", "kube-node-lease", host)
    renewed = datetime.fromisoformat(lease["spec"]["renewTime"].replace("Z", "+00:00"))
    return renewed > began and host in cluster.kubectl.ready_nodes()


def _reaches_web(kubectl: Kubectl, host: str) -> bool:
    selector = ("-l", "app=client", "--field-selector", f"spec.nodeName={host}")
    (client,) = kubectl.items("pods", *selector)
    return kubectl.shell(client["metadata"]["name"], "curl -sS --fail --max-time 5 http://web").startswith("web")


def test_a_worker_that_reboots_comes_back_by_itself(cluster: Cluster, workload: None) -> None:
    cluster.lab.reboot(WORKER)
    _assert_back(cluster, WORKER)


def test_a_host_of_the_control_plane_and_etcd_that_reboots_comes_back_by_itself(
    cluster: Cluster, workload: None
) -> None:
    cluster.lab.reboot("n2")
    _assert_back(cluster, "n2")


def test_all_hosts_come_back_after_a_power_cut(cluster: Cluster, workload: None) -> None:
    cluster.lab.kill(*ALL)
    cluster.lab.start(*ALL)
    _assert_back(cluster, *ALL)


def test_after_all_this_up_finds_nothing_to_do(cluster: Cluster) -> None:
    assert cluster.operator.up().changed == 0


def test_a_host_that_reboots_in_the_middle_of_a_replacement_is_mended_by_the_next_up(cluster: Cluster) -> None:
    """The new scheduler never becomes healthy, so that rke-py and the host are caught between old and new for sure."""
    lab, operator = cluster.lab, cluster.operator
    refused = {"leader-elect-lease-duration": "1s", "leader-elect-renew-deadline": "9s"}
    operator.edit(lambda config: config["services"].update(scheduler={"extra_args": refused}))
    with operator.begin("up", "--yes") as run:
        until(
            lambda: {"kube-scheduler", "old-kube-scheduler"} <= set(lab.containers("n1")), "both are there", seconds=60
        )
        os.killpg(run.pid, signal.SIGKILL)
    lab.reboot("n1")
    (old,) = lab.inspect("n1", "old-kube-scheduler")
    assert not old["State"]["Running"], "Docker started both"

    operator.edit(lambda config: config["services"].pop("scheduler"))
    operator.up()
    assert_well(operator, cluster.kubectl)
    (scheduler,) = lab.inspect("n1", "kube-scheduler")
    assert not any("lease-duration" in argument for argument in scheduler["Args"])


@pytest.fixture(scope="module")
def emptied(cluster: Cluster) -> Mapping[str, Any]:
    """A member of etcd whose data is lost while its host is down, after the host came back."""
    lab, before = cluster.lab, _member_ids(cluster)
    lab.docker("n3", "stop", "etcd")
    lab.shell("n3", "rm -rf /var/lib/etcd/member")
    lab.reboot("n3")
    until(lambda: lab.inspect("n3", "etcd")[0]["RestartCount"] > 1, "etcd refuses to start", seconds=60)
    return before


def test_a_member_of_etcd_without_data_never_begins_a_cluster_of_its_own(
    cluster: Cluster, emptied: Mapping[str, Any]
) -> None:
    assert _member_ids(cluster) == emptied
    assert not cluster.lab.succeeds("n3", "sh", "-c", "ls /var/lib/etcd/member/wal/*.wal")
    status = cluster.operator.run("status")
    assert status.status == 1
    assert "etcd-n3" in status.out


def test_the_next_up_lets_a_member_that_lost_its_data_join_again(cluster: Cluster, emptied: Mapping[str, Any]) -> None:
    cluster.operator.up()
    now = _member_ids(cluster)
    assert now.keys() == emptied.keys()
    assert {name for name in now if now[name] != emptied[name]} == {"etcd-n3"}
    assert_well(cluster.operator, cluster.kubectl)


def _member_ids(cluster: Cluster) -> Mapping[str, str]:
    lines = cluster.lab.docker("n1", "exec", "etcd", "etcdctl", "member", "list").splitlines()
    return {cells[2].strip(): cells[0].strip() for cells in (line.split(",") for line in lines)}

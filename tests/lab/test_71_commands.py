"""The commands beside ``up``, on a cluster that runs."""

from __future__ import annotations

import json
import os
import signal
import stat

import pytest
import yaml

from .cluster import Cluster
from .lab import ALL, FULL
from .waiting import until

pytestmark = pytest.mark.lab


def test_status_shows_a_table_of_hosts_and_members(cluster: Cluster) -> None:
    shown = cluster.operator.run("status")
    assert shown.status == 0, shown.explained()
    rows = {line.split()[0]: line for line in shown.out.splitlines() if line.strip()}
    assert all("Ready" in rows[host] for host in ALL)
    assert all("healthy" in rows[f"etcd-{host}"] for host in FULL)
    assert "7/7 healthy" in rows["n1"]
    assert "3/3 healthy" in rows["n4"]


def test_status_tells_programs_the_same(cluster: Cluster) -> None:
    found = json.loads(cluster.operator.run("status", "--output", "json").out)
    assert found["healthy"] is True
    assert {host["name"]: host["ready"] for host in found["hosts"]} == dict.fromkeys(ALL, True)
    assert {member["name"] for member in found["etcd"]} == {f"etcd-{host}" for host in FULL}
    assert all(component["healthy"] for host in found["hosts"] for component in host["components"])


def test_status_names_a_component_that_does_not_run_and_ends_with_status_1(cluster: Cluster) -> None:
    cluster.lab.docker("n4", "stop", "kube-proxy")
    shown = cluster.operator.run("status")
    cluster.lab.docker("n4", "start", "kube-proxy")
    assert shown.status == 1
    assert "n4: kube-proxy is exited, not healthy" in shown.out


def test_plan_ends_with_status_0_when_there_is_nothing_to_do(cluster: Cluster) -> None:
    shown = cluster.operator.run("plan", "--detailed-exitcode")
    assert shown.status == 0, shown.explained()
    assert "nothing to do" in shown.out


def test_plan_ends_with_status_4_when_there_is_something_to_do(cluster: Cluster) -> None:
    cluster.operator.edit(lambda config: config["services"].update(kubelet={"extra_args": {"v": "3"}}))
    shown = cluster.operator.run("plan", "--detailed-exitcode")
    cluster.operator.edit(lambda config: config["services"].pop("kubelet"))
    assert shown.status == 4, shown.explained()
    assert "replace kubelet" in shown.out


def test_kubeconfig_is_printed_for_the_address_of_a_load_balancer(cluster: Cluster) -> None:
    shown = cluster.operator.run("kubeconfig", "--server", "https://lb.example:6443")
    assert yaml.safe_load(shown.out)["clusters"][0]["cluster"]["server"] == "https://lb.example:6443"


def test_a_lost_kubeconfig_is_written_again(cluster: Cluster) -> None:
    before = cluster.operator.kubeconfig.read_text()
    cluster.operator.kubeconfig.unlink()
    assert cluster.operator.run("kubeconfig", "--write").status == 0
    assert cluster.operator.kubeconfig.read_text() == before
    assert stat.S_IMODE(cluster.operator.kubeconfig.stat().st_mode) == 0o600


def test_version_tells_what_the_nodes_run(cluster: Cluster) -> None:
    found = json.loads(cluster.operator.run("version", "--output", "json").out)
    assert found["nodes"] == dict.fromkeys(ALL, cluster.operator.config["kubernetes_version"])


def test_validate_accepts_the_file_of_the_cluster(cluster: Cluster) -> None:
    assert cluster.operator.run("config", "validate").status == 0


def test_a_second_run_at_the_same_time_is_refused_and_told_who_runs(cluster: Cluster) -> None:
    with cluster.operator.begin("up", "--yes", "--output", "json") as first:
        holder = cluster.operator.folder / "cluster.rkestate.holder"
        until(holder.exists, "the first run holds the state", seconds=30)
        os.kill(first.pid, signal.SIGSTOP)
        second = cluster.operator.run("up", "--yes")
        os.kill(first.pid, signal.SIGCONT)
        assert first.wait(120) == 0
    assert second.status == 1
    assert f"process {first.pid}" in second.err


def test_containers_keep_a_bounded_log(cluster: Cluster) -> None:
    for host in ALL:
        for container in cluster.lab.inspect(host):
            options = container["HostConfig"]["LogConfig"]["Config"]
            assert options == {"max-file": "5", "max-size": "20m"}, container["Name"]

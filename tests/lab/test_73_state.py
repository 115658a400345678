"""The state of a real cluster, lost and found again; who holds the cluster; and status, again and again."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest

from .cluster import CONTROL_PLANE, Cluster
from .lab import ALL
from .waiting import until

pytestmark = pytest.mark.lab

ISSUED_AGAIN = {"kube-admin", "kube-etcd-operator", "kube-metrics-server", "kube-api-proxy", "kube-ingress-webhook"}
"""Certificates that no host has as files of their own."""


@pytest.fixture
def kept(cluster: Cluster) -> Iterator[bytes]:
    """The state as it was; put back at the end, and told to the cluster."""
    content = cluster.operator.state_file.read_bytes()
    yield content
    cluster.operator.state_file.write_bytes(content)
    assert cluster.operator.run("state", "push", "--force").status == 0
    assert cluster.operator.up().changed == 0


def test_a_lost_state_is_found_in_the_cluster(cluster: Cluster, kept: bytes) -> None:
    before = cluster.operator.state
    cluster.operator.state_file.unlink()
    done = cluster.operator.run("state", "recover")
    assert done.status == 0, done.explained()
    assert done.out.count("kube-ca signed what the kube-apiserver of") == 3, done.out
    assert "its cluster id is" in done.out
    after = cluster.operator.state
    changed = {name for name, one in after.bundle.items() if one.certificate != before.bundle[name].certificate}
    assert changed <= ISSUED_AGAIN
    assert (after.etcd, after.lineage) == (before.etcd, before.lineage)


@pytest.mark.long
def test_without_any_credential_too(cluster: Cluster, kept: bytes) -> None:
    kubeconfig = cluster.operator.kubeconfig.read_bytes()
    cluster.operator.state_file.unlink()
    cluster.operator.kubeconfig.unlink()
    done = cluster.operator.run("state", "recover", "--from", "copy", "--output", "json")
    cluster.operator.kubeconfig.write_bytes(kubeconfig)
    assert done.status == 0, done.explained()
    assert json.loads(done.out)["source"] == "copy"


@pytest.mark.long
def test_the_files_of_hosts_give_a_state_that_signs_in_everywhere(cluster: Cluster, kept: bytes) -> None:
    before = cluster.operator.state
    cluster.operator.state_file.unlink()
    done = cluster.operator.run("state", "recover", "--from", "hosts", "--output", "json")
    assert done.status == 0, done.explained()
    found = json.loads(done.out)
    assert found["lost"] == ["kube-etcd-ca", "kube-apiserver-requestheader-ca"]
    assert found["proof"]["broken"] == []
    assert cluster.operator.state.etcd.cluster_id == before.etcd.cluster_id
    assert cluster.operator.run("status").status == 0


@pytest.mark.long
def test_an_older_state_is_refused_and_the_newer_one_pulled(cluster: Cluster) -> None:
    older = cluster.operator.state_file.read_bytes()
    cluster.operator.edit(lambda config: config.update(addons="---\n"))
    cluster.operator.up()
    cluster.operator.state_file.write_bytes(older)
    refused = cluster.operator.up(status=1)
    assert "is older than the copy in the cluster" in refused.error["what"]
    assert cluster.operator.run("util", "get-state-file").status == 0
    cluster.operator.edit(lambda config: config.pop("addons"))
    cluster.operator.up()


@pytest.mark.long
def test_who_holds_the_cluster_is_shown_while_a_run_changes_it(cluster: Cluster) -> None:
    operator = cluster.operator
    cluster.lab.docker("n4", "stop", "kube-proxy")
    holder = operator.folder / "cluster.rkestate.holder"
    with operator.begin("up", "--yes", "--output", "json") as run:
        until(holder.exists, "the run holds the state", seconds=30)
        shown = operator.run("unlock", "--output", "json")
        run.wait(120)
    assert f"process {run.pid}" in json.loads(shown.out)["file"]
    assert operator.run("unlock").status == 0


@pytest.mark.long
def test_status_is_shown_again_and_again_until_it_is_stopped(cluster: Cluster) -> None:
    with cluster.operator.begin("status", "--watch", "--interval", "1", "--output", "json") as run:
        assert run.stdout is not None
        seen = [json.loads(run.stdout.readline()) for _ in range(2)]
        run.send_signal(signal.SIGINT)
        run.stdout.read()
        assert run.wait(30) == 0
    assert seen[0]["at"] < seen[1]["at"]
    assert [host["name"] for host in seen[0]["hosts"]] == list(ALL)
    assert all(one["healthy"] for host in seen[1]["hosts"] for one in host["components"])
    assert CONTROL_PLANE[0] in {one["name"] for one in seen[1]["hosts"][0]["components"]}
    assert seen[1]["drift"] == {"steps": [], "refused": [], "unknown": ""}

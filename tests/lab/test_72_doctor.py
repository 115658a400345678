"""What ``doctor`` finds on real hosts: each thing is broken, found by its own check, and mended again.

Clocks have no namespace, and the kernel's table of connections is this machine's own: those causes are found on the
simulated fleet only.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from .breaking import cri_disabled, disk_full
from .cluster import Cluster, assert_well
from .ended import ended_certificate
from .lab import SMALL_DISK, WORKER
from .waiting import until

pytestmark = pytest.mark.lab

VXLAN = ("-p", "udp", "--dport", "8472", "-j", "DROP")
PROXY_RULES = "iptables-save -t nat | grep -v -- '-A KUBE-SERVICES' | iptables-restore -T nat"


def diagnosis(cluster: Cluster) -> Mapping[str, Any]:
    """Run doctor and return what it says."""
    done = cluster.operator.run("doctor", "--output", "json")
    assert done.status in (0, 1), done.explained()
    said: Mapping[str, Any] = json.loads(done.out)
    assert done.status == (0 if said["healthy"] else 1)
    return said


def causes(said: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return check and place of every cause; how fast this machine's disk is depends on who else uses it."""
    found = (one for one in said["findings"] if not one["warning"] and one["check"] != "etcd-latency")
    return {(one["check"], one["where"]) for one in found}


@pytest.fixture(scope="module", autouse=True)
def well_again(cluster: Cluster) -> Iterator[None]:
    """Leave the cluster as it was found."""
    yield
    cluster.operator.up()
    assert_well(cluster.operator, cluster.kubectl)


def test_nothing_is_found_at_rest(cluster: Cluster) -> None:
    until(lambda: causes(diagnosis(cluster)) == set(), "nothing is found", seconds=120)


@contextmanager
def no_names(cluster: Cluster) -> Iterator[None]:
    """Take every pod of the cluster's DNS away."""
    kubectl = cluster.kubectl
    kubectl("-n", "kube-system", "scale", "deployment", "coredns", "--replicas=0")
    gone = "no pod of DNS"
    until(lambda: not kubectl.items("pods", "-n", "kube-system", "-l", "k8s-app=kube-dns"), gone, seconds=60)
    try:
        yield
    finally:
        kubectl("-n", "kube-system", "scale", "deployment", "coredns", "--replicas=1")


@contextmanager
def no_overlay(cluster: Cluster, host: str) -> Iterator[None]:
    """Let a host take no packet of the pod network."""
    cluster.lab.run(host, "iptables", "-I", "INPUT", *VXLAN)
    try:
        yield
    finally:
        cluster.lab.run(host, "iptables", "-D", "INPUT", *VXLAN)


@contextmanager
def small_mtu(cluster: Cluster, host: str) -> Iterator[None]:
    """Let a host take only small packets, as one whose cable to the others goes through a tunnel."""
    rule = ("-p", "udp", "--dport", "8472", "-m", "length", "--length", "1400:65535", "-j", "DROP")
    cluster.lab.run(host, "iptables", "-I", "INPUT", *rule)
    try:
        yield
    finally:
        cluster.lab.run(host, "iptables", "-D", "INPUT", *rule)


@contextmanager
def no_services(cluster: Cluster, host: str) -> Iterator[None]:
    """Stop kube-proxy and take its rules away."""
    cluster.lab.docker(host, "stop", "kube-proxy")
    cluster.lab.shell(host, PROXY_RULES)
    try:
        yield
    finally:
        cluster.lab.docker(host, "start", "kube-proxy")


@contextmanager
def moved(cluster: Cluster, host: str, path: str) -> Iterator[None]:
    """Take a file of a host away."""
    cluster.lab.run(host, "mv", path, f"{path}.away")
    try:
        yield
    finally:
        cluster.lab.run(host, "mv", f"{path}.away", path)


@contextmanager
def stopped(cluster: Cluster, host: str, container: str) -> Iterator[None]:
    """Stop a container."""
    cluster.lab.docker(host, "stop", container)
    try:
        yield
    finally:
        cluster.lab.docker(host, "start", container)


def test_every_cause_is_found_by_its_own_check(cluster: Cluster) -> None:
    with ExitStack() as broken:
        broken.enter_context(no_names(cluster))
        broken.enter_context(stopped(cluster, WORKER, "kubelet"))
        broken.enter_context(stopped(cluster, "n1", "kube-scheduler"))
        broken.enter_context(no_overlay(cluster, "n2"))
        broken.enter_context(small_mtu(cluster, "n3"))
        broken.enter_context(no_services(cluster, WORKER))
        broken.enter_context(moved(cluster, "n3", "/opt/cni/bin/loopback"))
        broken.enter_context(moved(cluster, "n3", "/etc/kubernetes/ssl/kube-proxy.pem"))
        broken.enter_context(disk_full(cluster.lab, WORKER, SMALL_DISK))
        not_ready = f"{WORKER} is not Ready"
        until(lambda: WORKER not in cluster.kubectl.ready_nodes(), not_ready, seconds=90)
        found = causes(diagnosis(cluster))
    assert found >= {
        ("components", WORKER),
        ("components", "n1"),
        ("node", WORKER),
        ("dns", ""),
        ("overlay", "n2"),
        ("mtu", "n3"),
        ("kube-proxy", WORKER),
        ("network-plugin", "n3"),
        ("files", "n3"),
        ("disk", WORKER),
    }, found


def test_mended_nothing_is_found_again(cluster: Cluster) -> None:
    cluster.operator.up()
    until(lambda: causes(diagnosis(cluster)) == set(), "nothing is found", seconds=180)


@contextmanager
def failing_pod(cluster: Cluster) -> Iterator[None]:
    """Let the pod that measures do something else than it should."""
    name = ("--namespace", "kube-system", "deployment/metrics-server")
    patch = [{"op": "replace", "path": "/spec/template/spec/containers/0/args", "value": ["--no-such-flag"]}]
    cluster.kubectl("patch", *name, "--type=json", "--patch", json.dumps(patch))
    try:
        yield
    finally:
        cluster.operator.up()


@contextmanager
def slow_writes(cluster: Cluster, host: str) -> Iterator[None]:
    """Let every write of an etcd member take a third of a second."""
    cluster.lab.slow_disk(host, 300)
    try:
        yield
    finally:
        cluster.lab.slow_disk(host, 0)


@contextmanager
def over(cluster: Cluster, host: str, path: str) -> Iterator[None]:
    """Put a certificate that has ended in the place of one."""
    with moved(cluster, host, path):
        cluster.lab.run(host, "sh", "-c", f"cat > {path}", stdin=ended_certificate())
        yield


@pytest.mark.long
def test_a_pod_of_an_addon_that_fails_is_found(cluster: Cluster) -> None:
    def found() -> bool:
        return any(check == "pods" and "/metrics-server" in where for check, where in causes(diagnosis(cluster)))

    with failing_pod(cluster):
        until(found, "the pod is found", seconds=240)


@pytest.mark.long
def test_an_ended_certificate_a_slow_disk_and_a_runtime_without_cri_are_found(cluster: Cluster) -> None:
    wanted = {("certificates", "n2"), ("etcd-latency", "n3"), ("runtime", WORKER)}
    with ExitStack() as broken:
        broken.enter_context(over(cluster, "n2", "/etc/kubernetes/ssl/kube-proxy.pem"))
        broken.enter_context(slow_writes(cluster, "n3"))
        broken.enter_context(cri_disabled(cluster.lab, WORKER))
        found = {(one["check"], one["where"]) for one in diagnosis(cluster)["findings"]}
    assert found >= wanted, found


@pytest.mark.long
def test_etcd_ports_and_a_host_that_is_away(cluster: Cluster) -> None:
    with ExitStack() as broken:
        broken.enter_context(stopped(cluster, "n3", "etcd"))
        broken.enter_context(cluster.lab.partitioned("n2", WORKER))
        found = causes(diagnosis(cluster))
        assert found >= {("etcd", "etcd-n3"), ("ports", "n2"), ("overlay", "n2")}, found
    with ExitStack() as broken:
        broken.callback(cluster.lab.start, WORKER)
        cluster.lab.kill(WORKER)
        assert ("hosts", WORKER) in causes(diagnosis(cluster))


def test_a_bundle_for_helpers_has_no_secret(cluster: Cluster) -> None:
    path = cluster.operator.folder / "bundle.tar.gz"
    assert cluster.operator.run("support-bundle", "--file", str(path)).status == 0
    text = _text(path)
    keys = [credential.key.get_secret_value() for credential in cluster.operator.state.bundle.values()]
    lines = {line for key in keys for line in key.splitlines() if line and "-----" not in line}
    assert [line for line in lines if line in text] == []
    assert "kube-apiserver" in text


def _text(path: Path) -> str:
    with tarfile.open(path) as archive:
        files = filter(None, map(archive.extractfile, archive.getmembers()))
        return "\n".join(file.read().decode() for file in files)

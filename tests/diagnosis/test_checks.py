"""What each check makes of what was seen, beside what whole simulated clusters show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from rke_py.cluster.model import ExternalEtcd
from rke_py.diagnosis.checks import diagnose
from rke_py.diagnosis.model import Echo, Examined, Finding, Health
from rke_py.plan.components.etcd import peer_url
from rke_py.plan.observed import DeepFacts, Observed, ObservedHost, ObservedNode, ObservedPod
from rke_py.plan.observed_etcd import EtcdDisk, EtcdMember, ExternalMember, ObservedEtcd
from rke_py.state.model import State
from rke_py.workflows.loading import load_cluster

TEXT = """\
nodes:
  - {address: 10.0.0.1, hostname_override: n1, user: root, role: [etcd, controlplane, worker]}
  - {address: 10.0.0.2, hostname_override: n2, user: root, role: [worker]}
network: {plugin: flannel}
"""
CLUSTER = load_cluster(Path("cluster.yml"), text=TEXT).cluster
NAMES = ("n1", "n2")
MEMBER = EtcdMember(
    id="a", name="etcd-n1", peer_urls=(peer_url(CLUSTER.hosts[0]),), healthy=True, leader=True, raft_index=9000
)
NODES = {name: ObservedNode(name=name, ready=True) for name in NAMES}
PODS = (
    *(ObservedPod(namespace="kube-system", name=f"f-{n}", app="flannel", node=n, ready=True) for n in NAMES),
    ObservedPod(namespace="kube-system", name="coredns", app="kube-dns", node="n1", ready=True),
)
OBSERVED = Observed(
    hosts={name: ObservedHost(name=name, deep=DeepFacts(cri=True)) for name in NAMES},
    etcd=ObservedEtcd(cluster_id="c", members=(MEMBER,)),
    api=True,
    nodes=NODES,
)
WELL = Examined(
    cluster=CLUSTER, state=State(lineage="a"), now=datetime(2026, 11, 21, tzinfo=UTC), observed=OBSERVED, pods=PODS
)


def seen(**observed: Any) -> dict[str, Any]:
    return {"observed": replace(OBSERVED, **observed)}


def members(*every: EtcdMember) -> dict[str, Any]:
    return seen(etcd=ObservedEtcd(cluster_id="c", members=every))


def deep(**facts: Any) -> dict[str, Any]:
    return seen(hosts={**OBSERVED.hosts, "n2": ObservedHost(name="n2", deep=DeepFacts(cri=True, **facts))})


def found(change: dict[str, Any]) -> tuple[Finding, ...]:
    return diagnose(replace(WELL, **change))


def test_of_a_cluster_that_is_well_there_is_nothing_to_say() -> None:
    assert found({}) == ()


FAST, SLOW = EtcdDisk(syncs=100, sync_seconds=0.2), EtcdDisk(syncs=110, sync_seconds=3.2)
OTHER = replace(MEMBER, id="b", name="etcd-n9", peer_urls=("https://10.0.0.9:2380",), leader=False)
PRESSED = replace(NODES["n2"], troubles=("DiskPressure: KubeletHasDiskPressure",))
KILLED = Health(host="n2", name="kubelet", container="exited", healthy=False, exit_code=137, last_lines=("bye",))


@pytest.mark.parametrize(
    ("change", "check", "where", "cause"),
    [
        (members(replace(MEMBER, healthy=False, leader=False)), "etcd", "", "etcd has no leader"),
        (members(replace(OTHER, leader=True)), "etcd", "n1", "it is no member of etcd"),
        (members(MEMBER, replace(OTHER, raft_index=10)), "etcd", "etcd-n9", "this etcd member lags"),
        (members(replace(MEMBER, alarms=("NOSPACE",))), "etcd", "etcd-n1", "etcd raised the alarm NOSPACE"),
        (members(), "etcd", "", "no etcd member answers, so no API server works"),
        ({"disks": {"n1": (FAST, SLOW)}}, "etcd-latency", "n1", "a write of its log takes 300 ms"),
        ({"health": (KILLED,)}, "components", "n2", "out of memory"),
        (seen(nodes={"n1": NODES["n1"]}), "node", "n2", "the node is not registered"),
        (seen(nodes={**NODES, "n2": PRESSED}), "node", "n2", "Ready but in trouble"),
        ({"pods": PODS[:1] + PODS[2:]}, "network-plugin", "n2", "flannel does not work on this node"),
        ({"pods": PODS[:2]}, "dns", "", "no pod of the cluster's DNS is ready"),
        ({"names": {"n1": "", "n2": "timed out"}}, "dns", "n2", "does not answer from here"),
        ({"services": {"n1": "open", "n2": "timed out"}}, "kube-proxy", "n2", "Services do not work"),
        ({"echoes": (Echo(source="n1", target="n2", small=False, large=False),)}, "overlay", "n2", "do not reach"),
        ({"echoes": (Echo(source="n1", target="n2", small=True, large=False),)}, "mtu", "n2", "large packets"),
        (deep(conntrack=99, conntrack_max=100), "conntrack", "n2", "99% full"),
        (deep(cni_outdated=("bridge",)), "network-plugin", "n2", "CNI programs"),
    ],
)
def test_what_was_seen_has_a_cause(change: dict[str, Any], check: str, where: str, cause: str) -> None:
    hits = [one for one in found(change) if (one.check, one.where) == (check, where) and cause in one.cause]
    assert len(hits) == 1, found(change)
    assert hits[0].remedy
    assert not hits[0].warning


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"disks": {"n1": (FAST, EtcdDisk(syncs=200, sync_seconds=5.2))}}, id="a disk that is rather slow"),
        pytest.param(deep(conntrack=80, conntrack_max=100), id="a table that fills"),
    ],
)
def test_what_does_no_harm_yet_is_a_warning(change: dict[str, Any]) -> None:
    assert [one.warning for one in found(change)] == [True]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"services": {"n2": "not checked"}, "names": {}}, id="sshd forbids it"),
        pytest.param({"disks": {"n1": (FAST, FAST)}}, id="nothing was written"),
        pytest.param({**seen(api=False, nodes={}), "pods": ()}, id="without an API nothing is known of nodes"),
    ],
)
def test_what_could_not_be_tried_is_no_cause(change: dict[str, Any]) -> None:
    assert found(change) == ()


def test_slow_writes_of_long_ago_count_where_nothing_was_written_since() -> None:
    past = EtcdDisk(syncs=10, sync_seconds=5.0)
    assert [one.check for one in found({"disks": {"n1": (past, past)}})] == ["etcd-latency"]


def test_an_etcd_of_the_owners_own_is_judged_from_the_control_plane() -> None:
    theirs = ExternalEtcd(urls=("https://10.9.9.9:2379",), path="/x", ca_cert="", cert="", key=SecretStr(""))
    away = ExternalMember(host="n1", url="https://10.9.9.9:2379", fault="connection refused")
    change = {**seen(etcd=ObservedEtcd(), external_etcd=(away,)), "cluster": replace(CLUSTER, external_etcd=theirs)}
    assert [(one.check, one.where, one.evidence) for one in found(change)] == [("etcd", "n1", ("connection refused",))]

"""What tells RKE's containers from ours, by the ones that RKE made and those that are wanted in their place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rke_py.pki.etcd_access import etcd_access
from rke_py.pki.migration import with_etcd_authority
from rke_py.pki.model import Credential
from rke_py.plan.containers import FoundContainer, RunningCheck, Status
from rke_py.plan.migration import as_it_runs, kubelet_of_rke, node_of_rke, of_rke
from rke_py.plan.node import containers
from rke_py.plan.observed import ObservedHost
from rke_py.transport.container_json import found_container

MADE = Path(__file__).parent / "made"
OF_RKE = [found_container(one, ()) for one in json.loads((MADE / "inspect-r1.json").read_text())]


def ours(cluster, host) -> dict[str, FoundContainer]:
    specs = containers(cluster, host, "t", None)
    return {s.name: FoundContainer(id="i", spec=s, status=Status.RUNNING, image_id="i") for s in specs}


@pytest.mark.parametrize("found", OF_RKE, ids=lambda found: found.name)
def test_all_that_rke_made_is_rkes_under_an_old_name_too(found: FoundContainer) -> None:
    assert of_rke(found)
    assert of_rke(replace(found, spec=replace(found.spec, name=f"old-{found.name}")))


def test_nothing_of_ours_is_rkes(make_cluster) -> None:
    cluster = make_cluster()
    for host in cluster.hosts:
        assert not any(map(of_rke, ours(cluster, host).values()))


def test_a_node_is_rkes_as_long_as_anything_of_it_is_there(make_cluster) -> None:
    cluster = make_cluster()
    there = ours(cluster, cluster.hosts[0])
    made = {found.name: found for found in OF_RKE}
    assert not node_of_rke(ObservedHost(name="n1", containers=there))
    for name in ("service-sidekick", "kubelet", "kube-proxy"):
        aside = {**there, f"old-{name}": made[name]}
        assert node_of_rke(ObservedHost(name="n1", containers=aside))
        assert not kubelet_of_rke(ObservedHost(name="n1", containers=aside))
    others = {name: made[name] for name in ("etcd", "kube-apiserver", "kube-scheduler")}
    assert not node_of_rke(ObservedHost(name="n1", containers={**there, **others}))


def test_what_rke_left_is_asked_as_rke_asks_it(make_cluster) -> None:
    cluster = make_cluster()
    host = cluster.hosts[0]
    found = ObservedHost(name=host.name, containers={one.name: one for one in OF_RKE})
    specs = {spec.name: as_it_runs(cluster, host, found, spec) for spec in containers(cluster, host, "t", None)}
    assert specs["kube-scheduler"].check.self_signed
    assert specs["etcd"].check.address == host.internal_address
    assert specs["etcd-rolling-snapshots"].check == RunningCheck()
    mine = ObservedHost(name=host.name, containers=ours(cluster, host))
    assert all(as_it_runs(cluster, host, mine, found.spec) == found.spec for found in mine.containers.values())


def test_etcds_ca_is_the_clusters_until_a_rotation_makes_two(make_cluster) -> None:
    cluster = replace(make_cluster(), migrating=True)
    ca = Credential(name="kube-ca", certificate="c")
    made = with_etcd_authority(cluster, {"kube-ca": ca})
    assert made["kube-etcd-ca"] == replace(ca, name="kube-etcd-ca")
    assert with_etcd_authority(cluster, made) is made
    assert with_etcd_authority(make_cluster(), {"kube-ca": ca}) == {"kube-ca": ca}
    access = etcd_access(cluster, cluster.hosts[0])
    assert (access.address, access.ca) == (cluster.hosts[0].internal_address, "kube-ca")
    ours = replace(ca, name="kube-etcd-operator")
    assert access.client({"kube-node": ca, "kube-etcd-operator": ours}) == "kube-node"
    assert access.client({"kube-etcd-operator": ours}) == "kube-etcd-operator"

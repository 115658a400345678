"""A cluster goes from one minor release to the next, etcd with it, while it is used and the run is killed once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from .cluster import Cluster, assert_well
from .killing import drawn, killed_up
from .kubectl import Kubectl
from .lab import ALL, FULL, WORKER, Lab
from .operator import Operator, Run
from .operator import operator as make_operator
from .probe import Probe, Report

pytestmark = pytest.mark.lab

_OLD, _NEW = ("v1.33.13", "3.5.35"), ("v1.34.4", "3.6.16")
_COMPONENTS = ("kube_apiserver", "kube_controller_manager", "kube_scheduler", "kube_proxy", "kubelet")
_STEPS = 24
"""An upgrade of four hosts has a few more steps than that."""


@dataclass(frozen=True, slots=True)
class _Upgrade:
    """What was seen from the look at the new version to the end."""

    cluster: Cluster
    preview: Run
    report: Report
    second: Run


@pytest.fixture(scope="module")
def upgrade(lab: Lab, seed: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Upgrade]:
    """A cluster of four hosts that went from the older version to the newer one; removed at the end."""
    person = make_operator(lab, tmp_path_factory.mktemp("upgrade"))
    _write(person, _OLD[0], _OLD)
    made = person.up()
    kubectl = Kubectl(lab.kubectl, person.kubeconfig)
    kubectl.wait_nodes(*ALL)
    cluster = Cluster(person, kubectl, made)
    _write(person, _OLD[0], _NEW)
    preview = person.run("upgrade", "--to", _NEW[0])
    with Probe(cluster, servers=FULL, proxy=WORKER, service=("n3", WORKER)) as probe:
        _write(person, _NEW[0], _NEW)
        killed_up(person, drawn(random.Random(seed), _STEPS))
        person.up()
        kubectl.wait_nodes(*ALL)
    report = probe.report()
    probe.clean()
    yield _Upgrade(cluster=cluster, preview=preview, report=report, second=person.up())
    person.remove()


def test_the_way_is_shown_first(upgrade: _Upgrade) -> None:
    assert upgrade.preview.status == 0, upgrade.preview.explained()
    assert f"Kubernetes: {_OLD[0]} → {_NEW[0]}" in upgrade.preview.out
    assert f"etcd: {_OLD[1]} → registry.lab:5000/etcd:{_NEW[1]}" in upgrade.preview.out


def test_everything_runs_the_new_version_and_nothing_is_left_over(upgrade: _Upgrade) -> None:
    cluster = upgrade.cluster
    assert_well(cluster.operator, cluster.kubectl)
    kubelets = {node["status"]["nodeInfo"]["kubeletVersion"] for node in cluster.kubectl.items("nodes")}
    assert kubelets == {_NEW[0]}
    assert {cluster.lab.docker(host, "exec", "etcd", "etcd", "--version").split()[2] for host in FULL} == {_NEW[1]}


def test_nobody_noticed(upgrade: _Upgrade) -> None:
    assert upgrade.report.kept, upgrade.report


def test_afterwards_there_is_nothing_to_do(upgrade: _Upgrade) -> None:
    assert upgrade.second.changed == 0


def _write(person: Operator, version: str, images: tuple[str, str]) -> None:
    """Ask for a version, with the images that the lab has of Kubernetes and of etcd at these versions."""
    kubernetes, etcd = images
    tags = dict.fromkeys(_COMPONENTS, kubernetes) | {"etcd": etcd}

    def change(config: dict[str, Any]) -> None:
        named = config["system_images"]
        config["kubernetes_version"] = version
        config["system_images"] = named | {key: f"{named[key].rpartition(':')[0]}:{tag}" for key, tag in tags.items()}

    person.edit(change)

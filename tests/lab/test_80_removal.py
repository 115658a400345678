"""``remove`` leaves every host as it was found."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from .cluster import Cluster
from .lab import ALL, Lab
from .operator import Run
from .traces import Traces, differences, of_hosts

pytestmark = pytest.mark.lab

_SNAPSHOT = "/opt/rke/etcd-snapshots/yesterday"


@pytest.fixture(scope="module")
def removed(cluster: Cluster) -> Run:
    """The cluster of four hosts is taken away; one of them keeps an etcd snapshot."""
    cluster.lab.shell("n1", f"mkdir -p {_SNAPSHOT.rpartition('/')[0]} && echo data > {_SNAPSHOT}")
    return cluster.operator.agreed("remove")


def test_every_host_is_as_it_was_found(lab: Lab, removed: Run, as_found: Mapping[str, Traces]) -> None:
    after = of_hosts(lab, ALL)
    lab.shell("n1", "rm -r /opt/rke")
    assert [line for line in differences(as_found, after) if "/opt/rke" not in line] == []
    assert any(line.startswith(_SNAPSHOT) for line in after["n1"].files), "the snapshot is gone"


def test_the_state_is_kept_aside_and_the_kubeconfig_is_gone(cluster: Cluster, removed: Run) -> None:
    names = {path.name for path in cluster.operator.folder.iterdir()}
    assert "cluster.rkestate.removed" in names
    assert names.isdisjoint({"cluster.rkestate", "kube_config_cluster.yml"})


def test_to_remove_what_is_gone_already_is_no_fault(cluster: Cluster, removed: Run) -> None:
    assert cluster.operator.agreed("remove").status == 0

"""Disks of etcd that are lost, one and all, and restores that are killed: afterwards the old data or the new."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from . import s3
from .cluster import Cluster, assert_well
from .kubectl import Kubectl
from .lab import FULL, Lab
from .operator import operator as make_operator
from .pods import config_map
from .restoring import RESTORE, assert_old_or_new_though_killed, lose_data

pytestmark = [pytest.mark.lab, pytest.mark.long]

_SNAPSHOTS = "/opt/rke/etcd-snapshots"
_KILLS = 4
_LATEST = 32
"""The last step at whose begin or end a restore is killed: from then on an API server answers from the new data."""


@pytest.fixture(scope="module")
def cluster_of_three(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of three members beside an S3, with a snapshot in every place; removed at the end."""
    person = make_operator(lab, tmp_path_factory.mktemp("disks"), FULL, metrics=False)
    person.environment["RKE_PY_STATE_KEY"] = "a state key of the tests"
    with s3.serving(lab) as ca:
        backups = {"s3backupconfig": s3.settings(lab, ca)}
        person.edit(lambda config: config.setdefault("services", {}).update(etcd={"backup_config": backups}))
        made = person.up()
        kubectl = Kubectl(lab.kubectl, person.kubeconfig)
        kubectl.wait_nodes(*FULL)
        kubectl.apply(config_map("then", {"a": "1"}))
        done = person.run("etcd", "snapshot", "save", "--name", "monday")
        assert done.status == 0, done.explained()
        yield Cluster(person, kubectl, made)
        person.remove()


def test_one_lost_disk_is_mended_by_up(cluster_of_three: Cluster) -> None:
    lose_data(cluster_of_three.lab, FULL[2])
    cluster_of_three.operator.up()
    assert_well(cluster_of_three.operator, cluster_of_three.kubectl)


def test_all_disks_lost_and_the_state_too_with_only_s3_left(cluster_of_three: Cluster) -> None:
    person, kubectl = cluster_of_three.operator, cluster_of_three.kubectl
    authority = person.state.bundle["kube-ca"].certificate
    for name in FULL:
        lose_data(cluster_of_three.lab, name)
        cluster_of_three.lab.shell(name, f"rm -f {_SNAPSHOTS}/*")
    person.state_file.unlink()
    person.agreed(*RESTORE, f"s3://{s3.BUCKET}/lab/cluster/monday")
    person.up()
    assert person.state.bundle["kube-ca"].certificate == authority
    assert kubectl.object("configmap", "then")["data"] == {"a": "1"}
    assert_well(person, kubectl)


@pytest.mark.parametrize("number", range(_KILLS))
def test_a_restore_that_is_killed_ends_with_the_old_data_or_the_new(
    cluster_of_three: Cluster, seed: int, number: int
) -> None:
    assert_old_or_new_though_killed(cluster_of_three, "monday", random.Random(f"{seed} {number}"), _LATEST)
    cluster_of_three.kubectl.object("configmap", "then")

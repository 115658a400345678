"""One host carries a whole cluster, and afterwards nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from .cluster import assert_well
from .kubectl import Kubectl
from .lab import Lab
from .operator import Operator, Run
from .operator import operator as make_operator
from .traces import Traces, differences, of_hosts

pytestmark = pytest.mark.lab

_HOST = "n2"


@dataclass(frozen=True, slots=True)
class _Life:
    """What was seen from the first ``up`` to ``remove``."""

    operator: Operator
    before: Mapping[str, Traces]
    second: Run
    unasked: Run
    status: Run
    removed: Run


@pytest.fixture(scope="module")
def life(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> _Life:
    """A cluster of one host, from nothing to nothing."""
    person = make_operator(lab, tmp_path_factory.mktemp("single"), (_HOST,))
    before = of_hosts(lab, (_HOST,))
    person.up()
    assert_well(person, Kubectl(lab.kubectl, person.kubeconfig))
    return _Life(
        operator=person,
        before=before,
        second=person.up(),
        unasked=person.run("remove"),
        status=person.run("status"),
        removed=person.remove(),
    )


def test_a_second_run_on_one_host_finds_nothing_to_do(life: _Life) -> None:
    assert life.second.changed == 0


def test_remove_asks_and_goes_on_only_when_somebody_agrees(life: _Life) -> None:
    assert life.unasked.status == 1
    assert "not agreed to: This removes the cluster and all its data" in life.unasked.err
    assert "everything of the cluster, etcd's data and all pods" in life.unasked.err
    assert "--yes" in life.unasked.err


def test_a_cluster_that_nobody_agreed_to_remove_is_healthy_still(life: _Life) -> None:
    assert life.status.status == 0, life.status.explained()
    assert "healthy, the API answers" in life.status.out


def test_after_remove_the_host_is_as_it_was_found(lab: Lab, life: _Life) -> None:
    assert differences(life.before, of_hosts(lab, (_HOST,))) == []


def test_after_remove_the_state_is_kept_aside_and_the_kubeconfig_is_gone(life: _Life) -> None:
    names = {path.name for path in life.operator.folder.iterdir()}
    assert "cluster.rkestate.removed" in names
    assert names.isdisjoint({"cluster.rkestate", "kube_config_cluster.yml"})

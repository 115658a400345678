"""Three hosts with all roles and a worker become a cluster; the second ``up`` finds nothing to do."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from .cluster import Cluster, assert_well
from .kubectl import Kubectl
from .lab import ALL, Lab
from .operator import Operator, Run
from .owned import everything
from .traces import Traces, differences, of_hosts

pytestmark = pytest.mark.lab

_STAGES = ["prepare", "etcd", "control plane", "nodes", "workers", "add-ons", "ready"]
_LOGIN = "Accepted publickey for rke from "


def test_a_dry_run_shows_every_stage_and_touches_nothing(operator: Operator, as_found: Mapping[str, Traces]) -> None:
    before = sorted(path.name for path in operator.folder.iterdir())
    shown = operator.run("up", "--dry-run", "--output", "json")
    assert shown.status == 0, shown.explained()
    plan = json.loads(shown.out)
    assert set(_STAGES) <= {stage["name"] for stage in plan["stages"]}
    assert {turn["host"] for stage in plan["stages"] for turn in stage["turns"]} >= set(ALL)
    assert differences(as_found, of_hosts(operator.lab, ALL)) == []
    left = {path.name for path in operator.folder.iterdir()} - set(before)
    assert left <= {"cluster.log"}


def test_four_hosts_become_a_cluster_that_is_well(cluster: Cluster) -> None:
    assert_well(cluster.operator, cluster.kubectl)


def test_the_run_ends_with_what_it_did(cluster: Cluster) -> None:
    *_, last = cluster.made.events
    assert last["event"] == "finished"
    assert last["changed"] == len(cluster.made.steps) > 0


def test_every_step_that_began_also_ended_without_an_error(cluster: Cluster) -> None:
    ended = [event for event in cluster.made.events if event["event"] == "step-ended"]
    assert len(ended) == len(cluster.made.steps)
    assert [event for event in ended if event["error"]] == []


def test_roles_are_on_the_nodes(kubectl: Kubectl) -> None:
    labels = {node["metadata"]["name"]: node["metadata"]["labels"] for node in kubectl.items("nodes")}
    roles = {
        name: {key.rpartition("/")[2] for key in found if key.startswith("node-role.kubernetes.io/")}
        for name, found in labels.items()
    }
    every = {"controlplane", "etcd", "worker"}
    assert roles == {"n1": every, "n2": every, "n3": every, "n4": {"worker"}}


def test_state_and_kubeconfig_are_their_owners_alone(cluster: Cluster) -> None:
    operator = cluster.operator
    for path in (operator.state_file, operator.kubeconfig, operator.folder / "cluster.rkestate.journal"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_the_cluster_keeps_a_copy_of_the_state_without_leaf_keys(cluster: Cluster) -> None:
    secret = cluster.kubectl.object("secret", "--namespace", "kube-system", "full-cluster-state")
    assert secret["data"]["full-cluster-state"]


@dataclass(frozen=True, slots=True)
class _Again:
    """A second run, with all that it could have touched and the logins of every host, before and after."""

    run: Run
    before: Mapping[str, str]
    after: Mapping[str, str]
    logins: Mapping[str, int]


@pytest.fixture(scope="module")
def again(cluster: Cluster) -> _Again:
    """A second ``up``."""
    before, logins = everything(cluster), _logins(cluster.lab)
    run = cluster.operator.up()
    counted = {host: count - logins[host] for host, count in _logins(cluster.lab).items()}
    return _Again(run, before, everything(cluster), counted)


def test_the_second_run_says_that_there_is_nothing_to_do_and_how_it_knows(again: _Again) -> None:
    assert (again.run.changed, again.run.steps) == (0, ())
    assert "containers" in again.run.events[-1]["basis"]


def test_the_second_run_touches_no_container_no_file_no_object_and_no_state(again: _Again) -> None:
    assert len(again.before) > 200
    assert again.after == again.before


def test_a_run_logs_in_once_on_every_host(again: _Again) -> None:
    assert again.logins == dict.fromkeys(ALL, 1)


def _logins(lab: Lab) -> Mapping[str, int]:
    return {host: lab.run(host, "cat", "/var/log/sshd.log").count(_LOGIN) for host in ALL}

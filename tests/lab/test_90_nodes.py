"""A cluster grows from one member to three, loses a host, gets another for it and shrinks, while its users go on.

Each run is killed once at a drawn point, and run again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest
import yaml

from .cluster import Cluster, assert_well, etcd_members
from .kubectl import Kubectl, Object
from .lab import SPARE, WORKER, Lab
from .operator import Operator, Run
from .owned import touched
from .pods import spec
from .probe import Report
from .scenarios.nodes import GROW, REMOVE_MEMBER, REPLACE_MEMBER, all_roles
from .scenarios.playing import do, play
from .scenarios.scenario import EVERYTHING, WORKS, Scenario, new_cluster
from .scenarios.troubles import Killed
from .traces import Traces, differences, of_hosts
from .waiting import until

pytestmark = pytest.mark.lab

_FIRST, _SECOND, _THIRD = "n1", "n2", "n3"
_HOSTS = (_FIRST, _SECOND, _THIRD, WORKER, SPARE)
_IDS = "{{.Name}} {{.Id}}"
"""Not when they started: controllers on a busy host lose their lease and start again by themselves."""


@dataclass(slots=True)
class _Life:
    """What happened to the cluster, one entry for each change."""

    cluster: Cluster
    as_found: Mapping[str, Traces]
    draw: random.Random
    runs: dict[str, Run] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)

    @property
    def operator(self) -> Operator:
        return self.cluster.operator

    def plays(self, name: str, scenario: Scenario) -> None:
        """Do something while users are at work, who need no Service here."""
        scenario.prepare(self.cluster)
        once = Killed.drawn(scenario.moves, self.draw)
        self.reports[name] = play(self.cluster, replace(scenario.users, service=()), scenario.moves, once).report

    def begun(self) -> list[tuple[str, str]]:
        """Return the steps of all runs, each with its host."""
        journal = (self.operator.folder / "cluster.rkestate.journal").read_text().splitlines()
        return [(one["host"], one["step"]) for one in map(json.loads, journal) if one["event"] == "begin"]


@pytest.fixture(scope="module")
def life(lab: Lab, seed: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Life]:
    """A cluster of one member and one worker, removed at the end."""
    as_found = of_hosts(lab, _HOSTS)
    made = new_cluster(all_roles(_FIRST))(lab, tmp_path_factory.mktemp("nodes"))
    yield _Life(made, as_found, random.Random(seed))
    made.operator.remove()


@pytest.fixture(scope="module")
def grown(life: _Life) -> _Life:
    """Two hosts more: one is a worker first, then both are members and control plane."""
    before = _containers(life.operator.lab, _FIRST, WORKER)
    life.operator.wants({**all_roles(_FIRST), _SECOND: WORKS})
    life.runs["worker"] = life.operator.up()
    assert touched(before, _containers(life.operator.lab, _FIRST, WORKER)) == set()
    do(life.cluster, GROW.moves, Killed.drawn(GROW.moves, life.draw))
    return life


@pytest.fixture(scope="module")
def replaced(grown: _Life) -> _Life:
    """One of the three loses its power for good; the spare host takes its place."""
    grown.plays("replace", REPLACE_MEMBER)
    return grown


@pytest.fixture(scope="module")
def cleaned(replaced: _Life) -> _Life:
    """The dead host comes back and is cleaned."""
    replaced.operator.lab.start(_THIRD)
    replaced.runs["clean"] = replaced.operator.run("node", "clean", _THIRD, "--yes", "--output", "json")
    assert replaced.runs["clean"].status == 0, replaced.runs["clean"].explained()
    return replaced


@pytest.fixture(scope="module")
def shrunk(cleaned: _Life) -> _Life:
    """The host that the kubeconfig leads to leaves."""
    cleaned.plays("shrink", REMOVE_MEMBER)
    return cleaned


def test_a_worker_is_added_without_touching_others(grown: _Life) -> None:
    assert {host for host, _ in grown.runs["worker"].steps if host} == {_SECOND}


def test_a_cluster_grows_from_one_member_to_three(grown: _Life) -> None:
    assert_well(grown.operator, grown.cluster.kubectl)
    assert sorted(etcd_members(grown.operator)) == [f"etcd-{host}" for host in (_FIRST, _SECOND, _THIRD)]


def test_a_dead_host_is_replaced_and_its_member_goes_first(replaced: _Life) -> None:
    steps = replaced.begun()
    assert steps.index((_THIRD, f"remove etcd member etcd-{_THIRD}")) < steps.index((SPARE, "join etcd"))
    assert_well(replaced.operator, replaced.cluster.kubectl)
    nodes = {item["metadata"]["name"] for item in replaced.cluster.kubectl.items("nodes")}
    assert nodes == {_FIRST, _SECOND, WORKER, SPARE}


def test_no_write_is_lost_and_no_event_missed_while_a_dead_host_is_replaced(replaced: _Life) -> None:
    _assert_nothing_lost(replaced.reports["replace"])


@pytest.mark.long
def test_users_do_not_notice_that_a_dead_host_is_replaced(replaced: _Life) -> None:
    report = replaced.reports["replace"]
    assert report.kept, report


def test_a_host_that_was_forgotten_is_cleaned_when_it_is_back(cleaned: _Life) -> None:
    assert _left(cleaned, _THIRD) == []
    listed = cleaned.operator.run("node", "list")
    assert "not clean" not in listed.out
    assert cleaned.operator.up().changed == 0


def test_a_host_that_leaves_is_as_it_was_found(shrunk: _Life) -> None:
    assert _left(shrunk, _FIRST) == []


def test_what_is_left_is_the_cluster_that_is_asked_for(shrunk: _Life) -> None:
    assert_well(shrunk.operator, shrunk.cluster.kubectl)
    assert sorted(etcd_members(shrunk.operator)) == [f"etcd-{_SECOND}", f"etcd-{SPARE}"]
    assert shrunk.operator.up().changed == 0


def test_no_write_is_lost_and_no_event_missed_while_a_host_leaves(shrunk: _Life) -> None:
    _assert_nothing_lost(shrunk.reports["shrink"])


@pytest.mark.long
def test_users_do_not_notice_that_a_host_leaves(shrunk: _Life) -> None:
    report = shrunk.reports["shrink"]
    assert report.kept, report


def test_the_kubeconfig_leads_to_an_api_server_that_stays(shrunk: _Life) -> None:
    config = yaml.safe_load(shrunk.operator.kubeconfig.read_text())
    assert shrunk.operator.lab.address(_SECOND) in config["clusters"][0]["cluster"]["server"]


@pytest.mark.long
def test_a_disruption_budget_keeps_a_worker_and_is_named(shrunk: _Life) -> None:
    kubectl, operator = shrunk.cluster.kubectl, shrunk.operator
    kubectl.apply(*_guarded(WORKER))
    kubectl("rollout", "status", "deployment/guarded", "--timeout=120s")
    operator.edit(lambda config: config.update(upgrade_strategy={"node_drain_input": {"timeout": 10}}))
    operator.wants({_SECOND: EVERYTHING, SPARE: EVERYTHING})
    run = operator.up(status=3)
    kubectl.delete(*_guarded(WORKER))
    operator.edit(lambda config: config.pop("upgrade_strategy"))
    (failure,) = run.error["failures"]
    assert any("The disruption budget guarded needs" in line for line in failure["evidence"]), failure
    assert WORKER in kubectl.ready_nodes()
    operator.wants(all_roles(_SECOND, SPARE))
    operator.up()
    assert_well(operator, kubectl)


@pytest.mark.long
def test_all_control_plane_hosts_are_exchanged_at_once(shrunk: _Life) -> None:
    shrunk.operator.wants(all_roles(_FIRST, _THIRD))
    shrunk.operator.up()
    kubectl = Kubectl(shrunk.operator.lab.kubectl, shrunk.operator.kubeconfig)
    assert_well(shrunk.operator, kubectl)
    shrunk.operator.wants({_FIRST: ("etcd",), _THIRD: ("controlplane",), WORKER: WORKS})
    shrunk.operator.up()
    until(lambda: kubectl.ready_nodes() == {_FIRST, _THIRD, WORKER}, "all nodes Ready", seconds=120)
    assert_well(shrunk.operator, kubectl)


def _assert_nothing_lost(report: Report) -> None:
    """Assert what holds however busy the machine is; that no request takes too long is for the long profile."""
    assert report.requests["writer"] > len(report.failures.get("writer", ())), report
    assert (report.lost_writes, report.missed_events) == (0, 0), report


def _left(life: _Life, host: str) -> list[str]:
    """Return what a host carries that it did not before, snapshots of etcd excepted."""
    found = differences({host: life.as_found[host]}, of_hosts(life.operator.lab, (host,)))
    return [line for line in found if "/opt/rke" not in line]


def _guarded(host: str) -> tuple[Object, Object]:
    """Return a single pod on a host, made anew wherever it ends, and the budget that lets nobody end it."""
    labels = {"app": "guarded"}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "guarded"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec("guarded", host=host)},
        },
    }
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "guarded"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": labels}},
    }
    return deployment, budget


def _containers(lab: Lab, *hosts: str) -> Mapping[str, str]:
    """Return the id of each container of some hosts."""
    found = {}
    for host in hosts:
        names = lab.docker(host, "ps", "-aq").split()
        for line in lab.docker(host, "inspect", "--format", _IDS, *names).splitlines():
            name, _, mark = line.partition(" ")
            found[host + name] = mark
    return found

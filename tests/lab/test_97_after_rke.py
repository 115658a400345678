"""A cluster that RKE made lives on: a worker joins, arguments and certificates change, RKE's snapshot comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.plan.rke.recorded import HOSTS

from .cluster import Cluster, assert_one_authority
from .operator import Run
from .pods import config_map
from .probe import Probe, Report
from .rke.reenact import SNAPSHOT, SPARE, joining, reenacted, tools_of
from .scenarios.rke_hosts import newer_etcd

pytestmark = [pytest.mark.lab, pytest.mark.rke, pytest.mark.long]

_THROUGH_PROXY = ("reader", "writer")
"""Clients whose requests RKE's nginx leads to API servers, one at a time each."""

_LATER = "later-than-the-snapshot"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Life:
    """What was seen of each run, and what users noticed of the edit and of the rotation.

    Attributes:
        names: The ConfigMaps that are there after the restore.
        last: The ``up`` after everything.
        diagnosis: What ``doctor`` says of it then.
    """

    cluster: Cluster
    joined: Run
    edited: Run
    newer: Run
    rotated: Run
    report: Report
    restored: Run
    names: set[str]
    last: Run
    diagnosis: Run


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Life]:
    """All of it, one after another."""
    cluster = reenacted("rke", tmp_path_factory.mktemp("rke"), spare=True)
    person, kubectl = cluster.operator, cluster.kubectl
    try:
        person.edit(lambda config: joining(config, tools_of(cluster.lab)))
        joined = person.up()
        with Probe(cluster, servers=tuple(HOSTS), proxy=SPARE, service=("r3", SPARE)) as probe:
            person.edit(_more_words)
            edited = person.up()
            rotated = person.agreed("cert", "rotate")
        report = probe.report()
        person.edit(newer_etcd)
        newer = person.up()
        kubectl.apply(config_map(_LATER, {"a": "1"}))
        restored = person.agreed("etcd", "snapshot", "restore", SNAPSHOT)
        kubectl.wait_nodes(*HOSTS, SPARE)
        yield _Life(
            cluster=cluster,
            joined=joined,
            edited=edited,
            newer=newer,
            rotated=rotated,
            report=report,
            restored=restored,
            names={item["metadata"]["name"] for item in kubectl.items("configmaps", "--all-namespaces")},
            last=person.up(),
            diagnosis=person.run("doctor"),
        )
    finally:
        cluster.lab.down()


def _more_words(config: dict[str, Any]) -> None:
    config["services"].update({service: {"extra_args": {"v": "3"}} for service in ("kube-api", "kubelet")})


def test_a_worker_joins_and_nobody_else_is_touched(life: _Life) -> None:
    assert {host for host, _ in life.joined.steps} == {SPARE}
    assert set(life.cluster.lab.containers(SPARE)) == {"service-sidekick", "nginx-proxy", "kubelet", "kube-proxy"}


def test_arguments_reach_every_host_and_nothing_else_is_replaced(life: _Life) -> None:
    replaced = {step for step in life.edited.steps if step[1].startswith("replace")}
    everywhere = {(host, f"replace {name}") for host in HOSTS for name in ("kube-apiserver", "kubelet")}
    assert replaced == everywhere | {(SPARE, "replace kubelet")}


def test_members_of_etcd_get_a_newer_one_each_in_turn(life: _Life) -> None:
    replaced = [step for step in life.newer.steps if step[1].startswith("replace")]
    assert sorted(replaced) == [(host, "replace etcd") for host in HOSTS]


def test_certificates_are_new_and_members_of_etcd_are_not_restarted_for_it(life: _Life) -> None:
    assert not any(title in ("restart etcd", "replace etcd") for _, title in life.rotated.steps)
    assert_one_authority(life.cluster.operator)


def test_users_noticed_none_of_it_but_one_request_each_where_an_api_server_stopped(life: _Life) -> None:
    stopped = sum("kube-apiserver" in title for run in (life.edited, life.rotated) for _, title in run.steps)
    assert life.report.failed_proxy <= len(_THROUGH_PROXY) * stopped
    assert replace(life.report, failed_proxy=0).kept, life.report


def test_a_snapshot_that_rke_took_comes_back(life: _Life) -> None:
    assert "rke-network-plugin" in life.names
    assert _LATER not in life.names


def test_the_worker_whose_node_it_does_not_have_is_labelled_anew_and_there_is_nothing_else_to_do(life: _Life) -> None:
    assert life.last.steps == ((SPARE, "set labels and taints"),)
    assert life.cluster.operator.up().changed == 0


def test_nothing_is_found_where_nothing_is_wrong(life: _Life) -> None:
    assert life.diagnosis.status == 0, life.diagnosis.explained()

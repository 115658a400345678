"""The two guides for those who come from RKE, typed as they stand, on a cluster that RKE made."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.docs.pages import commands
from tests.plan.rke.recorded import HOSTS

from .cluster import Cluster, assert_well
from .operator import Run
from .rke.reenact import SPARE, reenacted, tools_of
from .scenarios.rke import leave, left, newer_images, newer_release, runs_newer
from .scenarios.rke_hosts import join
from .scenarios.upgrade import NEW, ask_for, runs_new, tagged

pytestmark = [pytest.mark.lab, pytest.mark.rke, pytest.mark.long]

Typed = Callable[[Cluster, Sequence[str]], object]
"""What a reader does with a command, whose words are given without ``rke-py``."""

_MOVE, _LAST_TURN = "move the node and its pods to containerd", "cordon and drain the node"
_INTERRUPTED = 130


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster as RKE left it, and a host beside it."""
    made = reenacted("rke", tmp_path_factory.mktemp("rke"), spare=True)
    made.operator.edit(lambda config: config["system_images"].update(tools=tools_of(made.lab)))
    try:
        yield made
    finally:
        made.lab.down()


def _looks(cluster: Cluster, words: Sequence[str]) -> None:
    cluster.operator.done(*words)


def _agrees(cluster: Cluster, words: Sequence[str]) -> Run:
    return cluster.operator.agreed(*words)


def _elsewhere(_cluster: Cluster, _words: Sequence[str]) -> None:
    """Leave it to other tests: it needs what there is not here, or what this reader did not lose."""


def _changes_nothing(cluster: Cluster, words: Sequence[str]) -> None:
    assert _agrees(cluster, words).changed == 0


def _goes_to_the_last_of_rke(cluster: Cluster, words: Sequence[str]) -> None:
    cluster.operator.edit(newer_images)
    _looks(cluster, words)
    cluster.operator.edit(newer_release)
    cluster.operator.up()
    runs_newer(cluster)


def _goes_on_with_a_worker_more(cluster: Cluster, words: Sequence[str]) -> None:
    join(cluster)
    cluster.operator.up()
    cluster.kubectl.wait_nodes(*HOSTS, SPARE)
    _goes_to_the_last_of_rke(cluster, words)


def _writes_what_rke_filled_in(cluster: Cluster, words: Sequence[str]) -> None:
    leave(cluster)
    _looks(cluster, words)


def _rests_before_the_last_host(cluster: Cluster, words: Sequence[str]) -> None:
    with cluster.operator.following(*words, "--yes", "--output", "json") as (process, told):
        for event in told:
            if (event["event"], event.get("host"), event.get("step")) == ("step-started", SPARE, _LAST_TURN):
                process.send_signal(signal.SIGINT)
        assert process.wait() == _INTERRUPTED, "".join(cluster.operator.shown[-20:])
    assert "haproxy" not in cluster.lab.containers(SPARE)


def _moves_the_last_host(cluster: Cluster, words: Sequence[str]) -> None:
    done = _agrees(cluster, [SPARE if word == "node-7" else word for word in words])
    assert {host for host, step in done.steps if step == _MOVE} == {SPARE}
    cluster.operator.up()
    left(cluster)


def _rotates_to_the_end(cluster: Cluster, words: Sequence[str]) -> None:
    """The first roll waits for pods of users, and says how to have them restarted."""
    assert "--restart-workloads" in cluster.operator.agreed(*words, status=1).error["hint"]
    cluster.operator.agreed(*words, "--restart-workloads")
    cluster.operator.agreed("cert", "rotate", "--finish")


def _goes_to_the_newest(cluster: Cluster, words: Sequence[str]) -> None:
    """As `_goes_to_the_last_of_rke`, the lab's own images are written before the look."""
    cluster.operator.edit(_newest_images)
    _looks(cluster, words)
    ask_for(cluster.operator, NEW[0], NEW)
    cluster.operator.up()
    runs_new(cluster)


def _newest_images(config: dict[str, Any]) -> None:
    config["system_images"] = tagged(config["system_images"], NEW)


def _has_lost_the_state(cluster: Cluster, words: Sequence[str]) -> None:
    person = cluster.operator
    for file in person.folder.glob("cluster.rkestate*"):
        file.unlink()
    _looks(cluster, words)


def _told(page: str, story: Sequence[tuple[str, Typed]], cluster: Cluster) -> None:
    """Do what a guide says, which has exactly these commands."""
    assert [command.text for command in commands(page)] == [f"rke-py {words}" for words, _ in story]
    for words, act in story:
        act(cluster, words.split())


def test_a_cluster_is_taken_over_and_lives_on_in_rkes_releases(cluster: Cluster) -> None:
    story: Sequence[tuple[str, Typed]] = (
        ("adopt", _looks),
        ("cert rotate", _agrees),
        ("cert rotate --rotate-ca", _elsewhere),
        ("up", _changes_nothing),
        ("status", _looks),
        ("plan --diff", _looks),
        ("etcd snapshot restore 2026-11-26T03:00:00Z_etcd", _elsewhere),
        ("up --clean-leftovers", _agrees),
        ("upgrade --to v1.32.6-rancher1-1", _goes_to_the_last_of_rke),
    )
    _told("docs/how-to/take-over.md", story, cluster)
    assert_well(cluster.operator, cluster.kubectl)


def test_it_goes_from_rke_to_the_newest_release(cluster: Cluster) -> None:
    story: Sequence[tuple[str, Typed]] = (
        ("adopt", _looks),
        ("up", _changes_nothing),
        ("status", _looks),
        ("config versions --newest", _looks),
        ("upgrade --to v1.32.6-rancher1-1", _goes_on_with_a_worker_more),
        ("images build --load-all", _elsewhere),
        ("upgrade --to v1.33.13 --diff", _writes_what_rke_filled_in),
        ("etcd snapshot save --name before-v1.33", _looks),
        ("plan", _looks),
        ("up", _rests_before_the_last_host),
        ("up --only node-7", _moves_the_last_host),
        ("doctor", _looks),
        ("cert rotate --rotate-ca", _rotates_to_the_end),
        ("upgrade --to v1.34.4", _goes_to_the_newest),
        ("state recover", _has_lost_the_state),
    )
    _told("docs/how-to/migrate.md", story, cluster)
    assert_well(cluster.operator, cluster.kubectl)
    assert cluster.operator.up().changed == 0

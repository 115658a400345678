"""A host that loses power in the middle of ``up``: the run says so, the cluster serves on, the next run gets there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from .cluster import Cluster, assert_well
from .lab import WORKER
from .operator import Run

pytestmark = pytest.mark.lab

_ANSWERS = "n1"
"""The host that kubectl asks, which stays."""


@dataclass(frozen=True, slots=True)
class _Death:
    """What is edited, and the step at whose begin the host it is for loses power."""

    step: str
    service: str
    arguments: dict[str, str]
    status: int
    hosts: tuple[str, ...]

    def edit(self, config: dict[str, Any]) -> None:
        """Ask for the arguments."""
        config["services"].setdefault(self.service, {}).setdefault("extra_args", {}).update(self.arguments)


@pytest.mark.parametrize(
    "death",
    [
        pytest.param(_Death("replace etcd", "etcd", {"max-wals": "7"}, 1, ("n2", "n3")), id="etcd"),
        pytest.param(_Death("replace kube-apiserver", "kube-api", {"v": "3"}, 1, ("n2", "n3")), id="control plane"),
        pytest.param(_Death("replace kubelet", "kubelet", {"v": "3"}, 3, (WORKER,)), id="worker"),
    ],
)
def test_a_host_that_dies_in_its_turn_is_named_and_the_next_run_gets_there(cluster: Cluster, death: _Death) -> None:
    operator = cluster.operator
    operator.edit(death.edit)
    dead, run = _dying(cluster, lambda host, step: step == death.step and host in death.hosts)
    assert run.status == death.status, run.explained()
    assert dead in {failure["where"] for failure in run.error["failures"]}, run.error
    assert _ANSWERS in cluster.kubectl.ready_nodes(), "the API does not answer without the host"

    cluster.lab.start(dead)
    operator.up()
    assert operator.up().changed == 0
    assert_well(operator, cluster.kubectl)


def test_after_the_last_edit_is_taken_back_the_cluster_is_well(cluster: Cluster) -> None:
    """The other edits stay: they would cost a restart of every etcd member and API server once more."""
    cluster.operator.edit(lambda config: config["services"].pop("kubelet"))
    cluster.operator.up()
    assert_well(cluster.operator, cluster.kubectl)


def _dying(cluster: Cluster, fatal: Callable[[str, str], bool]) -> tuple[str, Run]:
    """Run ``up`` and cut the power of the first host in whose turn a fatal step begins; return it and the run."""
    dead, lines = "", []
    with cluster.operator.following("up", "--yes", "--output", "json") as (process, events):
        for event in events:
            lines.append(event)
            if not dead and event["event"] == "step-started" and fatal(event["host"], event["step"]):
                dead = event["host"]
                cluster.lab.kill(dead)
        status = process.wait()
    assert dead, "no such step began"
    return dead, Run.of_events(status, lines)

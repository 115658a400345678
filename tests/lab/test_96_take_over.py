"""A cluster that RKE made is taken over while it is used, and edited once: only what the edit says is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.plan.rke.recorded import HOSTS

from .cluster import Cluster
from .operator import Operator, Run
from .owned import in_cluster, touched
from .probe import Probe, Report
from .rke.reenact import reenacted

pytestmark = [pytest.mark.lab, pytest.mark.rke]

Marks = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What was seen while the cluster was used.

    Attributes:
        found: The marks of all containers, files and pods as RKE left them.
        adopted: The look at it.
        taken_over: The first ``up``.
        recovered: An ``up`` for each way by which a lost state was made again, by the name of its source.
        after: The marks after that.
        ours: What in the cluster rke-py had written by then.
        edited: The ``up`` after the edit.
        then: The marks after that.
        last: One more ``up``.
        report: What users noticed, from before the look to the end.
    """

    found: Marks
    adopted: Run
    taken_over: Run
    recovered: Mapping[str, Run]
    after: Marks
    ours: Marks
    edited: Run
    then: Marks
    last: Run
    report: Report


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Seen]:
    """RKE's cluster of three hosts, taken over and edited under the eyes of its users."""
    cluster = reenacted("rke", tmp_path_factory.mktemp("rke"))
    person = cluster.operator
    one, *others = HOSTS
    try:
        with Probe(cluster, servers=tuple(HOSTS), proxy=one, service=(others[0], others[1])) as probe:
            found = _marks(cluster)
            adopted = person.run("adopt")
            taken_over = person.up()
            recovered = {source: _lost_and_recovered(person, source) for source in ("hosts", "copy")}
            after, ours = _marks(cluster), dict(in_cluster(cluster.kubectl))
            person.edit(_more_words)
            edited = person.up()
            then, last = _marks(cluster), person.up()
        yield _Seen(
            found=found,
            adopted=adopted,
            taken_over=taken_over,
            recovered=recovered,
            after=after,
            ours=ours,
            edited=edited,
            then=then,
            last=last,
            report=probe.report(),
        )
    finally:
        cluster.lab.down()


def _lost_and_recovered(person: Operator, source: str) -> Run:
    person.state_file.unlink()
    person.done("state", "recover", "--from", source)
    return person.up()


def _more_words(config: dict[str, Any]) -> None:
    config["services"]["scheduler"] = {"extra_args": {"v": "4"}}


def _marks(cluster: Cluster) -> Marks:
    """Return what tells whether a container, a file or a pod was touched."""
    marks = {}
    for host in HOSTS:
        for found in cluster.lab.inspect(host):
            name = f"{host}{found['Name']}"
            marks[name] = f"{found['Id']} {found['State']['StartedAt']} restarts {found['RestartCount']}"
        for line in cluster.lab.shell(host, "find /etc/kubernetes -printf '%p %m %T@ %C@\\n'").splitlines():
            path, _, mark = line.partition(" ")
            marks[f"{host}{path}"] = mark
    for pod in cluster.kubectl.items("pods", "--all-namespaces"):
        for container in pod["status"].get("containerStatuses", ()):
            marks[f"pod {pod['metadata']['name']}/{container['name']}"] = container["containerID"]
    return marks


def test_the_look_says_that_nothing_stands_against_it(seen: _Seen) -> None:
    assert seen.adopted.status == 0, seen.adopted.explained()
    assert "nothing would be restarted, nothing written" in seen.adopted.out
    assert "nothing stands against taking it over" in seen.adopted.out


def test_taking_over_does_nothing(seen: _Seen) -> None:
    assert seen.taken_over.changed == 0
    assert touched(seen.found, seen.after) == set()
    assert seen.ours == {}


def test_a_state_that_was_lost_is_made_again_and_the_cluster_is_still_the_one_it_means(seen: _Seen) -> None:
    assert {source: run.changed for source, run in seen.recovered.items()} == {"hosts": 0, "copy": 0}


def test_an_edit_replaces_what_it_says_host_by_host_and_nothing_else(seen: _Seen) -> None:
    assert seen.edited.steps == tuple((host, "replace kube-scheduler") for host in HOSTS)
    assert touched(seen.after, seen.then) == {f"{host}/kube-scheduler" for host in HOSTS}


def test_afterwards_there_is_nothing_to_do(seen: _Seen) -> None:
    assert seen.last.changed == 0


def test_nobody_noticed(seen: _Seen) -> None:
    assert seen.report.kept, seen.report
    assert seen.report.failures == {}

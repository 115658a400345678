"""A cluster goes back to a snapshot while it is written to, then loses two of three members, and has three again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from .cluster import Cluster, assert_well, etcd_members
from .kubectl import Kubectl
from .lab import FULL, Lab
from .operator import Operator, Run
from .operator import operator as make_operator
from .pods import SERVE, config_map, service, spec
from .waiting import until
from .writer import Writer

pytestmark = [pytest.mark.lab, pytest.mark.long]

_SNAPSHOT, _WEB = "monday", "web"
_DATA = "/var/lib/etcd"
_CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@dataclass(slots=True)
class _Story:
    """What happened to the cluster.

    Attributes:
        uids: Of objects at the time of the snapshot.
        then: Names that were written before the snapshot was begun.
        later: Names that were written after it had ended.
    """

    cluster: Cluster
    uids: dict[str, str] = field(default_factory=dict)
    then: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    runs: dict[str, Run] = field(default_factory=dict)

    @property
    def operator(self) -> Operator:
        return self.cluster.operator

    @property
    def kubectl(self) -> Kubectl:
        return self.cluster.kubectl


@pytest.fixture(scope="module")
def story(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Story]:
    """A cluster of three members with a workload, removed at the end."""
    person = make_operator(lab, tmp_path_factory.mktemp("restore"), FULL, metrics=False)
    made = person.up()
    kubectl = Kubectl(lab.kubectl, person.kubeconfig)
    kubectl.wait_nodes(*FULL)
    kubectl.apply(config_map("kept", {"a": "1"}), service(_WEB), _deployment())
    kubectl("rollout", "status", f"deployment/{_WEB}", "--timeout=120s")
    yield _Story(Cluster(person, kubectl, made))
    person.remove()


@pytest.fixture(scope="module")
def restored(story: _Story) -> _Story:
    """A snapshot, changes, and back again, while somebody writes."""
    kubectl = story.kubectl
    with Writer(kubectl) as writer:
        until(lambda: len(writer.written) > 3, "somebody writes", seconds=60)
        story.uids, story.then = _uids(kubectl), frozenset(writer.written)
        story.runs["save"] = _done(story.operator.run("etcd", "snapshot", "save", "--name", _SNAPSHOT))
        mark = len(writer.written) + 1
        until(lambda: len(writer.written) > mark + 3, "somebody goes on writing", seconds=60)
        story.later = frozenset(writer.written[mark:])
        kubectl("delete", "configmap/kept", f"service/{_WEB}")
        kubectl("scale", f"deployment/{_WEB}", "--replicas=0")
        story.runs["restore"] = story.operator.agreed("etcd", "snapshot", "restore", _SNAPSHOT)
    return story


@pytest.fixture(scope="module")
def recovered(restored: _Story) -> _Story:
    """Two of three members lose their disks; one goes on alone, then they join again."""
    lab = restored.operator.lab
    restored.kubectl.apply(config_map("latest", {"a": "1"}))
    for name in FULL[1:]:
        lab.docker(name, "stop", "etcd")
        lab.shell(name, f"rm -rf {_DATA}/member")
    restored.runs["members"] = restored.operator.run("etcd", "members")
    restored.runs["recover"] = restored.operator.agreed("etcd", "recover")
    restored.runs["up"] = restored.operator.up()
    return restored


def test_objects_are_those_of_then(restored: _Story) -> None:
    assert _uids(restored.kubectl) == restored.uids


def test_what_was_written_before_is_there_and_what_was_written_after_is_not(restored: _Story) -> None:
    there = {item["metadata"]["name"] for item in restored.kubectl.items("configmaps")}
    assert restored.then <= there
    assert not restored.later & there


def test_pods_that_were_scaled_away_are_back_and_serve(restored: _Story) -> None:
    restored.kubectl("rollout", "status", f"deployment/{_WEB}", "--timeout=120s")
    address = restored.kubectl.object("service", _WEB)["spec"]["clusterIP"]
    ask = ("exec", f"deployment/{_WEB}", "--", "curl", "-sf", "-m", "3", f"http://{address}")
    until(lambda: restored.kubectl(*ask), "the Service answers", seconds=60)


def test_no_controller_goes_on_with_a_watch_of_the_other_time(restored: _Story) -> None:
    restored.kubectl("scale", f"deployment/{_WEB}", "--replicas=3")
    restored.kubectl("rollout", "status", f"deployment/{_WEB}", "--timeout=60s")
    assert int(restored.kubectl.object("deployment", _WEB)["status"]["readyReplicas"]) == 3


def test_revisions_never_come_a_second_time(restored: _Story) -> None:
    version = restored.kubectl.object("namespace", "default")["metadata"]["resourceVersion"]
    listed = json.loads(restored.kubectl("get", "--raw", f"{_CONFIG_MAPS}?limit=1"))["metadata"]["resourceVersion"]
    assert int(version) < 1_000_000_000 < int(listed)


def test_the_old_data_are_kept_aside(restored: _Story) -> None:
    for name in FULL:
        (aside,) = restored.operator.lab.shell(name, f"ls -d {_DATA}/replaced-*").split()
        assert "snap" in restored.operator.lab.run(name, "ls", f"{aside}/member")


def test_there_is_nothing_left_to_do(restored: _Story) -> None:
    assert restored.operator.up().changed == 0


def test_it_is_refused_while_etcd_has_its_quorum(restored: _Story) -> None:
    run = restored.operator.run("etcd", "recover", "--yes", "--output", "json")
    assert run.status == 2
    assert "etcd has its quorum" in run.error["what"]


def test_members_and_their_health_are_shown(restored: _Story) -> None:
    assert _done(restored.operator.run("etcd", "members")).out.count("follower") == 2
    assert _done(restored.operator.run("etcd", "health")).out.count(" ms") >= 9
    assert "no member" in _done(restored.operator.run("etcd", "alarm", "list")).out


def test_members_give_room_back_one_at_a_time_the_leader_last(restored: _Story) -> None:
    leader = next(
        line.split()[0] for line in restored.operator.run("etcd", "members").out.splitlines() if "leader" in line
    )
    run = restored.operator.agreed("etcd", "defrag", "--all")
    assert [host for host, _ in run.steps][-1] == leader
    assert len(run.steps) == 3


def test_one_member_goes_on_and_the_others_join_again(recovered: _Story) -> None:
    assert recovered.runs["members"].out.count("silent") + recovered.runs["members"].out.count("none") >= 2
    assert [host for host, step in recovered.runs["recover"].steps if step.startswith("make this member")] == [FULL[0]]
    assert sorted(etcd_members(recovered.operator)) == [f"etcd-{name}" for name in FULL]
    assert_well(recovered.operator, recovered.kubectl)


def test_nothing_that_was_written_is_lost_with_the_two(recovered: _Story) -> None:
    assert recovered.kubectl.object("configmap", "latest")["data"] == {"a": "1"}


def test_no_container_that_stays_forces_a_new_cluster(recovered: _Story) -> None:
    for name in FULL:
        shown = recovered.operator.lab.docker(name, "inspect", "etcd")
        assert "force-new-cluster" not in shown
        assert not [other for other in recovered.operator.lab.containers(name) if other.startswith("rke-py-")]


def _deployment() -> dict[str, object]:
    labels = {"app": _WEB}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": _WEB},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec(_WEB, script=SERVE)},
        },
    }


def _uids(kubectl: Kubectl) -> dict[str, str]:
    kinds = {"configmap": "kept", "service": _WEB, "deployment": _WEB, "node": FULL[1]}
    return {kind: kubectl.object(kind, name)["metadata"]["uid"] for kind, name in kinds.items()}


def _done(run: Run) -> Run:
    assert run.status == 0, run.explained()
    return run

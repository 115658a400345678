"""A cluster that RKE made and rke-py took over: edits and mending change what they mean, in order and within limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rke_py.errors import ConsentMissing, PreflightError
from tests.sim.calls import When
from tests.sim.expect import store_of
from tests.sim.left_by_rke import made_by_rke
from tests.sim.machine import Machine
from tests.sim.operator import SNAPSHOT, Operator, node
from tests.workflows.changes import assert_settled

CORE, EVERY = ("n1", "n2", "n3"), ("n1", "n2", "n3", "n4", "n5", "n6")
READY = "wait until the node is Ready"


@pytest.fixture
def person(folder: Path) -> Operator:
    """The operator of a cluster with three of everything, as RKE left it."""
    return made_by_rke(folder, "ec", "ec", "ecw", "w", "w", "w")


def settles(person: Operator) -> None:
    """Expect a cluster without a fault, and that another run finds nothing to do."""
    assert person.world.laws.workers_down <= 1
    assert person.world.laws.core_down <= 1
    assert_settled(person)


@pytest.mark.parametrize(
    ("service", "component", "hosts", "then"),
    [
        ("scheduler", "kube-scheduler", CORE, ()),
        ("kube-controller", "kube-controller-manager", CORE, ()),
        ("kube-api", "kube-apiserver", CORE, ()),
        ("kubelet", "kubelet", EVERY, (READY,)),
        ("kubeproxy", "kube-proxy", EVERY, ()),
    ],
)
def test_an_edit_replaces_that_component_alone_host_by_host(
    person: Operator, service: str, component: str, hosts: tuple[str, ...], then: tuple[str, ...]
) -> None:
    person.edit(services={service: {"extra_args": {"v": "4"}, "extra_env": ["LEVEL=4"], "extra_binds": ["/srv:/srv"]}})
    person.up()
    assert person.script.started == tuple((host, step) for host in hosts for step in (f"replace {component}", *then))
    settles(person)


def test_etcd_is_replaced_one_member_at_a_time_after_a_snapshot_on_each_the_leader_last(person: Operator) -> None:
    (leader,) = (
        member.name.removeprefix("etcd-")
        for group in person.world.groups
        for member in group.members.values()
        if member.id == group.leader
    )
    person.edit(services={"etcd": {"extra_args": {"max-snapshots": "9"}}})
    person.up()
    before, after = person.script.started[:3], person.script.started[3:]
    assert set(before) == {(host, SNAPSHOT) for host in CORE}
    assert sorted(after) == [(host, "replace etcd") for host in CORE]
    assert after[-1][0] == leader
    for host in CORE:
        etcd = person.world.machines[host].containers["etcd"]
        assert etcd.flag("initial-cluster-state") == "existing", "an emptied disk would make another cluster"
        assert etcd.flag("initial-cluster") == f"etcd-{host}=https://{_address(person, host)}:2380"
    settles(person)


def test_labels_and_taints_that_leave_cluster_yml_leave_the_node_also_where_rke_set_them(folder: Path) -> None:
    taint = {"key": "dedicated", "value": "db", "effect": "NoSchedule"}
    given = node(2, "w", labels={"disk": "ssd", "zone": "a"}, taints=[taint])
    person = made_by_rke(folder, "ecw", "w", nodes=[node(1, "ecw"), given])
    found = store_of(person).nodes["n2"]
    found.labels["somebody"] = "else"
    person.up()
    assert person.script.started == (), "taking over touches nothing"
    person.edit(nodes=[node(1, "ecw"), node(2, "w", labels={"zone": "a"})])
    person.up()
    assert person.script.started == (("n2", "set labels and taints"),)
    assert "disk" not in found.labels
    assert found.labels.items() >= {"zone": "a", "somebody": "else"}.items()
    assert found.taints == ()
    assert_settled(person)


def test_keys_that_everybody_could_read_are_closed_and_nobody_restarts_for_it(person: Operator) -> None:
    for there in person.world.machines.values():
        there.files = {path: replace(file, mode=0o644) for path, file in there.files.items()}
    person.up()
    assert {step for _, step in person.script.started if not step.startswith("write ")} <= {SNAPSHOT}
    assert {file.mode for there in person.world.machines.values() for file in there.files.values()} == {0o600}
    settles(person)


def _address(person: Operator, host: str) -> str:
    return person.world.machines[host].internal_address


def _removed(name: str) -> Callable[[Machine], None]:
    return lambda there: there.containers.pop(name).stop()


def _stopped(name: str) -> Callable[[Machine], None]:
    return lambda there: there.containers[name].stop()


def _altered(name: str) -> Callable[[Machine], None]:
    def alter(there: Machine) -> None:
        container = there.containers[name]
        container.spec = replace(container.spec, entrypoint=(*container.spec.entrypoint, "--v=9"))

    return alter


def _without_policy(name: str) -> Callable[[Machine], None]:
    return lambda there: there.containers[name].set_restart("no")


@pytest.mark.parametrize(
    ("damage", "host", "steps"),
    [
        (_removed("kube-scheduler"), "n2", ["start kube-scheduler"]),
        (_removed("nginx-proxy"), "n4", ["start nginx-proxy"]),
        (_removed("service-sidekick"), "n4", ["make service-sidekick"]),
        (_removed("service-sidekick"), "n1", ["make service-sidekick"]),
        (_removed("etcd"), "n2", ["start etcd"]),
        (_removed("etcd-rolling-snapshots"), "n3", ["start etcd-rolling-snapshots"]),
        (_stopped("kube-apiserver"), "n1", ["start kube-apiserver again"]),
        (_stopped("kubelet"), "n5", ["start kubelet again", READY]),
        (_altered("kube-proxy"), "n6", ["replace kube-proxy"]),
        (_without_policy("kube-proxy"), "n6", ["set the restart policy of kube-proxy"]),
    ],
)
def test_what_somebody_did_to_a_container_is_mended_there_alone(
    person: Operator, damage: Callable[[Machine], None], host: str, steps: list[str]
) -> None:
    damage(person.world.machines[host])
    person.up()
    assert person.script.changes == tuple((host, step) for step in steps)
    settles(person)


@pytest.mark.parametrize(
    ("path", "host", "restarted"),
    [
        ("/etc/kubernetes/ssl/kube-proxy.pem", "n4", "kube-proxy"),
        ("/etc/kubernetes/ssl/kubecfg-kube-scheduler.yaml", "n2", "kube-scheduler"),
        ("/etc/kubernetes/admission.yaml", "n1", "kube-apiserver"),
        ("/etc/kubernetes/audit-policy.yaml", "n3", "kube-apiserver"),
    ],
)
def test_a_file_is_put_back_and_who_reads_it_restarted(person: Operator, path: str, host: str, restarted: str) -> None:
    there = person.world.machines[host]
    kept = there.files.pop(path)
    if path.endswith("pem"):
        there.files[path] = replace(kept, content=b"by hand\n")
    person.up()
    assert person.script.started == ((host, "write 1 file"), (host, f"restart {restarted}"))
    assert there.files[path].content == kept.content
    settles(person)


def test_files_that_rke_wrote_again_after_containers_had_started_restart_nobody(person: Operator) -> None:
    person.world.time.pass_time(86400)
    for there in person.world.machines.values():
        there.files = {path: replace(file, modified=there.now) for path, file in there.files.items()}
    person.world.time.pass_time(60)
    person.up()
    assert person.script.started == ()
    person.world.machines["n4"].files.pop("/etc/kubernetes/ssl/kube-proxy.pem")
    assert person.killed_up(1, When.AFTER), "a run that died between writing and restarting"
    person.up()
    assert person.world.machines["n4"].containers["kube-proxy"].loaded
    settles(person)


def test_labels_annotations_and_taints_are_set_on_the_nodes_they_are_of(person: Operator) -> None:
    entry = person.config["nodes"][3]
    entry["labels"] = {"disk": "fast"}
    entry["taints"] = [{"key": "only", "value": "batch", "effect": "NoSchedule"}]
    person.write()
    person.up()
    assert person.script.started == (("n4", "set labels and taints"),)
    node = store_of(person).nodes["n4"]
    assert node.labels["disk"] == "fast"
    assert [str(taint) for taint in node.taints] == ["only=batch:NoSchedule"]
    settles(person)
    del entry["labels"], entry["taints"]
    person.write()
    person.next_script()
    person.up()
    assert "disk" not in store_of(person).nodes["n4"].labels
    settles(person)


def test_recurring_snapshots_get_their_schedule_in_rkes_own_container_or_end(person: Operator) -> None:
    person.edit(services={"etcd": {"backup_config": {"interval_hours": 6, "retention": 4}}})
    person.up()
    assert sorted(person.script.started) == [(host, "replace etcd-rolling-snapshots") for host in CORE]
    assert "--creation=6h" in person.world.machines["n2"].containers["etcd-rolling-snapshots"].words
    settles(person)
    person.edit(services={"etcd": {"snapshot": False}})
    person.next_script()
    person.up()
    assert sorted(person.script.started) == [(host, "remove etcd-rolling-snapshots") for host in CORE]
    settles(person)


@pytest.mark.thorough
def test_a_run_that_is_killed_anywhere_is_finished_by_the_next(folder: Path) -> None:
    person = made_by_rke(folder, "ecw", "ecw", "ecw", "w")
    steps, when = 0, (When.BEFORE, When.AFTER)
    while True:
        steps += 3
        argument = {"extra_args": {"v": str(steps)}}
        person.edit(services={"kube-api": argument, "kubelet": argument})
        if not person.killed_up(steps, when[steps % 2]):
            break
        person.up()
        settles(person)
    assert steps > 10


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        ({"network": {"plugin": "canal"}}, "network"),
        ({"network": {"plugin": "flannel", "enable_br_netfilter": False}}, "network.enable_br_netfilter"),
    ],
)
def test_what_cannot_be_done_yet_is_refused_by_name_before_anything_is_touched(
    person: Operator, edit: dict[str, Any], named: str
) -> None:
    before = person.files()
    person.edit(**edit)
    with pytest.raises(PreflightError) as promised:
        person.plan()
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert any(named in problem.where for problem in raised.value.problems)
    assert promised.value.problems == raised.value.problems
    assert person.script.started == ()
    assert person.files()["cluster.rkestate"] == before["cluster.rkestate"]


def test_the_very_first_change_is_asked_for_and_none_after_it(person: Operator) -> None:
    before = person.files()["cluster.rkestate"]
    person.agrees = False
    person.edit(services={"scheduler": {"extra_args": {"v": "4"}}})
    with pytest.raises(ConsentMissing):
        person.up()
    assert "n1: replace kube-scheduler" in person.asked
    assert person.files()["cluster.rkestate"] == before
    person.agrees = True
    person.up()
    person.asked.clear()
    person.edit(services={"scheduler": {"extra_args": {"v": "5"}}})
    person.up()
    assert person.asked == []

"""``up`` after an edit of cluster.yml: what the edit is about changes, in order, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rke_py.errors import ApiError, RolloutFailed
from tests.sim.calls import When
from tests.sim.expect import faults_of, store_of
from tests.sim.operator import Operator, node

THREE_AND_ONE = ("ecw", "ecw", "ecw", "w")
COMPONENTS = {
    "kube-api": ("kube-apiserver", "n1 n2 n3"),
    "kube-controller": ("kube-controller-manager", "n1 n2 n3"),
    "scheduler": ("kube-scheduler", "n1 n2 n3"),
    "kubelet": ("kubelet", "n1 n2 n3 n4"),
    "kubeproxy": ("kube-proxy", "n1 n2 n3 n4"),
}


def ids(person: Operator) -> dict[tuple[str, str], str]:
    """Return the id of every container by host and name."""
    machines = person.world.machines.values()
    return {(machine.name, name): c.id for machine in machines for name, c in machine.containers.items()}


@pytest.mark.parametrize(("service", "expected"), COMPONENTS.items())
def test_an_argument_replaces_its_component_alone(running, service, expected):
    person, (name, hosts) = running(*THREE_AND_ONE), expected
    before = ids(person)
    person.edit(services={service: {"extra_args": {"v": "5"}}})
    person.up()
    after = ids(person)
    assert {key for key in after if before[key] != after[key]} == {(host, name) for host in hosts.split()}
    assert faults_of(person) == []


def test_etcd_is_replaced_one_member_after_another_the_leader_last(running):
    person = running(*THREE_AND_ONE)
    group = person.world.groups[0]
    leader = group.members[group.leader].name.removeprefix("etcd-")
    person.edit(services={"etcd": {"extra_args": {"snapshot-count": "20000"}}})
    person.up()
    order = [host for host, step in person.script.started if step == "replace etcd"]
    assert sorted(order) == ["n1", "n2", "n3"]
    assert order[-1] == leader
    assert faults_of(person) == []


def test_the_control_plane_is_replaced_one_node_after_another(running):
    person = running(*THREE_AND_ONE)
    apart = []
    person.script.at(lambda event, _: "kube-apiserver" in event.step, lambda: apart.append(_ready_servers(person)))
    person.edit(services={"kube-api": {"extra_args": {"v": "5"}}})
    person.up()
    assert set(apart) == {3}


def test_labels_and_taints_change_only_the_node_object(running):
    person = running(*THREE_AND_ONE)
    before = ids(person)
    taint = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}
    person.config["nodes"][3] = node(4, "w", labels={"disk": "ssd"}, taints=[taint])
    person.write()
    person.up()
    assert person.script.started == (("n4", "set labels and taints"),)
    assert ids(person) == before
    found = store_of(person).nodes["n4"]
    assert found.labels["disk"] == "ssd"
    assert [str(taint) for taint in found.taints] == ["dedicated=gpu:NoSchedule"]


def test_what_was_labelled_and_tainted_by_us_is_taken_away_again(running):
    person = running("ecw", "w")
    store_of(person).nodes["n2"].labels["somebody"] = "else"
    taint = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}
    person.config["nodes"][1] = node(2, "w", labels={"disk": "ssd"}, taints=[taint])
    person.write()
    person.up()
    person.config["nodes"][1] = node(2, "w")
    person.write()
    person.up()
    found = store_of(person).nodes["n2"]
    assert "disk" not in found.labels
    assert found.labels["somebody"] == "else"
    assert found.taints == ()


def test_a_new_worker_joins_without_touching_the_others(operator):
    person = operator("ecw", "ecw", "ecw", "w", "w")
    nodes = person.config["nodes"]
    person.edit(nodes=nodes[:4])
    person.up()
    person.world.time.pass_time(60)
    before = ids(person)
    person.next_script()
    person.edit(nodes=nodes)
    person.up()
    assert {host for host, _ in person.script.started if host} == {"n5"}
    assert all(ids(person)[key] == value for key, value in before.items())
    assert faults_of(person) == []


def test_a_new_member_joins_as_learner_and_the_cluster_stays_one(operator):
    person = operator("ecw", "ecw", "ecw")
    nodes = person.config["nodes"]
    person.edit(nodes=nodes[:1])
    person.up()
    person.world.time.pass_time(60)
    person.edit(nodes=nodes)
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_a_control_plane_node_more_is_written_into_every_proxy_without_a_restart(operator):
    person = operator("ecw", "cw", "w")
    nodes = person.config["nodes"]
    person.edit(nodes=[nodes[0], nodes[2]])
    person.up()
    person.world.time.pass_time(60)
    proxy = person.world.machines["n3"].containers["haproxy"]
    person.edit(nodes=nodes)
    person.up()
    assert person.world.machines["n3"].containers["haproxy"] is proxy
    assert b"server n2 " in proxy.loaded["/etc/kubernetes/haproxy.cfg"]
    assert faults_of(person) == []


def test_an_addon_of_the_users_comes_and_goes(running):
    person = running("ecw")
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine, namespace: default}\n"
    person.edit(addons=text)
    person.up()
    assert person.script.started == (("", "apply addons"),)
    assert ("v1", "ConfigMap", "default", "mine") in store_of(person).addons["addons"]
    person.next_script()
    person.edit(addons="")
    person.up()
    assert person.script.started == (("", "remove addons"),)
    assert "addons" not in store_of(person).addons


def test_certificates_about_to_end_are_renewed_in_turn(running):
    person = running(*THREE_AND_ONE)
    person.world.time.pass_time(timedelta(days=340).total_seconds())
    person.up()
    assert faults_of(person) == []
    renewed = {(host, step) for host, step in person.script.started if not step.startswith("write")}
    assert ("n1", "wait until etcd shows its new certificate") in renewed
    assert ("n2", "wait until kube-apiserver shows its new certificate") in renewed
    assert ("n4", "restart kubelet") in renewed
    assert ("n4", "reload haproxy") in renewed
    assert {step for _, step in renewed if step.startswith("restart")} == {"restart kubelet"}
    assert person.up().plan.empty


def test_another_patch_release_replaces_what_it_is_made_of(running):
    person = running(*THREE_AND_ONE, kubernetes_version="v1.34.3")
    before = ids(person)
    person.edit(kubernetes_version="v1.34.4")
    person.up()
    changed = {name for (host, name), identity in ids(person).items() if before[host, name] != identity}
    upgraded = {"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"}
    assert changed == upgraded
    assert {node.kubelet_version for node in store_of(person).nodes.values()} == {"v1.34.4"}
    assert faults_of(person) == []


def _ready_servers(person: Operator) -> int:
    return sum(1 for _ in person.world.api_servers())


def test_an_add_on_that_a_webhook_refuses_keeps_no_other_change_from_being_made(running):
    person = running("ecw", "w")
    person.world.calls.on(
        lambda call: (call.verb, call.name) == ("compare", "metrics-server"),
        lambda: _raise(ApiError("apply: admission webhook denied the request", status=403)),
    )
    person.edit(services={"kubelet": {"extra_args": {"v": "5"}}})
    person.up()
    assert "--v=5" in person.world.machines["n2"].containers["kubelet"].spec.command


def _raise(error: ApiError) -> None:
    raise error


EDITED_ADDONS = {
    "canal": {"network": {"plugin": "canal", "mtu": 1400}},
    "coredns": {"dns": {"reversecidrs": ["10.9.0.0/16"]}},
    "metrics-server": {"monitoring": {"replicas": 2}},
}


@pytest.mark.parametrize(("addon", "edit"), EDITED_ADDONS.items(), ids=EDITED_ADDONS)
def test_an_addon_that_never_worked_since_its_edit_is_not_called_done_by_the_next_run(running, addon, edit):
    person = running("ec", "w", network={"plugin": "canal"})
    person.world.faults.stuck_addons.add(addon)
    person.edit(**edit)
    for _ in range(2):
        with pytest.raises(RolloutFailed, match=f"failed: add-ons/{addon}"):
            person.up()
    person.world.faults.stuck_addons.clear()
    person.up()
    assert person.up().plan.empty
    assert faults_of(person) == []


def test_an_addon_that_stops_working_is_not_awaited_by_an_edit_of_something_else(running):
    person = running("ec", "w")
    person.world.faults.stuck_addons.add("coredns")
    person.edit(services={"kube-api": {"extra_args": {"v": "5"}}})
    person.up()
    assert faults_of(person) == []


@pytest.mark.parametrize(("letters", "before"), [("w", 1), ("w", 6), ("ew", 1)])
def test_a_worker_that_may_still_be_called_a_member_is_told_before_addons_are_waited_for(running, letters, before):
    """An earlier run was to tell it and was killed; the next one begins while no API server tells."""
    person = running("ec", "e", "e", "w")
    person.edit(nodes=[node(1, "ec"), node(2, "e"), node(3, letters), node(4, "w")])
    assert person.killed_up(before, When.AFTER)
    person.edit(nodes=[node(1, "ec"), node(2, "e"), node(3, letters)])
    person.world.machines["n4"].containers["kubelet"].stop()
    person.world.time.pass_time(60)
    person.world.machines["n1"].containers["kube-apiserver"].stop()
    person.up()
    assert ("n3", "set labels and taints") in person.script.started
    person.world.time.pass_time(60)
    person.up()
    person.world.time.pass_time(60)
    assert person.up().plan.empty
    assert faults_of(person) == []


def test_addons_are_not_waited_for_while_nobody_can_be_told_that_it_takes_their_pods(running):
    person = running("ec", "w")
    person.edit(nodes=[node(1, "ecw")])
    person.world.machines["n2"].containers["kubelet"].stop()
    person.world.time.pass_time(60)
    gets_there_without_an_api_server(person)


def gets_there_without_an_api_server(person: Operator) -> None:
    """Stop the only one: the first run brings it back, the second tells nodes what they are."""
    person.world.machines["n1"].containers["kube-apiserver"].stop()
    for _ in range(2):
        person.up()
        person.world.time.pass_time(60)
    assert person.up().plan.empty
    assert faults_of(person) == []

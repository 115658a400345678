"""Hosts come and go and change their roles: the rest goes on, and who leaves is as it was found."""

from __future__ import annotations

import pytest

from rke_py.errors import ApiError, ConsentMissing, EngineError, PreflightError, RkeError, RolloutFailed, WorkersFailed
from rke_py.pki.rotation import Kind
from rke_py.plan.containers import Status
from rke_py.progress import Finished, StepStarted
from tests.sim.calls import When
from tests.sim.clock import Crash
from tests.sim.expect import faults_of, group_in_use, store_of
from tests.sim.machine import KeptSnapshot
from tests.sim.operator import Operator
from tests.workflows.changes import CHANGES, assert_settled, dead, wants

pytestmark = pytest.mark.thorough

THREE = ("ecw", "ecw", "ecw", "w", "w")


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_the_cluster_is_the_one_that_is_asked_for(running, before, after):
    person = running(*before)
    wants(person, *after)
    person.up()
    assert faults_of(person) == []
    mark = len(person.world.calls.log)
    assert person.up().plan.empty
    assert [call for call in person.world.calls.since(mark) if call.changing and call.verb != "write_copy"] == []


def test_the_plan_shows_what_the_rollout_does(running):
    person = running(*THREE)
    wants(person, "ecw", "ecw", "", "w", "")
    shown = [(step.host, step.title) for step in person.plan().steps]
    person.up()
    assert sorted(person.script.started) == sorted(shown)


def order(person: Operator, *steps: tuple[str, str]) -> list[tuple[str, str]]:
    """Return those of the steps that were begun, in their order."""
    return [step for step in person.script.started if step in steps]


def test_a_member_is_removed_by_its_id_before_its_container_stops(running):
    person = running(*THREE)
    gone = next(member for member in person.world.groups[0].members.values() if member.name == "etcd-n3")
    wants(person, "ecw", "ecw", "", "w", "w")
    mark = len(person.world.calls.log)
    person.up()
    calls = [(call.verb, call.name) for call in person.world.calls.since(mark)]
    assert calls.index(("remove_member", gone.id)) < calls.index(("stop", "etcd"))


def test_a_member_that_ends_by_itself_once_it_is_removed_is_no_failure(running):
    person = running(*THREE)

    def refuse() -> None:
        raise EngineError("n3", "Cannot update container: container not running")

    about_etcd = ("n3", "set_restart", "etcd")
    person.world.calls.on(lambda call: (call.host, call.verb, call.name) == about_etcd, refuse)
    wants(person, "ecw", "ecw", "", "w", "w")
    person.up()
    assert faults_of(person) == []


def test_who_uses_an_api_server_is_told_before_it_goes(running):
    person = running("ec", "ec", "ec", "w", "w")
    wants(person, "", "ec", "ec", "w", "w")
    person.up()
    going, told = ("n1", "remove kube-apiserver"), [("n4", "reload haproxy"), ("n5", "reload haproxy")]
    assert order(person, going, ("n1", "write the kubeconfig"), *told)[-2:] == [("n1", "write the kubeconfig"), going]
    assert "192.0.2.3" in (person.folder / "kube_config_cluster.yml").read_text()


def test_a_run_whose_control_plane_could_not_leave_is_not_done_but_for_workers(running):
    person = running("e", "c", "c", "w", "w")
    person.world.faults.on_check.append(
        lambda one: "broken" if (one.machine.name, one.spec.name) == ("n4", "haproxy") else ""
    )
    wants(person, "e", "", "c", "w", "w")
    with pytest.raises(RolloutFailed, match=r"failed: workers/n4; not begun: .*leave control plane/n2") as caught:
        person.up()
    assert not isinstance(caught.value, WorkersFailed)
    person.world.faults.on_check.clear()
    person.up()
    assert faults_of(person) == []


def test_nor_is_one_that_began_no_worker_since_others_are_down(running):
    person = running("ec", "ec", "ec", "w", "w")
    dead(person, "n4")
    wants(person, "", "ec", "ec", "w", "w")
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    with pytest.raises(RolloutFailed, match=r"not begun: .*leave control plane/n1.* are: n4") as caught:
        person.up()
    assert not isinstance(caught.value, WorkersFailed)


def test_a_host_whose_api_server_does_not_run_loses_the_control_plane_all_the_same(running):
    person = running("ecw", "ecw", "ecw", "w")
    person.world.machines["n2"].containers["kube-apiserver"].stop()
    person.world.time.pass_time(60)
    wants(person, "ecw", "w", "ecw", "w")
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_a_host_whose_member_does_not_run_loses_etcd_all_the_same(running):
    person = running("ecw", "ecw", "ecw", "w")
    person.world.machines["n2"].containers["etcd"].stop()
    person.world.elect()
    person.world.time.pass_time(60)
    wants(person, "ecw", "w", "ecw", "w")
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    person.up()
    assert faults_of(person) == []
    assert person.up().plan.empty


def test_pods_leave_before_the_kubelet_and_never_for_a_host_that_leaves_too(running):
    person = running("ecw", "w", "w", "w", upgrade_strategy={"max_unavailable_worker": "100%"})
    wants(person, "ecw", "w", "", "")
    person.up()
    steps = [step for _, step in person.script.started]
    last_closed = max(number for number, step in enumerate(steps) if step == "cordon the node")
    assert last_closed < steps.index("cordon and drain the node") < steps.index("remove kubelet")
    assert steps.index("remove kubelet") < steps.index("delete the node") < steps.index("clean the host")


def test_a_worker_whose_api_server_does_not_start_keeps_its_api_proxy(running):
    person = running("ecw", "ecw", "ecw", "w")
    broken = ["n4"]
    person.world.faults.on_start.append(
        lambda one: "exit 1" if one.spec.name == "kube-apiserver" and one.machine.name in broken else ""
    )
    wants(person, "ecw", "ecw", "ecw", "cw")
    with pytest.raises(RolloutFailed, match="control plane/n4"):
        person.up()
    machine = person.world.machines["n4"]
    assert machine.running("haproxy")
    assert "kube-apiserver" not in machine.containers
    broken.clear()
    person.up()
    assert ("n4", "start kube-apiserver in the place of haproxy") in person.script.started
    assert "haproxy" not in machine.containers
    assert faults_of(person) == []


def test_hosts_that_come_are_there_before_others_go(running):
    person = running("ecw", "ecw", "ecw", "w", "")
    wants(person, "", "ecw", "ecw", "w", "ecw")
    person.up()
    hosts = [host for host, _ in person.script.started]
    last = max(number for number, host in enumerate(hosts) if host == "n5")
    assert last < hosts.index("n1")


def test_nobody_leaves_while_a_host_that_is_to_come_does_not_answer(running):
    person = running("ecw", "w", "")
    person.world.machines["n3"].power_off()
    wants(person, "ecw", "", "w")
    with pytest.raises(WorkersFailed):
        person.up()
    assert "n2" in store_of(person).nodes
    assert not store_of(person).nodes["n2"].unschedulable
    assert person.world.machines["n2"].running("kubelet")
    assert person.plan().notes == ("n3 is to come first and does not answer, so these leave in a later run: n2",)


def test_a_member_stays_as_long_as_its_host_has_to(running):
    person = running("ecw", "ecw", "e", "w", "")
    person.world.machines["n5"].power_off()
    wants(person, "ecw", "ecw", "", "w", "w")
    with pytest.raises(WorkersFailed):
        person.up()
    assert len(group_in_use(person).members) == 3
    assert person.world.machines["n3"].running("etcd")
    person.world.machines["n5"].power_on()
    person.world.time.pass_time(60)
    person.up()
    assert len(group_in_use(person).members) == 2
    assert faults_of(person) == []


def test_hosts_leave_without_one_that_is_to_come_when_the_operator_says_so(running):
    person = running("ecw", "w", "")
    person.world.machines["n3"].power_off()
    wants(person, "ecw", "", "w")
    person.skip = frozenset({"n3"})
    person.up()
    assert set(store_of(person).nodes) == {"n1"}


@pytest.mark.parametrize("broken", ["kubelet", "kube-proxy"])
def test_nobody_leaves_when_a_host_that_comes_does_not_become_a_node(running, broken):
    person = running("ecw", "w", "w", "")
    person.world.faults.on_start.append(
        lambda one: "exit 1" if (one.spec.name, one.machine.name) == (broken, "n4") else ""
    )
    wants(person, "ecw", "", "", "w")
    with pytest.raises(WorkersFailed):
        person.up()
    nodes = store_of(person).nodes
    assert not any(nodes[name].unschedulable for name in ("n2", "n3"))
    person.world.faults.on_start.clear()
    person.up()
    assert faults_of(person) == []
    assert set(nodes) == {"n1", "n4"}


def test_a_disruption_budget_keeps_a_host_and_is_named(running):
    person = running(*THREE)
    budget = "default/web: The disruption budget web needs 1 healthy pods and has 1 currently"
    person.world.faults.budgets["n5"] = budget
    wants(person, "ecw", "ecw", "ecw", "", "")
    with pytest.raises(WorkersFailed) as caught:
        person.up()
    (fault,) = caught.value.failures
    assert fault.evidence == (budget,)
    store = store_of(person)
    assert "n4" not in store.nodes
    assert not store.nodes["n5"].unschedulable
    assert person.world.machines["n5"].running("kubelet")
    person.world.faults.budgets.clear()
    person.up()
    assert faults_of(person) == []


def test_no_member_leaves_while_an_api_server_that_could_not_leave_may_ask_it(running):
    person = running("ec", "ec", "ecw", "cw", "e", "w")
    person.world.faults.budgets["n4"] = "default/web: needs 1 healthy pods and has 1 currently"
    wants(person, "ec", "ec", "ecw", "", "", "w")
    with pytest.raises(RolloutFailed):
        person.up()
    assert person.world.machines["n4"].running("kube-apiserver")
    assert person.world.machines["n5"].running("etcd")
    assert "etcd-n5" in {member.name for member in person.world.groups[0].members.values()}
    person.world.faults.budgets.clear()
    person.up()
    assert faults_of(person) == []


@pytest.mark.parametrize("blocked", ["n4", "n5"])
def test_a_host_that_cannot_be_emptied_keeps_no_other_from_leaving(running, blocked):
    person = running(*THREE)
    person.world.faults.budgets[blocked] = "default/web: needs 1 healthy pods and has 1 currently"
    wants(person, "ecw", "ecw", "ecw", "", "")
    with pytest.raises(WorkersFailed, match=f"failed: drain/{blocked}"):
        person.up()
    nodes = store_of(person).nodes
    assert nodes.keys() == {"n1", "n2", "n3", blocked}
    assert not nodes[blocked].unschedulable


@pytest.mark.parametrize("stopped", ["n1", "n2"], ids=["one that stays", "the one that leaves"])
def test_a_member_that_has_to_be_started_before_any_can_leave_is_named_with_the_way(running, stopped):
    person = running("ec", "e")
    person.world.machines[stopped].containers["etcd"].stop()
    person.world.time.pass_time(60)
    wants(person, "ec", "w")
    with pytest.raises(PreflightError) as refused:
        person.up()
    (fault,) = (problem for problem in refused.value.problems if "no member can leave" in problem.what)
    way = f"etcd on {stopped} only does not run: let cluster.yml keep etcd on n2, run: rke-py up"
    assert fault.hint.startswith(way)
    wants(person, "ec", "e")
    person.up()
    wants(person, "ec", "w")
    person.up()
    assert_settled(person)


@pytest.mark.parametrize("wanted", [("", "ec"), ("w", "ec")], ids=["leaves", "becomes a worker"])
@pytest.mark.parametrize("replaced", [False, True], ids=["stopped", "half replaced"])
def test_the_only_member_is_started_before_it_leaves_and_nobody_is_told_that_its_data_are_lost(
    running, wanted, replaced
):
    person = running("ec", "")
    if replaced:
        person.edit(services={"etcd": {"extra_args": {"snapshot-count": "20001"}}})
        killed_after(person, "rename")
    else:
        person.world.machines["n1"].containers["etcd"].stop()
    person.world.time.pass_time(60)
    wants(person, *wanted)
    with pytest.raises(PreflightError) as refused:
        person.up()
    (fault,) = (problem for problem in refused.value.problems if not problem.warning)
    assert fault.where == "n1"
    assert fault.hint.startswith("etcd on n1 only does not run: let cluster.yml keep etcd on n1, run: rke-py up")
    wants(person, "ec", "ec")
    person.up()
    wants(person, *wanted)
    person.up()
    assert_settled(person)


def test_a_dead_machine_that_leaves_with_all_data_is_to_be_brought_back_before_a_snapshot_is(running):
    person = running("ec", "w", "")
    dead(person, "n1")
    wants(person, "", "w", "ec")
    with pytest.raises(PreflightError, match="no etcd host holds etcd's data any more") as refused:
        person.up()
    hints = [problem.hint for problem in refused.value.problems if not problem.warning]
    assert any(hint.startswith("Bring n1 back, with etcd in cluster.yml.") for hint in hints)


@pytest.mark.parametrize("limit", ["2", "50%"])
def test_no_more_hosts_are_emptied_at_once_than_workers_may_be_down(running, limit):
    person = running("ec", "ec", "ec", *["w"] * 5, upgrade_strategy={"max_unavailable_worker": limit})
    wants(person, "ec", "ec", "ec", "w", "", "", "", "")
    person.up()
    under_way, most = 0, 0
    for event in person.script.events:
        if getattr(event, "step", "") == "cordon and drain the node":
            under_way += 1 if isinstance(event, StepStarted) else -1
            most = max(most, under_way)
    assert 0 < most <= 2


def _forbid() -> None:
    raise ApiError("it refused to change the node n3", status=403, reason="Forbidden")


def test_a_node_that_cannot_be_closed_keeps_no_other_from_leaving(running):
    person = running("ecw", "ecw", "cw", "w", "w")
    person.world.calls.on(
        lambda call: (call.verb, call.name) == ("cordon", "n3"),
        _forbid,
    )
    wants(person, "ecw", "ecw", "", "w", "")
    with pytest.raises(RolloutFailed):
        person.up()
    assert store_of(person).nodes.keys() == {"n1", "n2", "n3", "n4"}
    person.up()
    assert faults_of(person) == []


def test_a_host_that_is_not_clean_yet_is_no_reason_to_remove_the_cluster(running):
    person = running(*THREE)
    machine = person.world.machines["n5"]
    person.world.calls.on(
        lambda call: (call.host, call.verb, call.name) == ("n5", "run", "verify"),
        lambda: machine.traces.add("mount /var/lib/kubelet/pods/a/volumes/b"),
    )
    wants(person, "ecw", "ecw", "ecw", "w", "")
    with pytest.raises(WorkersFailed) as caught:
        person.up()
    (fault,) = caught.value.failures
    assert fault.hint == "Run the same command again; what stays then is held by something else on the host."
    person.up()
    assert faults_of(person) == []


def test_nothing_leaves_without_consent(running):
    person = running(*THREE)
    wants(person, "ecw", "ecw", "ecw", "w", "")
    person.agrees = False
    mark = len(person.world.calls.log)
    with pytest.raises(ConsentMissing):
        person.up()
    assert any("n5 leaves the cluster" in cost for cost in person.asked)
    assert [call for call in person.world.calls.since(mark) if call.changing] == []


def test_what_belongs_to_others_stays_on_a_host_that_leaves(running):
    person = running(*THREE)
    machine = person.world.machines["n5"]
    machine.snapshots["/opt/rke/etcd-snapshots/monday"] = KeptSnapshot()
    wants(person, "ecw", "ecw", "ecw", "w", "")
    person.up()
    assert machine.snapshots.keys() == {"/opt/rke/etcd-snapshots/monday"}


@pytest.mark.parametrize("name", ["n3", "n5"])
def test_a_dead_host_that_leaves_is_forgotten_and_remembered_as_not_clean(running, name):
    person = running(*THREE)
    person.world.machines[name].power_off()
    person.world.time.pass_time(60)
    wants(person, *("" if f"n{number}" == name else letters for number, letters in enumerate(THREE, start=1)))
    person.up()
    assert any("does not answer" in cost for cost in person.asked)
    assert faults_of(person) == []
    assert person.state.hosts[name].forgotten
    assert person.up().plan.empty


def test_a_dead_member_is_removed_before_another_joins(running):
    person = running("ecw", "ecw", "ecw", "w", "")
    dead(person, "n3")
    wants(person, "ecw", "ecw", "", "w", "ecw")
    person.up()
    assert order(person, ("n3", "remove etcd member etcd-n3"), ("n5", "join etcd")) == [
        ("n3", "remove etcd member etcd-n3"),
        ("n5", "join etcd"),
    ]
    assert faults_of(person) == []


def test_the_only_control_plane_is_replaced_when_it_is_dead(running):
    person = running("e", "e", "e", "c", "w", "")
    person.world.machines["n4"].power_off()
    person.world.time.pass_time(60)
    wants(person, "e", "e", "e", "", "w", "c")
    person.up()
    assert faults_of(person) == []
    assert "192.0.2.7" in (person.folder / "kube_config_cluster.yml").read_text()


def test_a_node_of_a_forgotten_host_that_comes_back_is_deleted_again(running):
    person = running(*THREE)
    machine = person.world.machines["n5"]
    machine.power_off()
    person.world.time.pass_time(60)
    wants(person, "ecw", "ecw", "ecw", "w", "")
    person.up()
    machine.power_on()
    person.world.time.pass_time(60)
    assert [step.title for step in person.plan().steps] == ["delete the node"]


def test_a_forgotten_host_comes_back_into_the_cluster_as_it_is(running):
    person = running(*THREE)
    machine = person.world.machines["n3"]
    machine.power_off()
    person.world.time.pass_time(60)
    wants(person, "ecw", "ecw", "", "w", "w")
    person.up()
    machine.power_on()
    person.world.time.pass_time(60)
    wants(person, *THREE)
    person.up()
    assert faults_of(person) == []


def test_a_host_that_leaves_in_the_middle_of_a_ca_rotation_is_cleaned(running):
    person = running(*THREE)
    dead(person, "n5")
    with pytest.raises(RkeError):
        person.rotate(Kind.AUTHORITIES)
    person.world.machines["n5"].power_on()
    person.world.time.pass_time(60)
    wants(person, "ecw", "ecw", "ecw", "w", "")
    person.up()
    assert person.world.machines["n5"].containers == {}
    assert faults_of(person) == []


def test_a_new_name_at_the_address_of_a_dead_host_goes_on_after_a_kill(running):
    person = running("ecw", "ecw", "ecw", "w", "w")
    machine = person.world.machines["n5"]
    dead(person, "n5")
    machine.containers.clear()
    machine.files.clear()
    machine.traces.clear()
    machine.cni.clear()
    machine.pods.clear()
    machine.power_on()
    person.config["nodes"][4]["hostname_override"] = "n7"
    person.edit()
    assert person.killed(lambda: person.replace("n5", "n7"), 5, When.AFTER)
    person.replace("n5", "n7")
    assert store_of(person).nodes.keys() == {"n1", "n2", "n3", "n4", "n7"}
    assert person.up().plan.empty


def test_a_host_that_carries_another_cluster_by_now_is_not_touched(running):
    person = running(*THREE)
    machine = person.world.machines["n5"]
    authority = machine.files["/etc/kubernetes/ssl/kube-ca.pem"]
    other = b"-----BEGIN CERTIFICATE-----\nMIIBother\n-----END CERTIFICATE-----\n"
    machine.files["/etc/kubernetes/ssl/kube-ca.pem"] = type(authority)(
        **{name: getattr(authority, name) for name in authority.__dataclass_fields__} | {"content": other}
    )
    wants(person, "ecw", "ecw", "ecw", "w", "")
    mark = len(person.world.calls.log)
    person.up()
    assert [call for call in person.world.calls.since(mark) if call.changing and call.host == "n5"] == []
    assert any("n5 leaves the cluster: its machine is another's by now" in cost for cost in person.asked)
    assert "n5" not in person.state.hosts
    assert machine.containers["kubelet"].status is Status.RUNNING


REFUSED = [
    pytest.param(("ecw", "ecw", "ecw", "w"), ("n2", "n3"), ("ecw", "", "", "w"), "quorum", id="two of three are dead"),
    pytest.param(("ecw", "ecw", "ecw", ""), ("n1", "n2", "n3"), ("", "", "", "ecw"), "no etcd host", id="all are dead"),
    pytest.param(("ec", "w", ""), ("n1",), ("", "w", "ec"), "no etcd host", id="the only one is dead"),
]


@pytest.mark.parametrize(("before", "dead", "after", "reason"), REFUSED)
def test_what_would_lose_etcd_is_refused_before_anything_is_touched(running, before, dead, after, reason):
    person = running(*before)
    for name in dead:
        person.world.machines[name].power_off()
    person.world.time.pass_time(60)
    wants(person, *after)
    state, mark = person.state, len(person.world.calls.log)
    with pytest.raises(PreflightError, match=reason):
        person.up()
    assert person.state == state
    assert [call for call in person.world.calls.since(mark) if call.changing and "rke-py" not in call.name] == []


def test_a_living_member_does_not_leave_when_that_would_cost_the_quorum(running):
    person = running("ecw", "ecw", "ecw", "w")
    person.world.machines["n2"].power_off()
    person.world.time.pass_time(60)
    person.skip = frozenset({"n2"})
    wants(person, "ecw", "ecw", "", "w")
    with pytest.raises(PreflightError, match="quorum"):
        person.up()
    assert person.world.machines["n3"].running("etcd")


def test_a_host_is_not_given_another_name(running):
    person = running(*THREE)
    nodes = person.config["nodes"]
    nodes[4]["hostname_override"] = "other"
    person.edit(nodes=nodes)
    with pytest.raises(PreflightError, match="n5"):
        person.up()


def test_a_removal_of_the_cluster_takes_leaving_hosts_along(running):
    person = running(*THREE)
    wants(person, "ecw", "ecw", "ecw", "w", "")
    person.remove()
    assert all(machine.containers == {} for machine in person.world.machines.values())


def test_a_removal_of_the_cluster_names_hosts_that_were_never_cleaned(running):
    person = running(*THREE)
    person.world.machines["n5"].power_off()
    person.world.time.pass_time(60)
    wants(person, "ecw", "ecw", "ecw", "w", "")
    person.up()
    script = person.next_script()
    person.remove()
    (finished,) = (event for event in script.events if isinstance(event, Finished))
    assert any("n5: it left the cluster without being cleaned" in line for line in finished.attention)


def test_a_host_that_is_silent_keeps_the_roles_that_it_may_still_carry(running):
    person = running("ecw", "ecw", "ecw", "cw")
    person.world.machines["n4"].reachable = False
    wants(person, "ecw", "ecw", "ecw", "w")
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert [problem.where for problem in raised.value.problems if not problem.warning] == ["n4"]
    person.skip = frozenset({"n4"})
    person.up()
    assert person.state.hosts["n4"].roles == {"controlplane", "worker"}
    person.skip = frozenset()
    person.world.machines["n4"].reachable = True
    person.up()
    assert person.state.hosts["n4"].roles == {"worker"}
    assert faults_of(person) == []


def killed_after(person, verb):
    """Let a run be killed after it did something to etcd's container on the first host, by the word for it."""

    def die() -> None:
        person.world.time.kill()
        raise Crash

    person.world.calls.on(
        lambda call: (call.host, call.verb, call.name) == ("n1", verb, "etcd"), die, when=When.AFTER, times=1
    )
    with pytest.raises(Crash):
        person.up()
    person.world.time.pass_time(60)


@pytest.mark.parametrize("killed", ["stop", "rename", "create", "start"])
def test_others_leave_after_a_run_that_was_killed_while_it_replaced_a_member(running, killed):
    person = running("ecw", "ecw", "ecw", "w", "w")
    person.edit(services={"etcd": {"extra_args": {"snapshot-count": "20001"}}})
    killed_after(person, killed)
    wants(person, "ecw", "", "w", "w", "ecw")
    person.up()
    assert faults_of(person) == []

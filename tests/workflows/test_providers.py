"""``up`` after another network, DNS or ingress controller was chosen: the old one goes, with what it left on hosts."""

from __future__ import annotations

import pytest

from rke_py.errors import RkeError, WorkersFailed
from rke_py.plan.stage_names import ADDONS, LEAVINGS
from rke_py.plan.steps import ApplyAddon, DrainNode, LeaveAddons
from tests.sim.expect import faults_of, store_of
from tests.sim.kubelets import TRACES

ONE_AND_TWO = ("ecw", "w", "w")
EVERY_TRACE = frozenset().union(*TRACES.values())


def network_traces(person):
    return {name: frozenset(machine.traces) & EVERY_TRACE for name, machine in person.world.machines.items()}


@pytest.mark.parametrize(("before", "after"), [("flannel", "canal"), ("canal", "flannel"), ("flannel", "calico")])
def test_another_network_leaves_nothing_of_the_old_one(running, before, after):
    person = running(*ONE_AND_TWO, network={"plugin": before})
    assert set(network_traces(person).values()) == {TRACES[before]}
    person.edit(network={"plugin": after})
    person.up()
    assert set(network_traces(person).values()) == {TRACES[after]}
    assert before not in store_of(person).addons
    assert faults_of(person) == []


def test_hosts_change_their_network_one_after_another(running):
    person = running(*ONE_AND_TWO)
    person.edit(network={"plugin": "calico"})
    stage = person.plan().stage(LEAVINGS)
    assert [turn.host for turn in stage.turns] == ["n1", "n2", "n3"]
    assert (stage.limit, all(turn.disrupts for turn in stage.turns)) == (1, True)
    assert {key for turn in stage.turns for key in turn.after} == {f"{ADDONS}/calico"}


def test_a_change_of_the_network_is_asked_about(running):
    person = running(*ONE_AND_TWO)
    person.edit(network={"plugin": "calico"})
    person.up()
    assert person.asked == [
        "the pod network changes from flannel to calico: every pod is made anew, host by host, "
        "and hosts cannot reach one another's pods"
    ]


def test_nodes_are_drained_before_where_cluster_yml_asks_for_it(running):
    person = running(*ONE_AND_TWO, upgrade_strategy={"drain": True})
    person.edit(network={"plugin": "calico"})
    turns = person.plan().stage(LEAVINGS).turns
    assert all(isinstance(turn.steps[0], DrainNode) for turn in turns)
    person.up()
    assert faults_of(person) == []


def test_without_a_network_of_ours_only_our_own_traces_go(running):
    person = running(*ONE_AND_TWO)
    person.edit(network={"plugin": "none"})
    (step,) = {step.leaving: step for step in person.plan().steps if isinstance(step, LeaveAddons)}.values()
    assert (step.leaving, step.renew_pods) == (("flannel",), False)


def test_a_cache_on_nodes_that_left_leaves_no_interface(running):
    person = running(*ONE_AND_TWO, dns={"nodelocal": {"ip_address": "169.254.20.10"}})
    for machine in person.world.machines.values():
        machine.traces |= TRACES["node-local-dns"]
    person.edit(dns={})
    person.up()
    assert [cost.split(":")[0] for cost in person.asked] == ["the DNS cache on nodes goes"]
    assert set(network_traces(person).values()) == {TRACES["flannel"]}
    assert faults_of(person) == []


CACHED = {"nodelocal": {"ip_address": "169.254.20.10"}}


def with_cache(running):
    person = running(*ONE_AND_TWO, dns=CACHED)
    for machine in person.world.machines.values():
        machine.traces |= TRACES["node-local-dns"]
    person.edit(dns={})
    return person


def hosts_that_leave(person):
    return [step.host for step in person.plan().steps if isinstance(step, LeaveAddons)]


def test_pods_that_were_made_anew_are_left_alone_by_the_run_after_one_that_failed(running):
    person = with_cache(running)
    person.world.faults.stuck_addons.add("metrics-server")
    person.edit(dns={}, monitoring={"options": {"v": "3"}, "replicas": 2})
    with pytest.raises(RkeError):
        person.up()
    assert not any(machine.traces & TRACES["node-local-dns"] for machine in person.world.machines.values())
    assert hosts_that_leave(person) == []
    person.world.faults.stuck_addons.clear()
    person.up()
    assert person.plan().empty


@pytest.mark.parametrize(
    ("edit", "left"), [({"dns": {}}, "node-local-dns"), ({"network": {"plugin": "calico"}}, "flannel")]
)
def test_a_host_that_was_away_loses_the_traces_once_it_is_back(running, edit, left):
    person = with_cache(running)
    person.edit(**({"dns": CACHED} | edit))
    person.world.machines["n3"].reachable = False
    with pytest.raises(WorkersFailed):
        person.up()
    assert TRACES[left] <= person.world.machines["n3"].traces
    person.world.machines["n3"].reachable = True
    assert hosts_that_leave(person) == ["n3"]
    person.asked.clear()
    person.up()
    assert person.asked == ["n3: away when add-ons went that pods rest on; those pods are made anew"]
    assert not TRACES[left] & person.world.machines["n3"].traces
    assert person.plan().empty


def test_a_cache_answers_before_kubelets_tell_pods_to_ask_it(running):
    person = running(*ONE_AND_TWO)
    person.edit(dns={"nodelocal": {"ip_address": "169.254.20.10"}})
    person.up()
    steps = [step for _, step in person.script.started]
    kubelets = [number for number, step in enumerate(steps) if "kubelet" in step]
    assert len(kubelets) == 3
    assert steps.index("apply node-local-dns") < min(kubelets)
    assert person.plan().empty


def test_a_second_run_has_nothing_to_do(running):
    person = running(*ONE_AND_TWO)
    person.edit(network={"plugin": "canal"}, dns={"provider": "kube-dns"}, ingress={"provider": "traefik"})
    person.up()
    assert person.plan().empty


def order(person):
    """Return which add-ons are applied and removed, and whom each waits for."""
    turns = person.plan().stage(ADDONS).turns
    return {step.title: turn.after for turn in turns for step in turn.steps if isinstance(step, ApplyAddon)}


@pytest.mark.parametrize(
    ("first", "second", "title", "waits_for"),
    [
        pytest.param(
            {"ingress": {"provider": "nginx"}},
            {"ingress": {"provider": "traefik"}},
            "apply traefik",
            "ingress-nginx",
            id="two controllers want the same ports",
        ),
        pytest.param(
            {"network": {"plugin": "canal"}},
            {"network": {"plugin": "calico"}},
            "apply calico",
            "canal",
            id="two networks want the same ports",
        ),
        pytest.param(
            {"dns": {"provider": "coredns"}},
            {"dns": {"provider": "kube-dns"}},
            "remove coredns",
            "kube-dns",
            id="names are answered all the time",
        ),
    ],
)
def test_who_goes_first(running, first, second, title, waits_for):
    person = running(*ONE_AND_TWO, **first)
    person.edit(**second)
    assert order(person)[title] == {f"{ADDONS}/{waits_for}"}


def test_a_dns_server_goes_only_once_the_other_one_works_also_in_a_run_that_finds_it_applied(running):
    person = running(*ONE_AND_TWO)
    person.world.faults.stuck_addons.add("kube-dns")
    person.edit(dns={"provider": "kube-dns"})
    for _ in range(2):
        with pytest.raises(RkeError):
            person.up()
        assert "coredns" in store_of(person).addons
    person.world.faults.stuck_addons.clear()
    person.up()
    assert "coredns" not in store_of(person).addons
    assert faults_of(person) == []


def test_kubelets_hear_of_a_cache_only_once_it_works_also_in_a_run_that_finds_it_applied(running):
    person = running(*ONE_AND_TWO)
    person.world.faults.stuck_addons.add("node-local-dns")
    person.edit(dns={"nodelocal": {"ip_address": "169.254.20.10"}})
    for _ in range(2):
        person.next_script()
        with pytest.raises(RkeError):
            person.up()
        assert not any("kubelet" in step for _, step in person.script.started)
    person.world.faults.stuck_addons.clear()
    person.up()
    assert faults_of(person) == []
    person.world.faults.stuck_addons.add("node-local-dns")
    assert person.plan().empty, "once kubelets name it, to apply it again would mend nothing"

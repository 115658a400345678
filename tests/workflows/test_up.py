"""``up`` on machines that carry nothing yet, and once more on the cluster that it made."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rke_py.progress import Finished, StepEnded, StepStarted
from tests.sim.expect import faults_of, store_of

SHAPES = [
    pytest.param(("ecw",), id="one host"),
    pytest.param(("ecw", "ecw", "ecw", "w"), id="three and one"),
    pytest.param(("e", "e", "e", "e", "e", "c", "c", "c", "w", "w"), id="roles apart"),
    pytest.param(("e", "c", "w"), id="one of each"),
    pytest.param(("ec", "ew", "c", "w"), id="roles mixed"),
]


@pytest.mark.parametrize("roles", SHAPES)
def test_a_new_cluster_is_healthy(operator, roles):
    person = operator(*roles)
    person.up()
    assert faults_of(person) == []
    assert person.status().healthy


@pytest.mark.parametrize("roles", SHAPES)
def test_the_second_run_changes_nothing(running, roles):
    person = running(*roles)
    before = (
        person.files(),
        {m.name: dict(m.files) for m in person.world.machines.values()},
        list(store_of(person).writes),
    )
    mark = len(person.world.calls.log)
    assert person.up().plan.empty
    asked = [call for call in person.world.calls.since(mark) if call.changing and call.verb != "write_copy"]
    after = (
        person.files(),
        {m.name: dict(m.files) for m in person.world.machines.values()},
        list(store_of(person).writes),
    )
    assert asked == []
    assert after == before


def test_without_a_pod_network_nothing_is_waited_for_that_cannot_start(operator):
    person = operator("ecw", "w", network={"plugin": "none"})
    before = person.world.now
    person.up()
    assert (person.world.now - before).total_seconds() < 120, "no add-on was waited for"
    (said,) = [event.attention for event in person.script.events if isinstance(event, Finished)]
    assert any("no pod starts without a pod network" in line for line in said)
    assert {"coredns", "metrics-server"} <= store_of(person).addons.keys()
    assert person.up().plan.empty


def test_an_addon_that_was_waited_for_in_vain_is_not_forgotten(running):
    person = running("ecw", "ecw", "ecw", "w")
    person.world.faults.stuck_addons.add("metrics-server")
    assert person.up().plan.empty
    (said,) = [event.attention for event in person.script.events if isinstance(event, Finished)]
    assert any("metrics-server" in line and "0 of 1 pods are available" in line for line in said)


@pytest.mark.parametrize("name", ["kube-apiserver", "etcd"])
def test_what_runs_and_is_not_well_is_not_passed_over(running, name):
    person = running("ecw", "ecw", "ecw")
    sick = (("n2", name),)
    person.world.faults.on_check.append(
        lambda container: "it ails" if (container.machine.name, container.spec.name) in sick else ""
    )
    assert person.up().plan.empty
    (said,) = [event.attention for event in person.script.events if isinstance(event, Finished)]
    assert {line.partition(":")[0] for line in said} == {"n2"}
    assert any(f"n2: {name} runs and is not well" in line for line in said)


def test_what_is_well_again_after_the_run_needs_no_attention(running):
    person = running("ecw", "w")
    person.world.machines["n1"].containers["etcd"].stop()
    person.up()
    (said,) = [event.attention for event in person.script.events if isinstance(event, Finished)]
    assert not any("is not well" in line for line in said)


def test_what_could_not_be_compared_without_an_api_is_told_and_done_by_the_next_run(running):
    person = running("ecw", "w")
    person.world.machines["n1"].containers["kube-apiserver"].stop()
    person.edit(nodes=[{**one, "labels": {"tier": "front"}} for one in person.config["nodes"]])
    person.up()
    (said,) = [event.attention for event in person.script.events if isinstance(event, Finished)]
    assert any("labels, taints and annotations of nodes were not compared" in line for line in said)
    person.next_script()
    person.up()
    assert {step for _, step in person.script.started} == {"set labels and taints"}
    (said,) = [event.attention for event in person.script.events if isinstance(event, Finished)]
    assert said == ()


def test_no_api_behind_a_service_is_registered_before_every_api_server_has_a_kube_proxy(operator):
    person = operator("ecw", "ecw", "ecw", "w")
    person.up()
    events = person.script.events
    registered = next(
        n for n, e in enumerate(events) if isinstance(e, StepStarted) and e.step == "apply metrics-server"
    )
    proxies = {e.host for e in events[:registered] if isinstance(e, StepEnded) and "kube-proxy" in e.step}
    assert {"n1", "n2", "n3"} <= proxies


def test_nothing_comes_before_the_api_server_of_another_host_where_the_first_one_is_skipped(operator):
    person = operator("ecw", "ecw", "ecw", "w")
    person.world.machines["n1"].power_off()
    person.skip = frozenset({"n1"})
    person.up()
    events = person.script.events
    served = events.index(next(e for e in events if isinstance(e, StepEnded) and e.step == "start kube-apiserver"))
    before = {e.step for e in events[:served] if isinstance(e, StepStarted)}
    assert not {step for step in before if step.startswith("apply ") or "kubelet" in step}


def test_a_cluster_without_a_worker_is_made_and_does_not_wait_for_pods_that_nobody_takes(operator):
    person = operator("e", "c")
    person.up()
    (finished,) = (event for event in person.script.events if isinstance(event, Finished))
    assert any("no node has role worker" in line for line in finished.attention)
    assert faults_of(person) == []


def test_a_kubelet_on_a_host_with_many_images_is_waited_for(running):
    person = running("ecw", "w")
    looking = timedelta(seconds=200)
    person.world.time.pass_time(300)
    person.world.faults.on_check.append(
        lambda container: "no answer" if container.spec.name == "kubelet" and container.running_for < looking else ""
    )
    person.edit(services={"kubelet": {"extra_args": {"v": "4"}}})
    person.up()
    assert faults_of(person) == []

"""Looking at a cluster that RKE made, before anything of it is taken over."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rke_py.cli.adoption_text import adoption_json, adoption_lines
from rke_py.errors import PreflightError, StateError, UsageError
from rke_py.workflows.adoption import adoption
from rke_py.workflows.recovery import Source
from tests.plan.rke.recorded import HOSTS, MADE
from tests.sim.left_by_rke import made_by_rke, recorded
from tests.sim.operator import Operator


@pytest.fixture
def person(folder: Path) -> Operator:
    """The operator of RKE's cluster, which runs."""
    return recorded(folder)


@pytest.fixture
def owned(folder: Path) -> Operator:
    """The operator of a cluster with RKE's ingress, whose CA is the owner's own: its key is nowhere."""
    person = made_by_rke(folder, "ec", "w", ingress={"provider": "nginx"})
    state = json.loads((person.folder / "cluster.rkestate").read_text())
    for half in state.values():
        half["certificatesBundle"]["kube-ca"]["keyPEM"] = ""
        half["certificatesBundle"].pop("kube-ingress-webhook", None)
    (person.folder / "cluster.rkestate").write_text(json.dumps(state))
    return person


def test_one_as_rke_left_it_is_ready_and_nothing_of_it_differs(person: Operator) -> None:
    found = adoption(person.context())
    assert found.blocks == ()
    assert found.drift.unknown == ""
    assert found.drift.steps == ()
    assert found.ready
    assert found.api
    assert [host.name for host in found.hosts] == list(HOSTS)
    assert len(found.etcd) == 3


def test_nothing_is_changed(person: Operator) -> None:
    before = {name: there.as_found() for name, there in person.world.machines.items()}
    files = person.files()
    adoption(person.context())
    assert {name: there.as_found() for name, there in person.world.machines.items()} == before
    assert {name: text for name, text in person.files().items() if name in files} == files
    assert person.world.groups[0].store.writes == []


def test_what_somebody_changed_by_hand_is_named_by_field(person: Operator) -> None:
    scheduler = person.world.machines["r2"].containers["kube-scheduler"]
    scheduler.spec = replace(scheduler.spec, entrypoint=(*scheduler.spec.entrypoint, "--v=9"))
    found = adoption(person.context())
    (step,) = found.drift.steps
    assert (step.host, step.step) == ("r2", "replace kube-scheduler")
    assert "--v=9" in step.why[0]
    assert found.ready


def test_a_helper_that_rke_left_behind_is_no_drift(person: Operator) -> None:
    there = person.world.machines["r1"]
    pause = there.containers["service-sidekick"].spec
    there.create(replace(pause, name="rke-log-linker", labels={}))
    found = adoption(person.context())
    assert found.hosts[0].left_over == ("rke-log-linker",)
    assert found.drift.steps == ()


def test_a_dead_host_is_to_be_brought_back_first(person: Operator) -> None:
    person.world.machines["r3"].power_off()
    person.world.time.pass_time(60)
    found = adoption(person.context())
    assert not found.ready
    assert {problem.where for problem in found.blocks} == {"r3"}


def test_one_that_rancher_manages_is_refused_by_everything_that_changes_it(person: Operator) -> None:
    nodes = person.world.groups[0].store.nodes
    nodes["r2"].labels = {**nodes["r2"].labels, "cattle.io/creator": "norman"}
    found = adoption(person.context())
    assert not found.ready
    assert [problem.where for problem in found.blocks] == ["r2"]
    for changes in (person.plan, person.up, person.rotate, lambda: person.restore("first")):
        with pytest.raises(PreflightError) as raised:
            changes()
        assert any("Rancher made this node" in problem.what for problem in raised.value.problems)
    assert person.script.started == ()


def test_what_up_would_refuse_is_to_be_undone_first(person: Operator) -> None:
    person.edit(network={"plugin": "canal"})
    found = adoption(person.context())
    assert not found.ready
    (problem,) = found.blocks
    assert problem.where == "network"
    assert problem.what.startswith("is another than what was applied last: ")


def test_a_component_that_is_missing_or_stopped_comes_back_with_up(person: Operator) -> None:
    containers = person.world.machines["r1"].containers
    del containers["kube-scheduler"]
    containers["kube-controller-manager"].stop()
    found = adoption(person.context())
    assert (found.ready, found.blocks) == (True, ())
    assert "rke-py up mends by itself:" in list(adoption_lines(found))
    remedies = {problem.what.split()[0]: problem.hint for problem in found.mended}
    assert remedies["kube-scheduler"] == "rke-py up makes it again."
    assert "docker logs kube-controller-manager" in remedies["kube-controller-manager"]
    person.up()
    assert list(person.plan().steps) == []


def test_a_member_of_etcd_that_was_stopped_comes_back_with_up_too(person: Operator) -> None:
    person.world.machines["r2"].containers["etcd"].stop()
    found = adoption(person.context())
    assert [problem.what.split()[0] for problem in found.mended] == ["etcd"]
    assert found.ready
    person.up()
    assert list(person.plan().steps) == []


def test_a_component_that_is_down_on_a_cluster_that_up_refuses_is_still_no_obstacle_of_its_own(
    person: Operator,
) -> None:
    person.world.machines["r1"].containers["kube-scheduler"].stop()
    _clocks_apart(person)
    found = adoption(person.context())
    assert ["clock" in problem.what for problem in found.blocks] == [True]
    assert [problem.what.split()[0] for problem in found.mended] == ["kube-scheduler"]


def _clocks_apart(person: Operator) -> None:
    person.world.machines["r2"].skew = timedelta(hours=1)


def _alarm(person: Operator) -> None:
    (group,) = person.world.groups
    group.alarms[next(iter(group.members))] = ("CORRUPT",)


@pytest.mark.parametrize(("fault", "word"), [(_clocks_apart, "clock"), (_alarm, "alarm CORRUPT")])
def test_what_up_would_refuse_of_the_hosts_is_to_be_mended_first(
    person: Operator, fault: Callable[[Operator], None], word: str
) -> None:
    fault(person)
    found = adoption(person.context())
    assert [word in problem.what for problem in found.blocks] == [True]
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert {problem.what for problem in found.blocks} <= {problem.what for problem in raised.value.problems}


def test_certificates_that_have_ended_are_to_be_renewed_first(person: Operator) -> None:
    person.world.time.pass_time(11 * 365 * 86400)
    found = adoption(person.context())
    assert not found.ready
    assert found.ends[0].days < 0
    assert any("expired" in problem.what for problem in found.blocks)
    assert any("rke-py cert rotate --rotate-ca" in problem.what for problem in found.blocks)


def test_the_state_of_another_cluster_is_noticed_by_its_authority(person: Operator) -> None:
    state = json.loads((MADE / "cluster.rkestate").read_text())
    bundle = state["desiredState"]["certificatesBundle"]
    bundle["kube-ca"] |= {key: bundle["kube-apiserver-requestheader-ca"][key] for key in ("certificatePEM", "keyPEM")}
    (person.folder / "cluster.rkestate").write_text(json.dumps(state))
    found = adoption(person.context())
    assert not found.ready
    assert not found.api


def test_one_that_rke_py_has_taken_over_already_is_refused(person: Operator) -> None:
    person.up()
    with pytest.raises(StateError, match="nothing to adopt"):
        adoption(person.context())


def test_a_cluster_that_rke_py_made_is_refused(running: Callable[..., Operator]) -> None:
    with pytest.raises(StateError, match="nothing to adopt"):
        adoption(running("ecw").context())


@pytest.mark.parametrize("source", [Source.COPY, Source.HOSTS])
def test_one_whose_state_was_made_again_is_shown_until_it_is_taken_over(person: Operator, source: Source) -> None:
    path = person.folder / "cluster.rkestate"
    person.world.groups[0].store.copy = path.read_bytes()
    before = adoption(person.context())
    path.unlink()
    person.recover(source)
    found = adoption(person.context())
    assert found.ready
    assert found.drift == before.drift
    assert (found.hosts, found.etcd) == (before.hosts, before.etcd)
    person.up()
    with pytest.raises(StateError, match="nothing to adopt"):
        adoption(person.context())


def test_without_a_state_file_it_is_said_how_to_make_it_again(person: Operator) -> None:
    (person.folder / "cluster.rkestate").unlink()
    with pytest.raises(StateError) as raised:
        adoption(person.context())
    assert "rke-py state recover" in raised.value.hint


def test_an_authority_without_its_key_is_no_obstacle(owned: Operator) -> None:
    found = adoption(owned.context())
    assert (found.drift.unknown, found.drift.steps, found.blocks) == ("", (), ())
    owned.up()
    assert owned.script.started == ()


def test_what_cannot_be_told_is_to_be_mended_first(owned: Operator) -> None:
    state = json.loads((owned.folder / "cluster.rkestate").read_text())
    del state["desiredState"]["certificatesBundle"]["kube-scheduler"]
    (owned.folder / "cluster.rkestate").write_text(json.dumps(state))
    found = adoption(owned.context())
    assert not found.ready
    assert found.drift.unknown == "the certificates have one fault; nothing was changed"
    assert ["kube-scheduler" in str(problem) for problem in found.blocks] == [True]


def test_another_version_is_for_later(person: Operator) -> None:
    person.edit(kubernetes_version="v1.34.4")
    with pytest.raises(UsageError, match=r"v1\.34\.4"):
        adoption(person.context())


def test_it_is_told_in_lines_and_as_data(person: Operator) -> None:
    found = adoption(person.context())
    lines = list(adoption_lines(found))
    assert "containers, files and nodes are as RKE left them: nothing would be restarted, nothing written" in lines
    assert "(upgrade_strategy.drain: true)" in "".join(lines)
    assert lines[-1] == "nothing stands against taking it over"
    assert json.loads(json.dumps(adoption_json(found)))["ready"] is True


def test_nothing_is_said_of_hosts_that_do_not_answer(person: Operator) -> None:
    person.world.machines["r3"].power_off()
    lines = list(adoption_lines(adoption(person.context())))
    assert [line.endswith(", as far as can be told without r3") for line in lines if "as RKE left them" in line] == [
        True
    ]


def test_nothing_is_said_when_no_host_answers(person: Operator) -> None:
    for machine in person.world.machines.values():
        machine.power_off()
    lines = list(adoption_lines(adoption(person.context())))
    assert "whether it is as RKE left it cannot be told: no host answers" in lines


class TestUp:
    """The first ``up`` beside what RKE left."""

    def test_it_takes_the_cluster_over_and_touches_nothing(self, person: Operator) -> None:
        before = {name: there.as_found() for name, there in person.world.machines.items()}
        person.up()
        assert person.script.started == ()
        assert {name: there.as_found() for name, there in person.world.machines.items()} == before
        assert person.world.groups[0].store.writes == []
        assert person.world.groups[0].store.copy is None

    def test_the_state_is_ours_then_and_rke_can_still_read_all_of_it(self, person: Operator) -> None:
        before = json.loads((person.folder / "cluster.rkestate").read_text())
        person.up()
        after = json.loads((person.folder / "cluster.rkestate").read_text())
        assert after.pop("rkePy")["etcd"]["bootstrapped"] is True
        assert after.keys() == before.keys()
        for half in before:
            assert after[half]["certificatesBundle"].keys() == before[half]["certificatesBundle"].keys()
            for name, certificate in before[half]["certificatesBundle"].items():
                kept = {key: certificate[key] for key in ("certificatePEM", "keyPEM")}
                assert {key: after[half]["certificatesBundle"][name][key] for key in kept} == kept

    def test_the_second_one_finds_nothing_to_do_either(self, person: Operator) -> None:
        person.up()
        person.up()
        assert person.script.started == ()
        found = person.status()
        assert [(one.name, one.detail) for host in found.hosts for one in host.components if not one.healthy] == []
        assert found.healthy, found

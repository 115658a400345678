"""``plan --save`` and ``up --plan``: what was looked at is done, or nothing is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rke_py.errors import PlanOutdated, UsageError
from rke_py.plan.describe import as_data
from rke_py.workflows import plan as plan_workflow
from rke_py.workflows import up as up_workflow
from rke_py.workflows.saved_plans import save_plan
from tests.sim.expect import faults_of
from tests.sim.operator import Operator

ROLES = ("ecw", "w")
CHANGE = {"services": {"kubelet": {"extra_args": {"v": "4"}}}}


def save(person: Operator) -> None:
    plan, basis = plan_workflow.plan_with_basis(person.context())
    save_plan(person.folder / "saved.plan", as_data(plan), basis)


def perform(person: Operator):
    return up_workflow.up(replace(person.context(), saved_plan=person.folder / "saved.plan"))


def refused(person: Operator) -> tuple[str, ...]:
    """Perform, see that nothing was changed, and return what has changed since."""
    mark = len(person.world.calls.log)
    with pytest.raises(PlanOutdated) as caught:
        perform(person)
    containers = [call for call in person.world.calls.since(mark) if call.changing and "rke-py-" not in str(call)]
    assert containers == []
    return caught.value.evidence


def test_a_new_cluster_is_made_as_planned(operator):
    person = operator(*ROLES)
    save(person)
    perform(person)
    assert faults_of(person) == []


def test_a_change_is_made_as_planned(running):
    person = running(*ROLES)
    person.edit(**CHANGE)
    save(person)
    result = perform(person)
    assert not result.plan.empty
    assert person.plan().empty


def test_a_run_that_does_nothing_changes_nothing_that_a_plan_rests_on(running):
    person = running(*ROLES)
    save(person)
    person.up()
    assert perform(person).plan.empty


def test_a_database_that_grew_meanwhile_changes_nothing_that_a_plan_rests_on(running):
    person = running(*ROLES)
    person.edit(services={"etcd": {"extra_args": {"snapshot-count": "20000"}}})
    save(person)
    person.world.machines["n1"].etcd_used = 900_000_000
    perform(person)
    assert person.plan().empty


def test_an_edited_cluster_yml_is_noticed(running):
    person = running(*ROLES)
    person.edit(**CHANGE)
    save(person)
    person.edit(services={"kubelet": {"extra_args": {"v": "5"}}})
    assert refused(person)[0] == "cluster.yml, or a file that it includes, asks for something else"


def test_a_plan_is_done_once(running):
    person = running(*ROLES)
    person.edit(**CHANGE)
    save(person)
    perform(person)
    changed = refused(person)
    assert "the state was changed by another run" in changed
    assert any(line.startswith("no longer to do: ") and "replace kubelet" in line for line in changed)


def test_a_host_that_changed_is_noticed(running):
    person = running(*ROLES)
    save(person)
    del person.world.machines["n2"].containers["kube-proxy"]
    assert [line for line in refused(person) if line.startswith("to do now: ")] != []


def test_other_hosts_than_those_it_was_made_for(running):
    person = running("ecw", "w", "w")
    person.edit(**CHANGE)
    save(person)
    person.only = frozenset({"n2"})
    assert "it was made without --only, and is to be done with --only n2" in refused(person)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"kind": "rke-py plan", "basis": {}}', "\x00"])
def test_what_is_no_plan_is_refused(running, text):
    person = running(*ROLES)
    (person.folder / "saved.plan").write_text(text)
    with pytest.raises(UsageError, match="is not a saved plan"):
        perform(person)

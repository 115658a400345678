"""The user's own add-ons in a cluster that RKE made: RKE's jobs' work until an edit makes them ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from rke_py.errors import PreflightError
from tests.sim.expect import store_of
from tests.sim.left_by_rke import made_by_rke
from tests.sim.operator import Operator
from tests.workflows.changes import assert_settled

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: default}}\ndata: {{value: '{value}'}}\n"
BOTH = OBJECT.format(name="a", value=1) + "---\n" + OBJECT.format(name="b", value=1)
APPLY = "apply the add-on {}"


@pytest.fixture
def person(folder: Path) -> Operator:
    """The operator of a cluster whose add-ons RKE applied."""
    return made_by_rke(folder, "ecw", "w", addons=BOTH)


def applied(person: Operator) -> dict[str, str]:
    """Return what is in the cluster of the user's add-ons, by object."""
    (found,) = (objects for name, objects in store_of(person).addons.items() if name != "flannel")
    return {ref[3]: str(item["data"]["value"]) for ref, item in found.items()}


def test_until_they_are_edited_they_are_left_to_what_rke_did(person: Operator) -> None:
    assert_settled(person)
    assert set(store_of(person).addons) == {"flannel"}
    assert "flannel" in store_of(person).by_rke


def test_an_edit_applies_them_and_from_then_on_they_are_kept_and_pruned(person: Operator) -> None:
    person.edit(addons=BOTH.replace("'1'", "'2'"))
    person.up()
    assert len(person.script.started) == 1
    assert applied(person) == {"a": "2", "b": "2"}
    assert_settled(person)
    name = next(name for name in store_of(person).addons if name != "flannel")
    store_of(person).addons[name].clear()
    person.next_script()
    person.up()
    assert applied(person) == {"a": "2", "b": "2"}, "what somebody deleted comes back"
    person.edit(addons=OBJECT.format(name="a", value=3))
    person.up()
    assert applied(person) == {"a": "3"}
    assert_settled(person)
    person.edit(addons="")
    person.up()
    assert set(store_of(person).addons) == {"flannel"}
    assert_settled(person)


def test_when_all_of_them_go_that_rke_applied_nobody_knows_which_ones_these_are(person: Operator) -> None:
    person.edit(addons="")
    with pytest.raises(PreflightError) as raised:
        person.up()
    assert [problem.where for problem in raised.value.problems] == ["addons"]
    assert person.script.started == ()

"""A restore after roles were edited in cluster.yml, before ``up`` made them so."""

from __future__ import annotations

import pytest

from tests.sim.expect import faults_of
from tests.sim.operator import node


@pytest.mark.parametrize("letters", ["w", "c", "cw", "ew", "ec", ""], ids=lambda letters: letters or "none")
def test_a_restore_comes_to_its_end_and_up_makes_roles_so(running, letters):
    person = running("ecw", "ecw", "ecw", "w")
    person.preload()
    person.snapshot("monday")
    person.world.time.pass_time(60)
    edited = [node(1, letters)] if letters else []
    person.edit(nodes=[*edited, node(2, "ecw"), node(3, "ecw"), node(4, "w")])
    person.restore("monday")
    assert person.state.restore is None
    person.world.time.pass_time(60)
    person.up()
    assert person.up().plan.empty
    assert faults_of(person) == []

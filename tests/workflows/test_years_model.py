"""Years in the life of a cluster, whichever tool made it."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.workflows.years import Years
from tests.workflows.years_after_rke import YearsAfterRke

pytestmark = pytest.mark.thorough

FEW = 12
PARTS = [pytest.param(200, id=f"{part}of5", marks=pytest.mark.long) for part in range(1, 6)]
"""1,000 lives, so that each part can be repeated by itself."""


@pytest.mark.parametrize("runs", [FEW, *PARTS])
def test_whatever_operators_do_the_cluster_gets_there(running, runs):
    run_state_machine_as_test(partial(Years, running), settings=drawn(runs))


@pytest.mark.parametrize("runs", [FEW, *PARTS])
def test_whatever_operators_do_a_cluster_of_rke_gets_there(left_by_rke, runs):
    run_state_machine_as_test(partial(YearsAfterRke, left_by_rke), settings=drawn(runs))


def drawn(lives: int) -> settings:
    """Return how many lives are drawn: few are the same ones in each run."""
    return settings(
        max_examples=lives,
        stateful_step_count=14,
        derandomize=lives <= FEW,
        database=None,
        deadline=None,
        phases=(Phase.generate,),  # to make a life smaller takes longer than to read it
        suppress_health_check=list(HealthCheck),
    )

"""What a run comes to: failures that are ours and bugs that are not, and what an operator is told of either."""

from __future__ import annotations

import pytest

from rke_py.errors import ProofFailed, RolloutFailed, WorkersFailed
from rke_py.rollout.run import Outcome

WORKER = {"prepare/w1": ProofFailed("w1", "its disk is full")}


def test_a_run_of_which_only_workers_failed_is_done_but_for_them() -> None:
    with pytest.raises(WorkersFailed):
        Outcome(failures=WORKER, only_workers=True).raise_failure()


def test_a_run_that_was_stopped_as_well_is_not() -> None:
    with pytest.raises(RolloutFailed) as raised:
        Outcome(failures=WORKER, only_workers=True, interrupted=True).raise_failure()
    assert not isinstance(raised.value, WorkersFailed)

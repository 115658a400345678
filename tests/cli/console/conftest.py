from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

import pytest

from rke_py.errors import Problem, ProofFailed
from rke_py.progress import (
    Event,
    Finished,
    Note,
    Pulling,
    StageEnded,
    StageStarted,
    StepEnded,
    StepStarted,
    Warned,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def elapsed() -> Callable[[], float]:
    """A clock that moves on by half a second each time it is read."""
    ticks = count(1)
    return lambda: next(ticks) / 2


@pytest.fixture
def now() -> Callable[[], datetime]:
    return lambda: NOON


@pytest.fixture
def a_run() -> tuple[Event, ...]:
    """Every kind of event, in an order in which a run reports them."""
    return (
        StageStarted(stage="etcd", hosts=("n1", "node-22")),
        Pulling(host="n1", image="etcd:3.6", done=1_500_000, total=3_000_000),
        StepStarted(stage="etcd", host="n1", step="join etcd"),
        StepEnded(stage="etcd", host="n1", step="join etcd", seconds=5.43),
        StepEnded(
            stage="etcd",
            host="node-22",
            step="join etcd",
            seconds=61,
            error=ProofFailed("node-22", "etcd stopped", evidence=["panic: disk full"], hint="docker logs etcd"),
        ),
        StageEnded(stage="etcd", seconds=66.1, failed=("node-22",)),
        Note(host="n1", text="its clock is 2 s ahead"),
        Warned(problem=Problem(where="n1", what="swap is on", hint="swapoff -a", warning=True)),
        Finished(changed=1, seconds=70.2, attention=("certificate kube-apiserver ends in 40 days",)),
    )

"""What the scheduler lets begin; that no run breaks a law is checked in test_schedule_model.py."""

from __future__ import annotations

import pytest

from rke_py.plan.limits import Schedule, limit_of
from rke_py.plan.model import OnFailure, Plan, Stage, Turn


@pytest.mark.parametrize(
    ("text", "total", "limit"),
    [
        ("10%", 5, 1),
        ("10%", 10, 1),
        ("10%", 19, 1),
        ("10%", 20, 2),
        ("100%", 3, 3),
        ("1%", 1000, 10),
        ("1", 7, 1),
        ("3", 7, 3),
        ("0%", 7, 1),
    ],
)
def test_a_limit_is_rounded_down_and_at_least_one(text: str, total: int, limit: int) -> None:
    assert limit_of(text, total) == limit


def turn(stage: str, host: str, *after: str, disrupts: bool = True) -> Turn:
    return Turn(stage=stage, host=host, steps=(), after=frozenset(after), disrupts=disrupts)


def keys(schedule: Schedule) -> list[str]:
    return [ready.key for ready in schedule.ready()]


def test_no_more_turns_start_than_the_limit_allows() -> None:
    stage = Stage(name="workers", turns=tuple(turn("workers", f"w{n}") for n in range(5)), limit=2)
    schedule = Schedule(plan=Plan(stages=(stage,)))
    assert keys(schedule) == ["workers/w0", "workers/w1"]


def test_hosts_that_were_down_before_count_against_the_limit() -> None:
    stage = Stage(
        name="workers", turns=tuple(turn("workers", f"w{n}") for n in range(5)), limit=2, down=frozenset({"w9"})
    )
    assert keys(Schedule(plan=Plan(stages=(stage,)))) == ["workers/w0"]


def test_a_host_that_was_down_before_and_is_mended_counts_no_more() -> None:
    mended = Turn(stage="workers", host="w0", steps=(), disrupts=False, mends=True)
    stage = Stage(name="workers", turns=(mended, turn("workers", "w1")), limit=1, down=frozenset({"w0"}))
    schedule = Schedule(plan=Plan(stages=(stage,)))
    assert keys(schedule) == ["workers/w0"]
    assert keys(schedule.started("workers/w0")) == []
    assert keys(schedule.started("workers/w0").ended("workers/w0", success=True)) == ["workers/w1"]


def test_turns_that_take_nothing_down_are_free() -> None:
    turns = tuple(turn("workers", f"w{n}", disrupts=False) for n in range(5))
    stage = Stage(name="workers", turns=turns, limit=1, down=frozenset({"w7", "w8", "w9"}))
    assert len(keys(Schedule(plan=Plan(stages=(stage,))))) == 5


def test_a_failed_worker_uses_up_its_place_in_the_limit() -> None:
    stage = Stage(
        name="workers", turns=tuple(turn("workers", f"w{n}") for n in range(3)), limit=2, on_failure=OnFailure.COUNT
    )
    schedule = Schedule(plan=Plan(stages=(stage,))).started("workers/w0").ended("workers/w0", success=False)
    assert keys(schedule) == ["workers/w1"]
    schedule = schedule.started("workers/w1").ended("workers/w1", success=False)
    assert keys(schedule) == []
    assert schedule.over


def test_a_failed_member_stops_everything_that_has_not_begun() -> None:
    etcd = Stage(name="etcd", turns=(turn("etcd", "n1"), turn("etcd", "n2")))
    prepare = Stage(name="prepare", turns=(turn("prepare", "n3"),), limit=0)
    schedule = Schedule(plan=Plan(stages=(etcd, prepare))).started("etcd/n1").ended("etcd/n1", success=False)
    assert schedule.over
    assert [left.key for left in schedule.left] == ["etcd/n2", "prepare/n3"]


def test_a_workers_failure_stops_nobody_else_wherever_it_happens() -> None:
    worker = Turn(stage="prepare", host="w1", steps=(), disrupts=False, worker=True)
    prepare = Stage(name="prepare", turns=(worker, turn("prepare", "n1", disrupts=False)), limit=0, at_once=1)
    schedule = Schedule(plan=Plan(stages=(prepare,))).started("prepare/w1").ended("prepare/w1", success=False)
    assert keys(schedule) == ["prepare/n1"]


def test_a_stage_waits_for_the_whole_stage_before_it() -> None:
    control_plane = Stage(name="control plane", turns=(turn("control plane", "n1"), turn("control plane", "n2")))
    workers = Stage(name="workers", turns=(turn("workers", "w1"),), after=frozenset({"control plane"}))
    schedule = Schedule(plan=Plan(stages=(control_plane, workers)))
    assert keys(schedule) == ["control plane/n1"]
    schedule = schedule.started("control plane/n1").ended("control plane/n1", success=True)
    assert keys(schedule) == ["control plane/n2"]
    schedule = schedule.started("control plane/n2").ended("control plane/n2", success=True)
    assert keys(schedule) == ["workers/w1"]


def test_a_turn_behind_one_that_never_starts_keeps_no_later_stage_waiting() -> None:
    closed = Stage(name="cordon", turns=(turn("cordon", "n1"),), limit=0, on_failure=OnFailure.COUNT)
    emptied = Stage(name="drain", turns=(turn("drain", "n1", "cordon/n1"),))
    left = Stage(name="leave", turns=(turn("leave", "n1", "drain/n1"),), after=frozenset({"drain"}))
    cleaned = Stage(name="clean", turns=(turn("clean", "n2"),), after=frozenset({"leave"}))
    schedule = Schedule(plan=Plan(stages=(closed, emptied, left, cleaned))).started("cordon/n1")
    assert keys(schedule) == []
    assert keys(schedule.ended("cordon/n1", success=False)) == ["clean/n2"]


def test_add_ons_go_on_when_workers_failed_as_far_as_the_limit_allows() -> None:
    workers = Stage(
        name="workers", turns=(turn("workers", "w1"), turn("workers", "w2")), limit=1, on_failure=OnFailure.COUNT
    )
    addons = Stage(name="add-ons", turns=(turn("add-ons", "dns", disrupts=False),), after=frozenset({"workers"}))
    schedule = Schedule(plan=Plan(stages=(workers, addons))).started("workers/w1").ended("workers/w1", success=False)
    assert keys(schedule) == ["add-ons/dns"]

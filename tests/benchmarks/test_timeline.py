"""When the stages of a run began and ended."""

from __future__ import annotations

from benchmarks.timeline import Span, Timeline


def timeline(*marks: tuple[str, str, float]) -> Timeline:
    made = Timeline()
    for what, stage, at in marks:
        (made.start if what == "start" else made.end)(stage, at)
    return made


def test_stages_are_kept_in_the_order_in_which_they_began():
    made = timeline(("start", "etcd", 1), ("start", "nodes", 2), ("end", "nodes", 3), ("end", "etcd", 5))
    assert made.stages == {"etcd": Span(began=1, ended=5), "nodes": Span(began=2, ended=3)}
    assert list(made.stages) == ["etcd", "nodes"]


def test_the_whole_is_from_the_first_beginning_to_the_last_end():
    made = timeline(("start", "etcd", 1), ("start", "nodes", 2), ("end", "nodes", 3), ("end", "etcd", 5))
    assert made.whole.seconds == 4


def test_a_stage_that_never_ended_is_left_out():
    assert timeline(("start", "etcd", 1)).stages == {}


def test_a_run_without_stages_has_no_length():
    assert timeline().whole == Span(began=0, ended=0)

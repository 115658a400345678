"""When a server may be missed: from the begin of its step to a moment after its end, however many runs that takes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from .probe import Failure, windows

_BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


def _line(second: int, run: str, event: str, host: str = "", step: str = "") -> str:
    time = (_BEGAN + timedelta(seconds=second)).isoformat(timespec="milliseconds")
    return json.dumps({"time": time, "run": run, "event": event, "host": host, "step": step})


def _seen(*journal: str) -> list[tuple[str, float, float]]:
    return [
        (host, (begin - _BEGAN).total_seconds(), (end - _BEGAN).total_seconds())
        for host, begin, end in windows(journal)
    ]


def test_a_step_is_one_window() -> None:
    step = ("n1", "replace kube-apiserver")
    assert _seen(_line(1, "a", "begin", *step), _line(5, "a", "done", *step)) == [("n1", 1, 7)]


@pytest.mark.parametrize("step", ["take and verify a snapshot of etcd", "write 3 files", "cordon and drain the node"])
def test_a_step_that_takes_nothing_down_excuses_nothing(step: str) -> None:
    assert _seen(_line(1, "a", "begin", "n1", step), _line(5, "a", "done", "n1", step)) == []


def test_what_was_killed_lasts_until_a_later_run_is_done_with_that_container() -> None:
    assert _seen(
        _line(1, "a", "begin", "n1", "replace kube-apiserver"),
        _line(4, "b", "begin", "n1", "replace etcd"),
        _line(5, "b", "done", "n1", "replace etcd"),
        _line(6, "b", "begin", "n1", "finish replacing kube-apiserver"),
        _line(9, "b", "done", "n1", "finish replacing kube-apiserver"),
        _line(30, "b", "ended"),
    ) == [("n1", 4, 7), ("n1", 6, 11), ("n1", 1, 11)]


def test_what_was_killed_when_it_was_done_lasts_until_the_next_run_ended() -> None:
    assert _seen(_line(1, "a", "begin", "n2", "replace kubelet"), _line(9, "b", "ended")) == [("n2", 1, 11)]


@pytest.mark.parametrize(
    ("host", "began", "ended", "excused"),
    [
        pytest.param("n1", 3, 3, True, id="within"),
        pytest.param("n1", 1, 2, True, id="under-way-when-it-began"),
        pytest.param("n1", 4, 9, True, id="outlasting-it"),
        pytest.param("n1", 0, 1, False, id="before"),
        pytest.param("n1", 5, 6, False, id="after"),
        pytest.param("n2", 3, 3, False, id="another-host"),
    ],
)
def test_a_failure_is_excused_while_its_host_is_changed(host: str, began: int, ended: int, excused: bool) -> None:
    moment = [_BEGAN + timedelta(seconds=second) for second in (began, ended, 2, 4)]
    failure = Failure(moment[0], moment[1], "refused", host)
    assert failure.during([("n1", moment[2], moment[3])]) is excused

"""What the journal tells of the last run."""

from __future__ import annotations

import json

import pytest

from rke_py.rollout.history import Ending, last_run, told


def line(run: str, event: str, host: str = "n1", **more: str) -> str:
    shown = ("", "", "") if event == "ended" else ("nodes", host, "start kubelet")
    step = dict(zip(("stage", "host", "step"), shown, strict=True))
    return json.dumps({"time": "2026-11-21T12:00:00.000+00:00", "run": run, "event": event, **step, **more})


OLD = (line("a", "begin"), line("a", "failed", error="old"), line("a", "ended", outcome="failed"))
ERROR = "n2: no space left"


@pytest.mark.parametrize(
    ("lines", "ending", "steps", "at", "error"),
    [
        pytest.param(["begin", "done", "ended done"], Ending.DONE, 1, "", "", id="done"),
        pytest.param(
            ["begin", "failed", "undone", "ended failed"], Ending.FAILED, 0, "n1 start kubelet", ERROR, id="failed"
        ),
        pytest.param(["begin", "done", "ended interrupted"], Ending.INTERRUPTED, 1, "", "", id="interrupted"),
        pytest.param(["begin"], Ending.CUT_SHORT, 0, "n1 start kubelet", "", id="killed in a step"),
        pytest.param(["begin", "done"], Ending.CUT_SHORT, 1, "", "", id="killed between steps"),
        pytest.param(["begin", "done", "ended later word"], Ending.DONE, 1, "", "", id="of a later release"),
    ],
)
def test_how_the_last_run_ended(lines, ending, steps, at, error):
    written = [
        line(
            "b", event, **({"outcome": outcome} if event == "ended" else {"error": ERROR} if event == "failed" else {})
        )
        for event, _, outcome in (word.partition(" ") for word in lines)
    ]
    found = told([*OLD, *written])
    assert found is not None
    assert (found.run, found.ending, found.steps, found.at, found.error) == ("b", ending, steps, at, error)


@pytest.mark.parametrize("lines", [[], ["{"], ["null"], ['{"time": "x", "run": "a", "event": "done"}']], ids=str)
def test_what_cannot_be_read_tells_nothing(lines):
    assert told(lines) is None


def test_a_torn_last_line_is_left_out(tmp_path):
    path = tmp_path / "journal"
    path.write_text("\n".join([*OLD, line("b", "begin")[:30]]))
    found = last_run(path)
    assert found is not None
    assert found.ending is Ending.FAILED


def test_without_a_journal_there_is_nothing_to_tell(tmp_path):
    assert last_run(tmp_path / "journal") is None
